/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor counts what it sees; its records say all of it, fit their room, and add up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/monitor.h"
#include "support/random.h"

enum { DAY = 86400, DAY_BYTES = 400, RAM = 2048, CLASSES = 12 };

static const uint8_t model[KL_MONITOR_MODEL_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
static struct kl_monitor monitor, other;
static uint8_t record[1024];
static uint32_t bytes;

static int set_up(void **state)
{
    (void)state;
    kl_monitor_init(&monitor, model, CLASSES);
    return 0;
}

static void test_ram(void **state)
{
    (void)state;
    assert_true(sizeof(struct kl_monitor) <= RAM);
    assert_true(sizeof(struct kl_monitor) <= KL_MONITOR_RAM_MAX);
}

/* Scores with one of the classes well in front, as a softmax gives them. */
static void draw_scores(struct kt_random *random, int8_t *scores, uint32_t classes)
{
    int left = 255;
    uint32_t best = (uint32_t)kt_random_between(random, 0, (int32_t)classes - 1);
    memset(scores, -128, classes);
    for (uint32_t i = 0; i < classes && left > 0; i++) {
        int part = i == 0 ? kt_random_between(random, left / 2, left)
                          : kt_random_between(random, 0, left / 2);
        scores[(best + i) % classes] = (int8_t)(part - 128);
        left -= part;
    }
}

static uint32_t bin_of(double value, double step)
{
    double bin = floor(value / step);
    return bin < KL_MONITOR_BINS - 1 ? (uint32_t)bin : KL_MONITOR_BINS - 1;
}

/* Against the definitions in floating point. Entropies near the edge of a bin may go either way,
 * since the device adds rounded ones. */
static void test_add(void **state)
{
    struct kt_random random = {1};
    (void)state;
    for (int run = 0; run < 5000; run++) {
        int8_t scores[CLASSES];
        int first = -1, second = -1, best = 0;
        double entropy = 0;
        draw_scores(&random, scores, CLASSES);
        for (int i = 0; i < CLASSES; i++) {
            int score = scores[i] + 128;
            entropy -= score > 0 ? score / 256.0 * log2(score / 256.0) : 0;
            if (score > first) {
                second = first;
                first = score;
                best = i;
            } else if (score > second) {
                second = score;
            }
        }
        kl_monitor_init(&monitor, model, CLASSES);
        kl_monitor_add(&monitor, scores, CLASSES, 1u << run % 32);
        assert_int_equal(monitor.inferences, 1);
        assert_int_equal(monitor.scores[best][bin_of(first / 256.0, 0.125)], 1);
        assert_int_equal(monitor.margin[bin_of((first - second) / 256.0, 0.125)], 1);
        assert_int_equal(monitor.entropy[bin_of(entropy - 0.003, 0.5)] +
                             (bin_of(entropy - 0.003, 0.5) == bin_of(entropy + 0.003, 0.5)
                                  ? 0
                                  : monitor.entropy[bin_of(entropy + 0.003, 0.5)]),
                         1);
        int octave = run % 32 < 7 ? 0 : run % 32 - 6;
        assert_int_equal(monitor.latency[octave < 15 ? octave : 15], 1);
        assert_int_equal(monitor.latency_max, 1u << run % 32);
    }
}

static void test_specified(void **state)
{
    static const uint8_t specified[] = {
        0x8d, 0x01, 0x48, 1,    2,    3,    4,    5,    6,    7,    8,    0x00, 0x18, 0x3c, 0x01,
        0x82, 0x83, 0x06, 0x01, 0x01, 0x80, 0x82, 0x01, 0x02, 0x84, 0x04, 0x01, 0x00, 0x01, 0x83,
        0x03, 0x01, 0x01, 0x19, 0x07, 0xd0, 0x82, 0x02, 0x01, 0x19, 0x02, 0x00, 0x00};
    (void)state;
    kl_monitor_init(&monitor, model, 2);
    kl_monitor_add(&monitor, (const int8_t[]){96, -96}, 2, 1000);
    kl_monitor_add(&monitor, (const int8_t[]){72, -72}, 2, 2000);
    kl_monitor_reset(&monitor, KL_MONITOR_WATCHDOG);
    kl_monitor_memory(&monitor, 512, 0);
    monitor.seconds = 60;
    assert_int_equal(kl_monitor_take(&monitor, record, sizeof record, &bytes), KL_MONITOR_OK);
    assert_int_equal(bytes, sizeof specified);
    assert_memory_equal(record, specified, sizeof specified);
    assert_int_equal(monitor.sequence, 1);
    assert_int_equal(monitor.inferences, 0);
}

/* More classes than there is room for are counted as the last one. */
static void test_many_classes(void **state)
{
    int8_t scores[40];
    (void)state;
    memset(scores, -128, sizeof scores);
    scores[30] = 127;
    kl_monitor_init(&monitor, model, 40);
    kl_monitor_add(&monitor, scores, 40, 1);
    assert_int_equal(monitor.classes, KL_MONITOR_CLASSES);
    assert_int_equal(monitor.scores[KL_MONITOR_CLASSES - 1][7], 1);
}

static void add_many(struct kl_monitor *m, int count, uint64_t seed)
{
    struct kt_random random = {seed};
    for (int i = 0; i < count; i++) {
        int8_t scores[CLASSES];
        draw_scores(&random, scores, CLASSES);
        kl_monitor_add(m, scores, CLASSES, (uint32_t)kt_random_between(&random, 30000, 40000));
    }
}

static uint64_t sum_of(const uint32_t *bins, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += bins[i];
    }
    return sum;
}

