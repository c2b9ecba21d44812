/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, log and statistics by the management protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/log_group.h"
#include "kinglet/manage.h"
#include "kinglet/settings_group.h"
#include "kinglet/stat_group.h"
#include "port/host/flash_model.h"

enum { SECTOR = 4096, FLASH = 4 * SECTOR };

static uint32_t memory[FLASH];
static struct kl_flash_model model;
static struct kl_flash_area areas[2];
static struct kl_settings settings;
static struct kl_log event_log;
static uint32_t packets = 7;
static const struct kl_stat stats[] = {{"packets", &packets}};
static const struct kl_stat_set sets[] = {{"agent", stats, 1}};
static struct kl_stat_service stat = {sets, 1};
static struct kl_manage manage;
static const struct kl_smp_group groups[] = {
    {KL_SMP_GROUP_SETTINGS, kl_settings_group, &settings},
    {KL_SMP_GROUP_LOG, kl_log_group, &event_log},
    {KL_SMP_GROUP_STAT, kl_stat_group, &stat},
};
static uint8_t answer[KL_SMP_PACKET_MAX];
static const uint8_t *body;
static uint32_t body_bytes;

static int set_up(void **state)
{
    (void)state;
    kl_flash_model_init(&model, memory, FLASH, SECTOR, 8, 1);
    for (uint32_t i = 0; i < 2; i++) {
        areas[i] = (struct kl_flash_area){&model.flash, i * 2 * SECTOR, 2 * SECTOR};
    }
    kl_manage_init(&manage, groups, sizeof groups / sizeof groups[0]);
    return kl_settings_open(&settings, &areas[0]) || kl_log_open(&event_log, &areas[1]);
}

/* Send a map; returns "rc", 0 without one. */
static uint32_t call(enum kl_smp_op op, uint16_t group, uint8_t command, const void *map,
                     uint32_t bytes)
{
    uint8_t packet[KL_SMP_PACKET_MAX];
    const struct kl_smp_header header = {
        .op = (uint8_t)op, .body_bytes = (uint16_t)bytes, .group = group, .command = command};
    uint32_t rc;
    kl_smp_header_write(packet, &header);
    memcpy(packet + KL_SMP_HEADER_BYTES, map, bytes);
    uint32_t got = kl_manage_answer(&manage, packet, KL_SMP_HEADER_BYTES + bytes, answer);
    assert_true(got > KL_SMP_HEADER_BYTES);
    body = answer + KL_SMP_HEADER_BYTES;
    body_bytes = got - KL_SMP_HEADER_BYTES;
    return kl_cbor_map_uint(body, body_bytes, "rc", &rc) ? rc : 0;
}

static void expect_body(const void *bytes, uint32_t count)
{
    assert_int_equal(body_bytes, count);
    assert_memory_equal(body, bytes, count);
}

/* Requests and answers byte by byte, as docs/spec/management.md and RFC 8949 have them. */
#define CALL(op, group, command, text) call(op, group, command, text, sizeof(text) - 1)
#define EXPECT(text) expect_body(text, sizeof(text) - 1)

