/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "kinglet/smp.h"

struct stream {
    uint8_t data[8192];
    uint32_t bytes;
};

static void put_byte(void *context, uint8_t byte)
{
    struct stream *stream = context;
    assert_true(stream->bytes < sizeof stream->data);
    stream->data[stream->bytes++] = byte;
}

static void put_text(struct stream *stream, const char *text)
{
    while (*text) {
        put_byte(stream, (uint8_t)*text++);
    }
}

static void make_packet(uint8_t *packet, uint32_t bytes, uint32_t seed)
{
    for (uint32_t i = 0; i < bytes; i++) {
        seed = seed * 1664525 + 1013904223;
        packet[i] = (uint8_t)(seed >> 24);
    }
}

/* What came out of a stream. */
struct received {
    uint32_t packets, texts, broken;
    uint8_t packet[KL_SMP_PACKET_MAX]; /* the last one */
    uint32_t packet_bytes;
};

static void feed(struct kl_smp_serial *serial, const struct stream *stream,
                 struct received *received)
{
    for (uint32_t i = 0; i < stream->bytes; i++) {
        switch (kl_smp_serial_push(serial, stream->data[i])) {
        case KL_SMP_SERIAL_PACKET: {
            const uint8_t *packet = kl_smp_serial_packet(serial, &received->packet_bytes);
            memcpy(received->packet, packet, received->packet_bytes);
            received->packets++;
            break;
        }
        case KL_SMP_SERIAL_TEXT: received->texts++; break;
        case KL_SMP_SERIAL_BROKEN: received->broken++; break;
        case KL_SMP_SERIAL_MORE: break;
        }
    }
}

static struct received receive(const struct stream *stream)
{
    struct kl_smp_serial serial;
    struct received received = {0};
    kl_smp_serial_reset(&serial);
    feed(&serial, stream, &received);
    return received;
}

/* The echo request {"d": "hello"}, number 1; the frame was made by an independent CRC-16 and
 * base64 (Python's binascii.crc_hqx and base64). */
static void test_known_frame(void **state)
{
    (void)state;
    static const uint8_t packet[] = {0x02, 0x00, 0x00, 0x09, 0x00, 0x00, 0x01, 0x00, 0xa1,
                                     0x61, 0x64, 0x65, 'h',  'e',  'l',  'l',  'o'};
    struct stream stream = {.bytes = 0};
    kl_smp_serial_send(packet, sizeof packet, put_byte, &stream);
    static const char expected[] = "\x06\x09"
                                   "ABMCAAAJAAABAKFhZGVoZWxsb/0m"
                                   "\n";
    assert_int_equal(stream.bytes, sizeof expected - 1);
    assert_memory_equal(stream.data, expected, stream.bytes);
}

/* Every size goes through, in lines of legal length. */
static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t bytes = 0; bytes <= KL_SMP_PACKET_MAX; bytes++) {
        uint8_t packet[KL_SMP_PACKET_MAX];
        struct stream stream = {.bytes = 0};
        make_packet(packet, bytes, bytes);
        kl_smp_serial_send(packet, bytes, put_byte, &stream);
        uint32_t line_start = 0;
        for (uint32_t i = 0; i < stream.bytes; i++) {
            if (stream.data[i] == '\n') {
                assert_true(i + 1 - line_start <= KL_SMP_LINE_MAX);
                line_start = i + 1;
            }
        }
        assert_int_equal(line_start, stream.bytes);
        struct received received = receive(&stream);
        assert_int_equal(received.packets, 1);
        assert_int_equal(received.broken + received.texts, 0);
        assert_int_equal(received.packet_bytes, bytes);
        assert_memory_equal(received.packet, packet, bytes);
    }
}

