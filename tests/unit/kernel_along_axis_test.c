/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel of the largest and smallest elements, against a plain sort. */
#include "kernel_support.h"

#include <string.h>

#include "kinglet/dtype.h"

enum { WIDTH = 9 };

/* The values in order, of equal ones the first; the smallest one first when `sign` is -1. */
static void sort_places(const int64_t values[WIDTH], int32_t sign, int32_t place[WIDTH])
{
    for (int32_t i = 0; i < WIDTH; i++) {
        int32_t at = i;
        while (at > 0 &&
               (sign > 0 ? values[i] > values[place[at - 1]] : values[i] < values[place[at - 1]])) {
            place[at] = place[at - 1];
            at--;
        }
        place[at] = i;
    }
}

static void check_line(const int64_t values[WIDTH], int32_t sign)
{
    const struct kl_topk p = {.outer = 1,
                              .count = WIDTH,
                              .inner = 1,
                              .taken = WIDTH,
                              .sign = sign,
                              .dtype = KL_S64,
                              .out_dtype = KL_S32};
    int64_t line[WIDTH];
    int32_t expected[WIDTH];
    memcpy(line, values, sizeof line);
    const struct kl_rows in = {.base = (unsigned char *)line, .count = 1};
    sort_places(values, sign, expected);
    assert_memory_equal(run_kernel(KL_KERNEL_TOPK, &p, &in, 1, sizeof expected), expected,
                        sizeof expected);
    pool_release();
}

/* INT64_MIN has no opposite: its order cannot be turned round by a sign. */
static void test_topk_extremes(void **state)
{
    static const int64_t values[WIDTH] = {0,         INT64_MIN, INT64_MAX,     -1,       INT64_MIN,
                                          INT64_MAX, 1,         INT64_MIN + 1, INT32_MIN};
    (void)state;
    check_line(values, 1);
    check_line(values, -1);
}

static void test_topk_random(void **state)
{
    (void)state;
    seed_random(70);
    for (int32_t round = 0; round < 300; round++) {
        int64_t values[WIDTH];
        for (int32_t i = 0; i < WIDTH; i++) {
            const int64_t high = random_between(-2, 2);
            values[i] = high * ((int64_t)1 << random_between(0, 61)) + random_between(-1, 1);
        }
        check_line(values, round % 2 ? 1 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topk_extremes),
        cmocka_unit_test(test_topk_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
