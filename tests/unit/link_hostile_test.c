/* SPDX-License-Identifier: Apache-2.0 */
/* The host's client against a device that answers badly, late or not at all: its bytes wait
 * in the socket before the request is made. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kinglet/smp.h"
#include "link/model_client.h"

enum { TIMEOUT_MS = 50 };

struct link {
    int device_fd;
    struct kl_channel channel;
};

static void open_link(struct link *link)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    link->device_fd = fds[0];
    link->channel =
        (struct kl_channel){.read_fd = fds[1], .write_fd = fds[1], .timeout_ms = TIMEOUT_MS};
}

static void close_link(struct link *link)
{
    close(link->device_fd);
    close(link->channel.read_fd);
}

static void send_byte(void *context, uint8_t byte)
{
    const struct link *link = context;
    assert_int_equal(write(link->device_fd, &byte, 1), 1);
}

static void send_response(struct link *link, uint8_t sequence, uint8_t command, const void *body,
                          uint32_t body_bytes)
{
    uint8_t packet[KL_SMP_PACKET_MAX];
    const struct kl_smp_header header = {.op = KL_SMP_READ_RESPONSE,
                                         .body_bytes = (uint16_t)body_bytes,
                                         .group = 64,
                                         .sequence = sequence,
                                         .command = command};
    kl_smp_header_write(packet, &header);
    memcpy(packet + KL_SMP_HEADER_BYTES, body, body_bytes);
    kl_smp_serial_send(packet, KL_SMP_HEADER_BYTES + body_bytes, send_byte, link);
}

/* {"v": version, "arena": 64, "steps": 1, "inputs": [...], "outputs": []} */
static uint32_t make_info(uint8_t *body, uint32_t version, uint32_t tensor_numbers,
                          const uint32_t *numbers)
{
    struct kl_cbor_writer writer = {body, KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES, 0, false};
    kl_cbor_put_map(&writer, 5);
    kl_cbor_put_text(&writer, "v");
    kl_cbor_put_uint(&writer, version);
    kl_cbor_put_text(&writer, "arena");
    kl_cbor_put_uint(&writer, 64);
    kl_cbor_put_text(&writer, "steps");
    kl_cbor_put_uint(&writer, 1);
    kl_cbor_put_text(&writer, "inputs");
    kl_cbor_put_array(&writer, tensor_numbers);
    for (uint32_t i = 0; i < tensor_numbers; i++) {
        kl_cbor_put_uint(&writer, numbers[i]);
    }
    kl_cbor_put_text(&writer, "outputs");
    kl_cbor_put_array(&writer, 0);
    assert_false(writer.failed);
    return writer.bytes;
}

/* Ask for the info with `body` as the answer to request 1. */
static enum kl_err ask_info(const void *body, uint32_t bytes, struct kl_device_model *info,
                            struct kl_diag *diag)
{
    struct link link;
    open_link(&link);
    send_response(&link, 1, 0, body, bytes);
    enum kl_err err = kl_device_info(&link.channel, info, diag);
    close_link(&link);
    return err;
}

static void assert_message(const struct kl_diag *diag, const char *text)
{
    if (strstr(diag->message, text) == NULL) {
        fail_msg("message without \"%s\": %s", text, diag->message);
    }
}

static const struct {
    const char *what;
    uint32_t version, count;
    uint32_t numbers[34];
    enum kl_err err;
    const char *message;
} infos[] = {
    {"good", 1, 4, {0, 64, 60, 4}, KL_OK, ""},
    {"none", 1, 0, {0}, KL_OK, ""},
    {"sixteen", 1, 32, {0}, KL_OK, ""},
    {"other version", 2, 0, {0}, KL_EUNSUPPORTED, "version 2"},
    {"odd count", 1, 3, {0, 1, 2}, KL_EINPUT, "malformed: inputs"},
    {"too many", 1, 34, {0}, KL_ELIMIT, "more than 16 inputs"},
    {"outside the arena", 1, 2, {60, 5}, KL_EINPUT, "malformed: inputs"},
    {"sum overflows", 1, 2, {UINT32_MAX, 2}, KL_EINPUT, "malformed: inputs"},
};

static void test_infos(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        uint8_t body[KL_SMP_PACKET_MAX];
        struct kl_diag diag = {.err = KL_OK};
        struct kl_device_model info;
        uint32_t bytes = make_info(body, infos[i].version, infos[i].count, infos[i].numbers);
        assert_int_equal(ask_info(body, bytes, &info, &diag), infos[i].err);
        assert_message(&diag, infos[i].message);
        if (infos[i].err == KL_OK) {
            assert_int_equal(info.input_count, infos[i].count / 2);
        }
    }
}

/* No cut of a good answer is taken for an answer. */
static void test_cut_bodies(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 64};
    uint8_t body[KL_SMP_PACKET_MAX];
    uint32_t bytes = make_info(body, 1, 2, numbers);
    for (uint32_t cut = 0; cut < bytes; cut++) {
        struct kl_diag diag = {.err = KL_OK};
        struct kl_device_model info;
        assert_int_equal(ask_info(body, cut, &info, &diag), KL_EINPUT);
        assert_message(&diag, "not one CBOR map");
    }
}

