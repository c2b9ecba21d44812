/* SPDX-License-Identifier: Apache-2.0 */
/* The host's client against the real agent in a thread. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "kinglet/smp.h"
#include "link/model_client.h"
#include "link/smp_client.h"
#include "link_fake_device.h"

static int setup(void **state)
{
    *state = fake_device_start();
    return 0;
}

static int teardown(void **state)
{
    fake_device_stop(*state);
    return 0;
}

static void assert_ok(enum kl_err err, const struct kl_diag *diag)
{
    if (err != KL_OK) {
        fail_msg("error %d: %s", (int)err, diag->message);
    }
}

/* The call must have failed so, with a message that holds `text`. */
static void assert_refused(enum kl_err err, enum kl_err expected, const char *text,
                           struct kl_diag *diag)
{
    assert_int_equal(err, expected);
    if (strstr(diag->message, text) == NULL) {
        fail_msg("message without \"%s\": %s", text, diag->message);
    }
    kl_diag_clear(diag);
}

static void test_info(void **state)
{
    struct kl_diag diag = {.err = KL_OK};
    struct kl_device_model info;
    assert_ok(kl_device_info(fake_device_channel(*state), &info, &diag), &diag);
    assert_int_equal(info.arena_bytes, FAKE_ARENA_BYTES);
    assert_int_equal(info.step_count, 3);
    assert_int_equal(info.input_count, 1);
    assert_int_equal(info.output_count, 1);
    assert_int_equal(info.input_offset[0], 0);
    assert_int_equal(info.input_bytes[0], 16);
    assert_int_equal(info.output_offset[0], 2048);
    assert_int_equal(info.output_bytes[0], 16);
}

/* A whole inference, and the same step by step. */
static void test_inference(void **state)
{
    struct kl_channel *channel = fake_device_channel(*state);
    struct kl_diag diag = {.err = KL_OK};
    uint8_t input[16], expected[16], output[16];
    for (uint8_t i = 0; i < 16; i++) {
        input[i] = (uint8_t)(i * 3);
        expected[i] = (uint8_t)(2 * (i * 3 + 1));
    }
    struct kl_device_stats stats;
    assert_ok(kl_device_stats(channel, &stats, &diag), &diag);
    assert_int_equal(stats.run_stack_bytes, 0);
    assert_ok(kl_device_write(channel, 0, input, 16, &diag), &diag);
    assert_ok(kl_device_run(channel, 0, 3, &diag), &diag);
    assert_ok(kl_device_read(channel, 2048, output, 16, &diag), &diag);
    assert_memory_equal(output, expected, 16);
    assert_ok(kl_device_stats(channel, &stats, &diag), &diag);
    assert_int_equal(stats.run_stack_bytes, FAKE_STACK_BYTES);

    memset(output, 0, 16);
    assert_ok(kl_device_write(channel, 2048, output, 16, &diag), &diag);
    assert_ok(kl_device_write(channel, 0, input, 16, &diag), &diag);
    for (uint32_t step = 0; step < 3; step++) {
        assert_ok(kl_device_run(channel, step, 1, &diag), &diag);
    }
    assert_ok(kl_device_read(channel, 2048, output, 16, &diag), &diag);
    assert_memory_equal(output, expected, 16);
}

/* Data of many chunks, at odd offsets; and a zero-sized range at the very end. */
static void test_chunks(void **state)
{
    struct kl_channel *channel = fake_device_channel(*state);
    struct kl_diag diag = {.err = KL_OK};
    uint8_t sent[FAKE_ARENA_BYTES], got[FAKE_ARENA_BYTES];
    for (uint32_t i = 0; i < sizeof sent; i++) {
        sent[i] = (uint8_t)(i * i >> 3);
    }
    static const uint32_t sizes[] = {0, 1, 959, 960, 961, 1920, FAKE_ARENA_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t offset = FAKE_ARENA_BYTES - sizes[i];
        memset(got, 0, sizeof got);
        assert_ok(kl_device_write(channel, offset, sent, sizes[i], &diag), &diag);
        assert_ok(kl_device_read(channel, offset, got, sizes[i], &diag), &diag);
        assert_memory_equal(got, sent, sizes[i]);
    }
}

