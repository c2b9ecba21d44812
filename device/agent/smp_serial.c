/* SPDX-License-Identifier: Apache-2.0 */
/* SMP on a serial line; see kinglet/smp.h. */
#include <string.h>

#include "kinglet/smp.h"

enum { START_FIRST = 0x06, START_NEXT = 0x04, MARK_FIRST = 0x09, MARK_NEXT = 0x14 };
enum { START_BYTES = 2, LENGTH_BYTES = 2, CRC_BYTES = 2 };
/* Base64 makes 4 characters from 3 bytes; 93 bytes fill the longest line. */
enum { LINE_CONTENT_BYTES = (KL_SMP_LINE_MAX - START_BYTES - 1) / 4 * 3 };

static uint16_t crc16(const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= (uint32_t)data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
        }
    }
    return (uint16_t)crc;
}

/* Byte `at` of the length, the packet and the CRC in a row. */
static uint8_t content_byte(const uint8_t *packet, uint32_t bytes, uint16_t crc, uint32_t at)
{
    uint32_t length = bytes + CRC_BYTES;
    if (at < LENGTH_BYTES) {
        return (uint8_t)(at == 0 ? length >> 8 : length);
    }
    at -= LENGTH_BYTES;
    if (at < bytes) {
        return packet[at];
    }
    return (uint8_t)(at == bytes ? crc >> 8 : crc);
}

static uint8_t base64_digit(uint32_t value)
{
    static const char digits[65] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return (uint8_t)digits[value & 63];
}

/* Four characters for group[0 .. bytes-1], 1 to 3 bytes. */
static void send_group(const uint8_t group[3], uint32_t bytes, kl_smp_put_fn *put, void *context)
{
    uint32_t bits = (uint32_t)group[0] << 16 | (uint32_t)group[1] << 8 | group[2];
    put(context, base64_digit(bits >> 18));
    put(context, base64_digit(bits >> 12));
    put(context, bytes > 1 ? base64_digit(bits >> 6) : '=');
    put(context, bytes > 2 ? base64_digit(bits) : '=');
}

void kl_smp_serial_send(const uint8_t *packet, uint32_t bytes, kl_smp_put_fn *put, void *context)
{
    uint16_t crc = crc16(packet, bytes);
    uint32_t total = LENGTH_BYTES + bytes + CRC_BYTES;
    for (uint32_t at = 0; at < total; at += 3) {
        if (at % LINE_CONTENT_BYTES == 0) {
            put(context, at == 0 ? START_FIRST : START_NEXT);
            put(context, at == 0 ? MARK_FIRST : MARK_NEXT);
        }
        uint8_t group[3] = {0, 0, 0};
        uint32_t count = total - at < 3 ? total - at : 3;
        for (uint32_t i = 0; i < count; i++) {
            group[i] = content_byte(packet, bytes, crc, at + i);
        }
        send_group(group, count, put, context);
        if ((at + 3) % LINE_CONTENT_BYTES == 0 || at + 3 >= total) {
            put(context, '\n');
        }
    }
}

void kl_smp_serial_reset(struct kl_smp_serial *serial)
{
    memset(serial, 0, sizeof *serial);
}

/* 0 to 63, or -1 for what is no base64 digit. */
static int base64_value(uint8_t digit)
{
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* Decode four characters into group; returns the number of bytes, 0 when malformed. */
static uint32_t decode_group(const uint8_t text[4], uint8_t group[3])
{
    uint32_t bytes = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 4; i++) {
        int value = i <= bytes ? base64_value(text[i]) : 0;
        if (value < 0) {
            return 0;
        }
        bits = bits << 6 | (uint32_t)value;
    }
    group[0] = (uint8_t)(bits >> 16);
    group[1] = (uint8_t)(bits >> 8);
    group[2] = (uint8_t)bits;
    return bytes;
}

