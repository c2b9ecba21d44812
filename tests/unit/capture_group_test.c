/* SPDX-License-Identifier: Apache-2.0 */
/* Captured frames by the management protocol: in order, the same when asked twice, and what is lost
 * shows in the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kinglet/capture_group.h"
#include "kinglet/manage.h"

enum { FRAMES = 64, CHANNELS = 2, RATE = 50, NEAR_WRAP = 10 };

static int16_t ring[FRAMES * CHANNELS];
static struct kl_capture_service service;
static struct kl_manage manage;
static const struct kl_smp_group groups[] = {{KL_SMP_GROUP_CAPTURE, kl_capture_group, &service}};
static uint8_t response[KL_SMP_PACKET_MAX];
static const uint8_t *body = response + KL_SMP_HEADER_BYTES, *data;
static uint32_t body_bytes, data_bytes, first;

static int set_up(void **state)
{
    (void)state;
    service = (struct kl_capture_service){ring, FRAMES, CHANNELS, RATE, 0, 0};
    kl_manage_init(&manage, groups, 1);
    return 0;
}

/* Frame n has the values n and -n. */
static void measure(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const int16_t number = (int16_t)service.next;
        const int16_t frame[CHANNELS] = {number, (int16_t)-number};
        kl_capture_put(&service, frame, 1);
    }
}

static uint32_t ask(enum kl_smp_op op, uint8_t command, bool has_from, uint32_t from)
{
    uint8_t packet[64];
    struct kl_cbor_writer map = {.data = packet + KL_SMP_HEADER_BYTES,
                                 .capacity = sizeof packet - KL_SMP_HEADER_BYTES};
    uint32_t rc = 0;
    kl_cbor_put_map(&map, has_from);
    if (has_from) {
        kl_cbor_put_text(&map, "from");
        kl_cbor_put_uint(&map, from);
    }
    const struct kl_smp_header header = {(uint8_t)op,          1, (uint16_t)map.bytes,
                                         KL_SMP_GROUP_CAPTURE, 0, command};
    kl_smp_header_write(packet, &header);
    body_bytes = kl_manage_answer(&manage, packet, KL_SMP_HEADER_BYTES + map.bytes, response) -
                 KL_SMP_HEADER_BYTES;
    (void)kl_cbor_map_uint(body, body_bytes, "rc", &rc);
    return rc;
}

/* Read from a number on: how many frames came, each of which is checked. */
static uint32_t read_from(uint32_t from)
{
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_CAPTURE_FRAMES, true, from), KL_SMP_RC_OK);
    assert_true(kl_cbor_map_uint(body, body_bytes, "first", &first));
    assert_true(kl_cbor_map_string(body, body_bytes, "data", KL_CBOR_BYTES, &data, &data_bytes));
    assert_int_equal(data_bytes % (2 * CHANNELS), 0);
    for (uint32_t i = 0; i < data_bytes / 2; i++) {
        const int16_t number = (int16_t)(first + i / CHANNELS);
        const int16_t value = (int16_t)(uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
        assert_int_equal(value, i % CHANNELS == 0 ? number : (int16_t)-number);
    }
    return data_bytes / (2 * CHANNELS);
}

static void test_frames(void **state)
{
    uint32_t value;
    (void)state;
    assert_int_equal(read_from(0), 0);
    measure(FRAMES);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(read_from(5), FRAMES - 5);
        assert_int_equal(first, 5);
    }
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_CAPTURE_STATE, false, 0), KL_SMP_RC_OK);
    assert_true(kl_cbor_map_uint(body, body_bytes, "next", &value));
    assert_int_equal(value, FRAMES);
    assert_true(kl_cbor_map_uint(body, body_bytes, "rate", &value));
    assert_int_equal(value, RATE);
}

static void test_lost(void **state)
{
    (void)state;
    measure(FRAMES + 7);
    assert_int_equal(read_from(0), FRAMES);
    assert_int_equal(first, 7);
}

/* Numbers begin anew in the middle. */
static void test_wrap(void **state)
{
    const uint32_t start = UINT32_MAX - NEAR_WRAP;
    (void)state;
    service.next = start;
    measure(2 * NEAR_WRAP);
    assert_int_equal(read_from(start), 2 * NEAR_WRAP);
    assert_int_equal(first, start);
}

/* A number that is not measured yet: the device was reset since the reader began. */
static void test_refused(void **state)
{
    (void)state;
    measure(3);
    assert_int_equal(read_from(3), 0);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_CAPTURE_FRAMES, true, 4), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_CAPTURE_FRAMES, false, 0), KL_SMP_RC_INVALID);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_CAPTURE_FRAMES, true, 0), KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_CAPTURE_FRAMES + 1, true, 0), KL_SMP_RC_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames, set_up),
        cmocka_unit_test_setup(test_lost, set_up),
        cmocka_unit_test_setup(test_wrap, set_up),
        cmocka_unit_test_setup(test_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
