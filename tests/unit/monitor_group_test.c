/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor by the management protocol: records are the same until they are taken, open with the
 * device's key, add up to all that was counted, and stay within their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/manage.h"
#include "kinglet/monitor_group.h"
#include "telemetry/open.h"

enum { RAM = 2048, DAY_BYTES = 400, DAY = 86400, CLASSES = 3, LATENCY = 900 };

static const uint8_t model[KL_MONITOR_MODEL_BYTES] = {1, 2, 3};
static const struct kl_seal_key key = {{9, 8, 7}, "lamp", 4};
static const uint64_t first = (uint64_t)5 << 32;
static struct kl_monitor_service service;
static struct kl_manage manage;
static const struct kl_smp_group groups[] = {{KL_SMP_GROUP_MONITOR, kl_monitor_group, &service}};
static uint8_t response[KL_SMP_PACKET_MAX];
static const uint8_t *body = response + KL_SMP_HEADER_BYTES;
static uint32_t body_bytes;

static int set_up(void **state)
{
    (void)state;
    service = (struct kl_monitor_service){.key = &key, .next_number = first, .period = DAY};
    kl_monitor_init(&service.monitor, model, CLASSES);
    kl_manage_init(&manage, groups, 1);
    return 0;
}

/* Ask with an empty map, or with a number. Returns "rc". */
static uint32_t ask(enum kl_smp_op op, uint8_t command, const uint64_t *number)
{
    uint8_t packet[64];
    struct kl_cbor_writer map = {.data = packet + KL_SMP_HEADER_BYTES,
                                 .capacity = sizeof packet - KL_SMP_HEADER_BYTES};
    uint32_t rc = 0;
    kl_cbor_put_map(&map, number ? 1 : 0);
    if (number) {
        kl_cbor_put_text(&map, "number");
        kl_cbor_put_uint(&map, *number);
    }
    kl_smp_header_write(packet, &(struct kl_smp_header){.op = (uint8_t)op,
                                                        .version = 1,
                                                        .body_bytes = (uint16_t)map.bytes,
                                                        .group = KL_SMP_GROUP_MONITOR,
                                                        .command = command});
    uint32_t bytes = kl_manage_answer(&manage, packet, KL_SMP_HEADER_BYTES + map.bytes, response);
    assert_true(bytes > KL_SMP_HEADER_BYTES);
    body_bytes = bytes - KL_SMP_HEADER_BYTES;
    (void)kl_cbor_map_uint(body, body_bytes, "rc", &rc);
    return rc;
}

static void infer(int count)
{
    static const int8_t scores[CLASSES] = {-100, 90, -118};
    for (int i = 0; i < count; i++) {
        kl_monitor_add(&service.monitor, scores, CLASSES, LATENCY);
    }
}

/* Open the record in the response: what it says, and its number. */
static uint64_t open_record(struct kl_monitor *said)
{
    const uint8_t *data;
    uint32_t bytes;
    struct kl_sealed sealed;
    uint8_t plain[DAY_BYTES];
    assert_true(kl_cbor_map_string(body, body_bytes, "data", KL_CBOR_BYTES, &data, &bytes));
    assert_true(bytes <= DAY_BYTES);
    assert_int_equal(kl_sealed_parse(data, bytes, &sealed), KL_SEAL_OK);
    assert_memory_equal(sealed.id, key.id, key.id_bytes);
    assert_int_equal(kl_sealed_open(&sealed, key.key, plain), KL_SEAL_OK);
    assert_int_equal(kl_monitor_read(said, plain, sealed.content_bytes - KL_SEAL_TAG_BYTES),
                     KL_MONITOR_OK);
    return sealed.number;
}

static void test_ram(void **state)
{
    (void)state;
    assert_true(sizeof service <= RAM);
}

static void test_counts(void **state)
{
    uint32_t value;
    (void)state;
    infer(7);
    kl_monitor_tick(&service, 60);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_COUNTS, NULL), KL_SMP_RC_OK);
    assert_true(kl_cbor_map_uint(body, body_bytes, "inferences", &value));
    assert_int_equal(value, 7);
    assert_true(kl_cbor_map_uint(body, body_bytes, "seconds", &value));
    assert_int_equal(value, 60);
    assert_true(kl_cbor_map_uint(body, body_bytes, "longest", &value));
    assert_int_equal(value, LATENCY);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_NO_ENTRY);
}

/* Nobody comes for a record: it stays, and the next one has all that was counted since. */
static void test_untaken(void **state)
{
    struct kl_monitor said;
    uint8_t before[KL_SMP_PACKET_MAX];
    uint64_t number = first;
    (void)state;
    infer(3);
    kl_monitor_tick(&service, DAY);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_OK);
    assert_int_equal(open_record(&said), first);
    assert_int_equal(said.inferences, 3);
    memcpy(before, body, body_bytes);
    infer(2);
    kl_monitor_tick(&service, DAY);
    infer(2);
    kl_monitor_tick(&service, DAY);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_OK);
    assert_memory_equal(before, body, body_bytes);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &number), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_OK);
    assert_int_equal(open_record(&said), first + 1);
    assert_int_equal(said.inferences, 4);
    assert_int_equal(said.seconds, 2 * DAY);
    assert_int_equal(said.sequence, 1);
}

/* An answer that was lost is asked for again; another number takes nothing. */
static void test_taken(void **state)
{
    uint64_t number = first + 1;
    (void)state;
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &first), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &number), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &first), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &first), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_OK);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, &first), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_OK);
}

/* Without a key nothing is closed, and nothing is lost. */
static void test_no_key(void **state)
{
    struct kl_monitor said;
    (void)state;
    service.key = NULL;
    infer(5);
    kl_monitor_tick(&service, DAY);
    assert_int_equal(kl_monitor_close(&service), KL_MONITOR_NO_KEY);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_BAD_STATE);
    service.key = &key;
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_OK);
    assert_int_equal(open_record(&said), first);
    assert_int_equal(said.inferences, 5);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_COUNTS, NULL), KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_CLOSE, NULL), KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(ask(KL_SMP_READ, KL_SMP_MONITOR_CLOSE + 1, NULL), KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(ask(KL_SMP_WRITE, KL_SMP_MONITOR_RECORD, NULL), KL_SMP_RC_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ram, set_up),     cmocka_unit_test_setup(test_counts, set_up),
        cmocka_unit_test_setup(test_untaken, set_up), cmocka_unit_test_setup(test_taken, set_up),
        cmocka_unit_test_setup(test_no_key, set_up),  cmocka_unit_test_setup(test_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