/* Append what text[0 .. text_bytes-1] encodes to the content; false when it cannot be. */
static bool append_base64(struct kl_smp_serial *serial, const uint8_t *text, uint32_t text_bytes)
{
    if (text_bytes == 0 || text_bytes % 4 != 0) {
        return false;
    }
    for (uint32_t at = 0; at < text_bytes; at += 4) {
        uint8_t group[3];
        uint32_t bytes = decode_group(text + at, group);
        bool is_last = at + 4 == text_bytes;
        if (bytes == 0 || (bytes < 3 && !is_last) ||
            bytes > sizeof serial->content - serial->have) {
            return false;
        }
        memcpy(serial->content + serial->have, group, bytes);
        serial->have += bytes;
    }
    return true;
}

/* Length of packet and CRC as the frame states it. */
static uint32_t stated_length(const struct kl_smp_serial *serial)
{
    return (uint32_t)serial->content[0] << 8 | serial->content[1];
}

static enum kl_smp_serial_event drop(struct kl_smp_serial *serial)
{
    serial->in_packet = false;
    serial->have = 0;
    return KL_SMP_SERIAL_BROKEN;
}

/* After a line of a frame: is the packet complete, and is it whole? */
static enum kl_smp_serial_event check_packet(struct kl_smp_serial *serial)
{
    if (serial->have < LENGTH_BYTES) {
        return drop(serial); /* the first line always carries more */
    }
    uint32_t length = stated_length(serial);
    uint32_t have = serial->have - LENGTH_BYTES;
    if (length < CRC_BYTES || length > KL_SMP_PACKET_MAX + CRC_BYTES || have > length) {
        return drop(serial);
    }
    if (have < length) {
        return KL_SMP_SERIAL_MORE;
    }
    const uint8_t *packet = serial->content + LENGTH_BYTES;
    const uint8_t *crc = packet + length - CRC_BYTES;
    if (crc16(packet, length - CRC_BYTES) != (crc[0] << 8 | crc[1])) {
        return drop(serial);
    }
    serial->in_packet = false;
    return KL_SMP_SERIAL_PACKET;
}

static enum kl_smp_serial_event take_line(struct kl_smp_serial *serial)
{
    const uint8_t *line = serial->line;
    uint32_t bytes = serial->line_bytes;
    bool is_first = bytes >= START_BYTES && line[0] == START_FIRST && line[1] == MARK_FIRST;
    bool is_next = bytes >= START_BYTES && line[0] == START_NEXT && line[1] == MARK_NEXT;
    if (!is_first && !is_next) {
        return bytes > 0 ? KL_SMP_SERIAL_TEXT : KL_SMP_SERIAL_MORE;
    }
    if (is_first) {
        serial->in_packet = true;
        serial->have = 0;
    }
    if (!serial->in_packet || serial->line_overflow ||
        !append_base64(serial, line + START_BYTES, bytes - START_BYTES)) {
        return drop(serial);
    }
    return check_packet(serial);
}

/* Neither start byte occurs in base64, so each begins a line even after noise. */
enum kl_smp_serial_event kl_smp_serial_push(struct kl_smp_serial *serial, uint8_t byte)
{
    if (byte == START_FIRST || byte == START_NEXT || serial->line_ended) {
        serial->line_bytes = 0;
        serial->line_overflow = false;
        serial->line_ended = false;
    }
    if (byte == '\n') {
        serial->line_ended = true;
        return take_line(serial);
    }
    if (byte == '\r') {
        return KL_SMP_SERIAL_MORE;
    }
    if (serial->line_bytes == sizeof serial->line) {
        serial->line_overflow = true;
        return KL_SMP_SERIAL_MORE;
    }
    serial->line[serial->line_bytes++] = byte;
    return KL_SMP_SERIAL_MORE;
}

const uint8_t *kl_smp_serial_packet(const struct kl_smp_serial *serial, uint32_t *bytes)
{
    *bytes = stated_length(serial) - CRC_BYTES;
    return serial->content + LENGTH_BYTES;
}