static void assert_all_counted(const struct kl_monitor *m, uint64_t inferences)
{
    assert_int_equal(sum_of(m->scores[0], KL_MONITOR_CLASSES * KL_MONITOR_BINS), inferences);
    assert_int_equal(sum_of(m->entropy, KL_MONITOR_BINS), inferences);
    assert_int_equal(sum_of(m->margin, KL_MONITOR_BINS), inferences);
    assert_int_equal(sum_of(m->latency, KL_MONITOR_LATENCY_BINS), inferences);
}

/* A day of an inference each second, with all that can happen in it. */
static void test_day(void **state)
{
    (void)state;
    add_many(&monitor, DAY, 2);
    for (int cause = 0; cause < KL_MONITOR_RESETS; cause++) {
        kl_monitor_reset(&monitor, (enum kl_monitor_reset)cause);
    }
    kl_monitor_memory(&monitor, 3000, 23168);
    monitor.seconds = DAY;
    monitor.sequence = 1000;
    assert_int_equal(kl_monitor_take(&monitor, record, KL_MONITOR_RECORD_BYTES, &bytes), 0);
    assert_int_equal(kl_monitor_read(&other, record, bytes), KL_MONITOR_OK);
    assert_in_range(bytes, 100, DAY_BYTES - 64);
    assert_all_counted(&other, DAY);
    assert_int_equal(other.resets[KL_MONITOR_FAULT], 1);
    assert_int_equal(other.arena_bytes, 23168);
}

/* Less room costs detail and no count; too little costs nothing, and says so. */
static void test_room(void **state)
{
    (void)state;
    add_many(&monitor, 3000, 3);
    struct kl_monitor kept = monitor;
    uint32_t width = 1;
    for (uint32_t room = 400; room > 0; room--) {
        monitor = kept;
        int error = kl_monitor_take(&monitor, record, room, &bytes);
        if (error) {
            assert_int_equal(error, KL_MONITOR_ROOM);
            assert_all_counted(&monitor, 3000);
            assert_in_range(room, 0, KL_MONITOR_RECORD_MIN - 1);
            continue;
        }
        assert_int_equal(kl_monitor_read(&other, record, bytes), KL_MONITOR_OK);
        assert_all_counted(&other, 3000);
        assert_true(bytes <= room && other.width >= width);
        width = other.width;
    }
    assert_int_equal(width, KL_MONITOR_BINS);
}