/* A stream that begins or stops anywhere never gives a wrong packet, and the next one whole. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    uint8_t packet[200], next[KL_SMP_PACKET_MAX];
    struct stream whole = {.bytes = 0};
    make_packet(packet, sizeof packet, 1);
    make_packet(next, sizeof next, 2);
    kl_smp_serial_send(packet, sizeof packet, put_byte, &whole);
    for (uint32_t cut = 0; cut <= whole.bytes; cut++) {
        struct stream tail = {.bytes = 0}, head = {.bytes = 0};
        for (uint32_t i = 0; i < whole.bytes; i++) {
            put_byte(i < cut ? &head : &tail, whole.data[i]);
        }
        kl_smp_serial_send(next, sizeof next, put_byte, &tail);
        struct received received = receive(&tail);
        assert_int_equal(received.packets, cut == 0 ? 2 : 1);
        assert_memory_equal(received.packet, next, sizeof next);

        kl_smp_serial_send(next, sizeof next, put_byte, &head);
        received = receive(&head);
        assert_int_equal(received.packets, cut == whole.bytes ? 2 : 1);
        assert_memory_equal(received.packet, next, sizeof next);
    }
}

/* Any single damaged bit is noticed, or damages only a newline into more of the same line. */
static void test_damage(void **state)
{
    (void)state;
    uint8_t packet[150];
    struct stream whole = {.bytes = 0};
    make_packet(packet, sizeof packet, 3);
    kl_smp_serial_send(packet, sizeof packet, put_byte, &whole);
    for (uint32_t bit = 0; bit < whole.bytes * 8; bit++) {
        struct stream damaged = whole;
        damaged.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct received received = receive(&damaged);
        if (received.packets > 0) {
            assert_int_equal(received.packets, 1);
            assert_memory_equal(received.packet, packet, sizeof packet);
        }
        kl_smp_serial_send(packet, sizeof packet, put_byte, &damaged);
        received = receive(&damaged);
        assert_true(received.packets >= 1);
        assert_memory_equal(received.packet, packet, sizeof packet);
    }
}

static void test_garbage_between_frames(void **state)
{
    (void)state;
    uint8_t packet[300];
    struct stream stream = {.bytes = 0};
    make_packet(packet, sizeof packet, 4);
    put_text(&stream, "boot message\r\n\n");
    kl_smp_serial_send(packet, sizeof packet, put_byte, &stream);
    put_text(&stream, "noise without a newline\xff\x80");
    kl_smp_serial_send(packet, sizeof packet, put_byte, &stream);
    for (int i = 0; i < 300; i++) {
        put_text(&stream, "long ");
    }
    put_text(&stream, "line\n\x06\x09\n\x04\x14"
                      "AAAA\n\x06\n\x06x\n");
    kl_smp_serial_send(packet, sizeof packet, put_byte, &stream);
    struct received received = receive(&stream);
    assert_int_equal(received.packets, 3);
    assert_memory_equal(received.packet, packet, sizeof packet);
    assert_true(received.texts >= 2);
    assert_true(received.broken >= 2);
}

static void test_carriage_returns(void **state)
{
    (void)state;
    uint8_t packet[300];
    struct stream plain = {.bytes = 0}, stream = {.bytes = 0};
    make_packet(packet, sizeof packet, 5);
    kl_smp_serial_send(packet, sizeof packet, put_byte, &plain);
    for (uint32_t i = 0; i < plain.bytes; i++) {
        if (plain.data[i] == '\n') {
            put_byte(&stream, '\r');
        }
        put_byte(&stream, plain.data[i]);
    }
    struct received received = receive(&stream);
    assert_int_equal(received.packets, 1);
    assert_memory_equal(received.packet, packet, sizeof packet);
}

/* Frames that state a wrong length, carry bad base64 or never end. */
static void test_hostile_frames(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "\x06\x09"
        "AAA=\n", /* length 0: not even a CRC */
        "\x06\x09"
        "AAEA\n", /* length 1 */
        "\x06\x09"
        "AA==\n", /* half a length */
        "\x06\x09"
        "//8AAAAA\n", /* longer than any packet */
        "\x06\x09"
        "AAIAAAAA\n", /* more content than stated */
        "\x06\x09"
        "AAI\n", /* not groups of four */
        "\x06\x09"
        "AA!A\n", /* no base64 digit */
        "\x06\x09"
        "AA==AAAA\n", /* padding inside */
        "\x06\x09"
        "=AAA\n",
        "\x06\x09"
        "A=AA\n",
        "\x06\x09"
        "====\n",
        "\x06\x09"
        "AAQAAAAB\n", /* wrong CRC */
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct stream stream = {.bytes = 0};
        put_text(&stream, frames[i]);
        struct received received = receive(&stream);
        assert_int_equal(received.packets, 0);
        assert_int_equal(received.broken, 1);
    }
    struct stream endless = {.bytes = 0};
    put_text(&endless, "\x06\x09"
                       "BAAA\n"); /* 1024 more bytes are to come */
    for (int i = 0; i < 400; i++) {
        put_text(&endless, "\x04\x14"
                           "AAAAAAAAAAAA\n");
    }
    struct received received = receive(&endless);
    assert_int_equal(received.packets + received.texts, 0);
    assert_true(received.broken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_frame),      cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_cut_anywhere),     cmocka_unit_test(test_damage),
        cmocka_unit_test(test_carriage_returns), cmocka_unit_test(test_garbage_between_frames),
        cmocka_unit_test(test_hostile_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