static void test_mailbox(void **state)
{
    struct kl_channel *channel = fake_device_channel(*state);
    struct kl_diag diag = {.err = KL_OK};
    uint8_t got[FAKE_MAILBOX_BYTES - 11];
    assert_ok(kl_device_copy(channel, 5, 11, sizeof got, &diag), &diag);
    assert_ok(kl_device_read(channel, 5, got, sizeof got, &diag), &diag);
    for (uint32_t i = 0; i < sizeof got; i++) {
        assert_int_equal(got[i], (uint8_t)((i + 11) * 7));
    }
    assert_refused(kl_device_copy(channel, 5, 12, sizeof got, &diag), KL_EINPUT, "out of range",
                   &diag);
    assert_refused(kl_device_copy(channel, FAKE_ARENA_BYTES - 3, 0, 4, &diag), KL_EINPUT,
                   "out of range", &diag);
    assert_refused(kl_device_copy(channel, 0, UINT32_MAX, 2, &diag), KL_EINPUT, "out of range",
                   &diag);
}

static void test_ranges(void **state)
{
    struct kl_channel *channel = fake_device_channel(*state);
    struct kl_diag diag = {.err = KL_OK};
    uint8_t data[8] = {1};
    const uint32_t end = FAKE_ARENA_BYTES;
    assert_refused(kl_device_write(channel, end - 7, data, 8, &diag), KL_EINPUT,
                   "refused \"write arena\"", &diag);
    assert_refused(kl_device_write(channel, end + 1, data, 1, &diag), KL_EINPUT, "rc 3", &diag);
    assert_refused(kl_device_write(channel, UINT32_MAX - 3, data, 4, &diag), KL_EUSAGE, "no device",
                   &diag);
    assert_refused(kl_device_read(channel, end - 7, data, 8, &diag), KL_EINPUT, "rc 3", &diag);
    assert_refused(kl_device_read(channel, UINT32_MAX, data, 1, &diag), KL_EUSAGE, "no device",
                   &diag);
    assert_refused(kl_device_run(channel, 0, 4, &diag), KL_EINPUT, "\"run steps\"", &diag);
    assert_refused(kl_device_run(channel, 4, 0, &diag), KL_EINPUT, "\"run steps\"", &diag);
    assert_refused(kl_device_run(channel, 1, UINT32_MAX, &diag), KL_EINPUT, "rc 3", &diag);
    assert_ok(kl_device_run(channel, 3, 0, &diag), &diag);
    assert_ok(kl_device_write(channel, end - 8, data, 8, &diag), &diag);
}

static void test_noise(void **state)
{
    struct kl_diag diag = {.err = KL_OK};
    struct kl_device_model info;
    fake_device_set_noise(*state, "hello\n\x06\x09"
                                  "AAEA\nsome text \x04\x14 no newline");
    assert_ok(kl_device_info(fake_device_channel(*state), &info, &diag), &diag);
    assert_int_equal(info.step_count, 3);
}

static void test_fault_report(void **state)
{
    struct kl_diag diag = {.err = KL_OK};
    fake_device_set_noise(*state, "\nkinglet fault: exception=0x00000003\n");
    assert_refused(kl_device_run(fake_device_channel(*state), 0, 1, &diag), KL_EIO,
                   "the firmware stopped: kinglet fault: exception=0x00000003", &diag);
}

static void test_exit(void **state)
{
    struct fake_device *device = fake_device_start();
    struct kl_channel *channel = fake_device_channel(device);
    struct kl_diag diag = {.err = KL_OK};
    (void)state;
    assert_ok(kl_device_exit(channel, 42, &diag), &diag);
    /* Whether the write or the read meets the closed end first is a matter of timing. */
    assert_refused(kl_device_run(channel, 0, 1, &diag), KL_EIO, "closed the channel", &diag);
    assert_int_equal(fake_device_stop(device), 42);
}

