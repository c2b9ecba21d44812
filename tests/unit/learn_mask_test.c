/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of an item that are hidden while it is learnt from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "learn/train_internal.h"

/* Which places along dimension `d` are 0 for all of the others. */
static int32_t find_stripe(const float *values, const struct kl_shape *shape, int32_t d,
                           bool hidden[])
{
    int32_t inner = 1, found = 0;
    for (int32_t k = d + 1; k < shape->rank; k++) {
        inner *= shape->dim[k];
    }
    for (int32_t place = 0; place < shape->dim[d]; place++) {
        hidden[place] = true;
        for (int32_t i = 0; i < kl_shape_elements(shape); i++) {
            hidden[place] &= i / inner % shape->dim[d] != place || values[i] == 0.0f;
        }
        found += hidden[place];
    }
    return found;
}

/* Along each dimension one stripe is hidden, of any width up to the mask's and at any place; all
 * else stays. */
static void test_masks(void **state)
{
    enum { HEIGHT = 7, WIDTH = 4, DEPTH = 2, VALUES = HEIGHT * WIDTH * DEPTH, DRAWS = 600 };
    const struct kl_shape shape = {3, {HEIGHT, WIDTH, DEPTH}}, mask = {2, {3, 2}};
    int32_t widths[2][4] = {{0}}, places[2][HEIGHT] = {{0}};
    (void)state;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        float values[VALUES];
        bool hidden[3][HEIGHT];
        for (int32_t i = 0; i < VALUES; i++) {
            values[i] = 1.0f + (float)i;
        }
        train_mask(&shape, &mask, draw, values);
        for (int32_t d = 0; d < 2; d++) {
            int32_t edges = 0, found = find_stripe(values, &shape, d, hidden[d]);
            assert_true(found <= mask.dim[d]);
            widths[d][found]++;
            for (int32_t i = 0; i < shape.dim[d]; i++) {
                edges += hidden[d][i] && (i == 0 || !hidden[d][i - 1]);
                places[d][i] += hidden[d][i];
            }
            assert_int_equal(edges, found > 0);
        }
        assert_int_equal(find_stripe(values, &shape, 2, hidden[2]), 0);
        for (int32_t i = 0; i < VALUES; i++) {
            bool zero = hidden[0][i / (WIDTH * DEPTH)] || hidden[1][i / DEPTH % WIDTH];
            assert_true(values[i] == (zero ? 0.0f : 1.0f + (float)i));
        }
    }
    for (int32_t d = 0; d < 2; d++) {
        for (int32_t i = 0; i <= mask.dim[d]; i++) {
            assert_true(abs(widths[d][i] - DRAWS / (mask.dim[d] + 1)) < DRAWS / 12);
        }
        for (int32_t i = 0; i < shape.dim[d]; i++) {
            assert_true(places[d][i] > DRAWS / 20);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