static void test_malformed_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *message;
    } bodies[] = {
        {"\xa1\x62"
         "rc"
         "\x61"
         "x",
         "malformed \"rc\""},
        {"\xa1\x62"
         "rc"
         "\x05",
         "no such thing"},
        {"\xa1\x62"
         "rc"
         "\x18\x63",
         "rc 99"},
        {"\xa1\x61"
         "v"
         "\x01",
         "malformed: v, arena or steps"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct kl_diag diag = {.err = KL_OK};
        struct kl_device_model info;
        assert_int_equal(ask_info(bodies[i].body, (uint32_t)strlen(bodies[i].body), &info, &diag),
                         KL_EINPUT);
        assert_message(&diag, bodies[i].message);
    }
}

/* Responses to another request are not taken; the right one behind them is. */
static void test_stale_responses(void **state)
{
    (void)state;
    struct link link;
    struct kl_diag diag = {.err = KL_OK};
    struct kl_device_stats stats;
    open_link(&link);
    send_response(&link, 0, 4,
                  "\xa1\x65"
                  "stack"
                  "\x01",
                  8);
    send_response(&link, 1, 3,
                  "\xa1\x65"
                  "stack"
                  "\x02",
                  8);
    send_response(&link, 1, 4,
                  "\xa1\x65"
                  "stack"
                  "\x03",
                  8);
    assert_int_equal(kl_device_stats(&link.channel, &stats, &diag), KL_OK);
    assert_int_equal(stats.run_stack_bytes, 3);
    close_link(&link);
}

/* A read must give exactly what was asked for. */
static void test_wrong_read(void **state)
{
    (void)state;
    static const char *const bodies[] = {"\xa1\x64"
                                         "data"
                                         "\x41"
                                         "x",
                                         "\xa1\x64"
                                         "data"
                                         "\x43"
                                         "xyz",
                                         "\xa1\x64"
                                         "data"
                                         "\x62"
                                         "xy",
                                         "\xa0"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct link link;
        struct kl_diag diag = {.err = KL_OK};
        uint8_t data[2] = {7, 7};
        open_link(&link);
        send_response(&link, 1, 3, bodies[i], (uint32_t)strlen(bodies[i]));
        assert_int_equal(kl_device_read(&link.channel, 0, data, 2, &diag), KL_EINPUT);
        assert_message(&diag, "other data");
        assert_int_equal(data[0], 7);
        close_link(&link);
    }
}

static void test_silence(void **state)
{
    (void)state;
    struct link link;
    struct kl_diag diag = {.err = KL_OK};
    struct kl_device_stats stats;
    open_link(&link);
    assert_int_equal(kl_device_stats(&link.channel, &stats, &diag), KL_EIO);
    assert_message(&diag, "no answer to \"model stats\"");
    close_link(&link);
}

/* Text only, then the end: the message carries the device's last words, made printable. */
static void test_last_words(void **state)
{
    (void)state;
    struct link link;
    struct kl_diag diag = {.err = KL_OK};
    struct kl_device_stats stats;
    open_link(&link);
    static const char text[] = "first\nassertion \x1b[31m failed\n";
    assert_int_equal(write(link.device_fd, text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(shutdown(link.device_fd, SHUT_WR), 0);
    assert_int_equal(kl_device_stats(&link.channel, &stats, &diag), KL_EIO);
    assert_message(&diag, "closed the channel");
    assert_message(&diag, "last text: \"assertion ?[31m failed\"");
    close_link(&link);
}

/* A pipe without a reader is an error, not a signal that ends the program. */
static void test_closed_pipe(void **state)
{
    (void)state;
    int fds[2];
    struct kl_diag diag = {.err = KL_OK};
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    struct kl_channel channel = {.read_fd = -1, .write_fd = fds[1], .timeout_ms = TIMEOUT_MS};
    assert_int_equal(kl_channel_write(&channel, "x", 1, &diag), KL_EIO);
    assert_message(&diag, "closed the channel");
    close(fds[1]);
}

/* Someone who takes no data: the call ends after its time. */
static void test_full_pipe(void **state)
{
    (void)state;
    int fds[2];
    struct kl_diag diag = {.err = KL_OK};
    static const uint8_t data[1 << 20];
    assert_int_equal(pipe(fds), 0);
    struct kl_channel channel = {.read_fd = -1, .write_fd = fds[1], .timeout_ms = TIMEOUT_MS};
    assert_int_equal(kl_channel_write(&channel, data, sizeof data, &diag), KL_EIO);
    assert_message(&diag, "took no data");
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_infos),      cmocka_unit_test(test_cut_bodies),
        cmocka_unit_test(test_silence),    cmocka_unit_test(test_malformed_bodies),
        cmocka_unit_test(test_wrong_read), cmocka_unit_test(test_stale_responses),
        cmocka_unit_test(test_last_words), cmocka_unit_test(test_closed_pipe),
        cmocka_unit_test(test_full_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