/* Requests that no client of ours makes. */
static const struct {
    const char *what;
    enum kl_smp_op op;
    uint16_t group;
    uint8_t command;
    uint32_t body_bytes;
    const char *body;
    const char *answer; /* part of the message; NULL: accepted */
} requests[] = {
    {"echo", KL_SMP_WRITE, 0, 0, 5,
     "\xa1\x61"
     "d"
     "\x61"
     "x",
     NULL},
    {"echo as a read", KL_SMP_READ, 0, 0, 5,
     "\xa1\x61"
     "d"
     "\x61"
     "x",
     NULL},
    {"echo of a number", KL_SMP_WRITE, 0, 0, 4,
     "\xa1\x61"
     "d"
     "\x01",
     "rc 3"},
    {"other os command", KL_SMP_WRITE, 0, 5, 1, "\xa0", "rc 8"},
    {"unknown group", KL_SMP_READ, 65, 0, 1, "\xa0", "rc 8"},
    {"unknown command", KL_SMP_READ, 64, 7, 1, "\xa0", "rc 8"},
    {"write of a read command", KL_SMP_WRITE, 64, 0, 1, "\xa0", "rc 8"},
    {"read of a write command", KL_SMP_READ, 64, 2, 1, "\xa0", "rc 8"},
    {"no body", KL_SMP_READ, 64, 0, 0, "", "rc 3"},
    {"body is no map", KL_SMP_READ, 64, 0, 1, "\x01", "rc 3"},
    {"two maps", KL_SMP_READ, 64, 0, 2, "\xa0\xa0", "rc 3"},
    {"write without data", KL_SMP_WRITE, 64, 1, 6,
     "\xa1\x63"
     "off"
     "\x00",
     "rc 3"},
    {"write of text", KL_SMP_WRITE, 64, 1, 13,
     "\xa2\x63"
     "off"
     "\x00\x64"
     "data"
     "\x61"
     "x",
     "rc 3"},
    {"negative offset", KL_SMP_READ, 64, 3, 11,
     "\xa2\x63"
     "off"
     "\x20\x63"
     "len"
     "\x01",
     "rc 3"},
    {"offset above 32 bits", KL_SMP_READ, 64, 3, 19,
     "\xa2\x63"
     "off"
     "\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x63"
     "len"
     "\x01",
     "rc 3"},
    {"read larger than a packet", KL_SMP_READ, 64, 3, 13,
     "\xa2\x63"
     "off"
     "\x00\x63"
     "len"
     "\x19\x04\x00",
     "rc 7"},
    {"exit status above a byte", KL_SMP_WRITE, 64, 6, 11,
     "\xa1\x66"
     "status"
     "\x19\x01\x00",
     "rc 3"},
};

static void test_odd_requests(void **state)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct kl_diag diag = {.err = KL_OK};
        struct kl_smp_reply reply;
        const struct kl_smp_call call = {.name = requests[i].what,
                                         .op = requests[i].op,
                                         .group = requests[i].group,
                                         .command = requests[i].command,
                                         .body = (const uint8_t *)requests[i].body,
                                         .body_bytes = requests[i].body_bytes};
        enum kl_err err = kl_smp_call(fake_device_channel(*state), &call, &reply, &diag);
        if (requests[i].answer == NULL) {
            assert_ok(err, &diag);
            assert_memory_equal(reply.body,
                                "\xa1\x61"
                                "r"
                                "\x61"
                                "x",
                                5);
        } else {
            assert_refused(err, KL_EINPUT, requests[i].answer, &diag);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_info, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inference, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mailbox, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_noise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_report, setup, teardown),
        cmocka_unit_test(test_exit),
        cmocka_unit_test_setup_teardown(test_odd_requests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