static void test_settings(void **state)
{
    (void)state;
    assert_int_equal(CALL(KL_SMP_READ, 67, 0, "\xa1\x66number\x05"), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa2\x66number\x05\x65value\x42hi"), 0);
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa2\x66number\x19\x01\x00\x65value\x40"), 0);
    assert_int_equal(CALL(KL_SMP_READ, 67, 0, "\xa1\x66number\x05"), 0);
    EXPECT("\xa1\x65value\x42hi");
    assert_int_equal(CALL(KL_SMP_READ, 67, 1, "\xa0"), 0);
    EXPECT("\xa1\x67numbers\x82\x05\x19\x01\x00");
    assert_int_equal(CALL(KL_SMP_READ, 67, 1, "\xa1\x64\x66rom\x06"), 0);
    EXPECT("\xa1\x67numbers\x81\x19\x01\x00");
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa1\x66number\x05"), 0); /* deletes it */
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa1\x66number\x05"), KL_SMP_RC_NO_ENTRY);
}

static void test_bad_settings(void **state)
{
    uint8_t map[100] = "\xa2\x66number\x05\x65value\x58\x41";
    (void)state;
    assert_int_equal(call(KL_SMP_WRITE, 67, 0, map, 17 + 65), KL_SMP_RC_INVALID); /* too long */
    map[16] = 64;
    assert_int_equal(call(KL_SMP_WRITE, 67, 0, map, 17 + 64), 0);
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa2\x66number\x05\x65value\x05"),
                     KL_SMP_RC_INVALID);
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 0, "\xa1\x65value\x41x"), KL_SMP_RC_INVALID);
    assert_int_equal(CALL(KL_SMP_READ, 67, 0, "\xa1\x66number\x1a\x00\x01\x00\x00"),
                     KL_SMP_RC_INVALID);
    assert_int_equal(CALL(KL_SMP_WRITE, 67, 1, "\xa0"), KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(CALL(KL_SMP_READ, 67, 2, "\xa0"), KL_SMP_RC_UNSUPPORTED);
    model.is_off = true;
    assert_int_equal(CALL(KL_SMP_READ, 67, 0, "\xa1\x66number\x05"), KL_SMP_RC_UNKNOWN);
    assert_int_equal(CALL(KL_SMP_READ, 67, 1, "\xa0"), KL_SMP_RC_UNKNOWN);
    assert_int_equal(CALL(KL_SMP_READ, 69, 0, "\xa0"), KL_SMP_RC_UNKNOWN);
}

static void test_log(void **state)
{
    uint32_t first, next;
    (void)state;
    assert_int_equal(CALL(KL_SMP_READ, 69, 0, "\xa0"), 0);
    EXPECT("\xa2\x64next\x00\x67records\x80");
    assert_int_equal(kl_log_add(&event_log, 3, KL_LOG_REFUSED, 1, (uint32_t)-32), 0);
    assert_int_equal(CALL(KL_SMP_READ, 69, 0, "\xa0"), 0);
    assert_true(kl_cbor_map_uint(body, body_bytes, "next", &first));
    assert_memory_equal(body + body_bytes - 9, "\x00\x03\x04\x01\x1a\xff\xff\xff\xe0", 9);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(kl_log_add(&event_log, i, KL_LOG_PRODUCT, UINT32_MAX, UINT32_MAX), 0);
    }
    assert_int_equal(CALL(KL_SMP_READ, 69, 0, "\xa0"), 0); /* what fits one answer */
    assert_true(kl_cbor_map_uint(body, body_bytes, "next", &next));
    assert_in_range(next, first + 10, first + 99);
    assert_int_equal(CALL(KL_SMP_WRITE, 69, 0, "\xa0"), KL_SMP_RC_UNSUPPORTED);
}

static void test_stat(void **state)
{
    (void)state;
    assert_int_equal(CALL(KL_SMP_READ, 2, 1, "\xa0"), 0);
    EXPECT("\xa1\x69stat_list\x81\x65"
           "agent");
    assert_int_equal(CALL(KL_SMP_READ, 2, 0,
                          "\xa1\x64name\x65"
                          "agent"),
                     0);
    EXPECT("\xa2\x64name\x65"
           "agent\x66"
           "fields\xa1\x67packets\x07");
    assert_int_equal(CALL(KL_SMP_READ, 2, 0,
                          "\xa1\x64name\x64"
                          "agen"),
                     KL_SMP_RC_NO_ENTRY);
    assert_int_equal(CALL(KL_SMP_READ, 2, 0, "\xa0"), KL_SMP_RC_INVALID);
    assert_int_equal(CALL(KL_SMP_WRITE, 2, 1, "\xa0"), KL_SMP_RC_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_settings, set_up),
        cmocka_unit_test_setup(test_bad_settings, set_up),
        cmocka_unit_test_setup(test_log, set_up),
        cmocka_unit_test_setup(test_stat, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