/* All counts at their largest fit, in the widest bins. */
static void test_largest(void **state)
{
    (void)state;
    kl_monitor_init(&monitor, model, KL_MONITOR_CLASSES);
    memset(monitor.scores, 0xff, sizeof monitor.scores);
    memset(monitor.entropy, 0xff, sizeof monitor.entropy);
    memset(monitor.margin, 0xff, sizeof monitor.margin);
    memset(monitor.latency, 0xff, sizeof monitor.latency);
    memset(monitor.resets, 0xff, sizeof monitor.resets);
    monitor.sequence = monitor.seconds = monitor.latency_max = UINT32_MAX;
    monitor.stack_bytes = monitor.arena_bytes = UINT32_MAX;
    assert_int_equal(kl_monitor_take(&monitor, record, KL_MONITOR_RECORD_MIN, &bytes), 0);
    assert_int_equal(kl_monitor_read(&other, record, bytes), KL_MONITOR_OK);
    assert_int_equal(other.scores[15][0], UINT32_MAX);
}

/* Two days that are merged are one of twice the length, in whatever bins they came. */
static void test_merge(void **state)
{
    (void)state;
    for (uint32_t room = 130; room <= 400; room += 30) {
        struct kl_monitor both;
        kl_monitor_init(&monitor, model, CLASSES);
        kl_monitor_init(&both, model, CLASSES);
        add_many(&monitor, 2000, 4);
        add_many(&both, 2000, 4);
        assert_int_equal(kl_monitor_take(&monitor, record, room, &bytes), KL_MONITOR_OK);
        add_many(&monitor, 1000, 5);
        add_many(&both, 1000, 5);
        assert_int_equal(kl_monitor_merge(&monitor, record, bytes), KL_MONITOR_OK);
        assert_int_equal(monitor.inferences, 3000);
        kl_monitor_widen(&both, monitor.width);
        assert_memory_equal(monitor.scores, both.scores, sizeof both.scores);
        assert_memory_equal(monitor.entropy, both.entropy, sizeof both.entropy);
        assert_memory_equal(monitor.margin, both.margin, sizeof both.margin);
        assert_memory_equal(monitor.latency, both.latency, sizeof both.latency);
        assert_int_equal(monitor.latency_max, both.latency_max);
    }
}

static void test_refused(void **state)
{
    (void)state;
    add_many(&monitor, 100, 6);
    assert_int_equal(kl_monitor_take(&monitor, record, sizeof record, &bytes), KL_MONITOR_OK);
    struct kl_monitor before = monitor;
    kl_monitor_init(&other, (const uint8_t[KL_MONITOR_MODEL_BYTES]){9}, CLASSES);
    assert_int_equal(kl_monitor_merge(&other, record, bytes), KL_MONITOR_OTHER);
    kl_monitor_init(&other, model, CLASSES - 1);
    assert_int_equal(kl_monitor_merge(&other, record, bytes), KL_MONITOR_OTHER);
    for (uint32_t i = 0; i < bytes; i++) {
        assert_int_equal(kl_monitor_merge(&monitor, record, i), KL_MONITOR_RECORD);
    }
    assert_int_equal(kl_monitor_merge(&monitor, record, bytes + 1), KL_MONITOR_RECORD);
    record[13] = 3; /* a width that is none */
    assert_int_equal(kl_monitor_merge(&monitor, record, bytes), KL_MONITOR_RECORD);
    assert_memory_equal(&monitor, &before, sizeof before);
    record[13] = 1;
    assert_int_equal(record[1], 1);
    record[1] = 2; /* another version */
    assert_int_equal(kl_monitor_merge(&monitor, record, bytes), KL_MONITOR_RECORD);
}

/* Counts stop at their largest value. */
static void test_saturates(void **state)
{
    (void)state;
    monitor.entropy[0] = monitor.inferences = UINT32_MAX;
    int8_t scores[CLASSES];
    memset(scores, -128, sizeof scores);
    kl_monitor_add(&monitor, scores, CLASSES, 1);
    assert_int_equal(monitor.inferences, UINT32_MAX);
    assert_int_equal(monitor.entropy[0], UINT32_MAX);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ram),     TEST(test_add),       TEST(test_specified), TEST(test_many_classes),
        TEST(test_day),     TEST(test_room),      TEST(test_largest),   TEST(test_merge),
        TEST(test_refused), TEST(test_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
