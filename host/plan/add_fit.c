/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/add_fit.h"

#include <math.h>
#include <string.h>

#include "kinglet/kernels.h"

enum { VALUES = 256, PAIRS = VALUES * VALUES };

/* Shifts and, around the plain factors, factors that are tried. */
enum { MOST_SHIFT = 24, LEAST_SHIFT = 12, SHIFTS = 3, RADIUS = 3 };

/* All pairs (a, b), result number 256 * (a + 128) + (b + 128). */
static const struct kl_elementwise all_pairs = {{1, VALUES, VALUES}, {{0, 1, 0}, {0, 0, 1}}};

static void run_all_pairs(enum kl_kernel_id kernel, const void *params, int8_t results[PAIRS])
{
    int8_t values[VALUES];
    for (int32_t i = 0; i < VALUES; i++) {
        values[i] = (int8_t)(i + INT8_MIN);
    }
    const struct kl_rows value_rows = {(unsigned char *)values, NULL, VALUES, 0, 1};
    const struct kl_rows in[2] = {value_rows, value_rows};
    const struct kl_rows out = {(unsigned char *)results, NULL, PAIRS, 0, 1};
    kl_kernels[kernel](params, in, &out, NULL);
}

static void add_all_pairs(const struct kl_add_s8 *add, int8_t results[PAIRS])
{
    struct kl_add_s8 all = *add;
    all.ew = all_pairs;
    run_all_pairs(KL_KERNEL_ADD_S8, &all, results);
}

static bool gives(const struct kl_add_linear_s8 *fit, const int8_t results[PAIRS])
{
    int8_t found[PAIRS];
    struct kl_add_linear_s8 all = *fit;
    all.ew = all_pairs;
    run_all_pairs(KL_KERNEL_ADD_LINEAR_S8, &all, found);
    return memcmp(found, results, PAIRS) == 0;
}

bool kl_add_fit_holds(const struct kl_add_s8 *add, const struct kl_add_linear_s8 *fit)
{
    int8_t results[PAIRS];
    add_all_pairs(add, results);
    return gives(fit, results);
}

/* Output steps per step of input `index`. */
static double slope(const struct kl_add_s8 *add, int32_t index)
{
    const double wide = ldexp(1, add->left_shift);
    const double scaled = ldexp(add->multiplier[index], add->shift[index] - 31);
    const double to_out = ldexp(add->out_multiplier, add->out_shift - 31);
    return wide * scaled * to_out * (index == 1 ? add->sign : 1);
}

/* The sum lies between its values at the corners, and must fit int32 there. */
static bool sums_fit(const struct kl_add_linear_s8 *fit)
{
    for (int32_t a = INT8_MIN; a <= INT8_MAX; a += 255) {
        for (int32_t b = INT8_MIN; b <= INT8_MAX; b += 255) {
            const int64_t sum =
                (int64_t)a * fit->factor[0] + (int64_t)b * fit->factor[1] + fit->constant;
            if (sum < INT32_MIN || sum > INT32_MAX) {
                return false;
            }
        }
    }
    return true;
}

/* The constant that gives all results with fit's factors and shift; false when there is none.
 * Results at the limits are cut off there, so they bound it on one side only. */
static bool find_constant(const int8_t results[PAIRS], struct kl_add_linear_s8 *fit)
{
    int64_t low = INT32_MIN, high = INT32_MAX;
    for (int32_t a = 0; a < VALUES && low <= high; a++) {
        int64_t sum = (int64_t)(a + INT8_MIN) * fit->factor[0] + (int64_t)INT8_MIN * fit->factor[1];
        const int8_t *row = results + a * VALUES;
        for (int32_t b = 0; b < VALUES; b++, sum += fit->factor[1]) {
            const int64_t least = row[b] * ((int64_t)1 << fit->shift) - sum;
            const int64_t most = least + ((int64_t)1 << fit->shift) - 1;
            low = row[b] > fit->min && least > low ? least : low;
            high = row[b] < fit->max && most < high ? most : high;
        }
    }
    fit->constant = (int32_t)(low + (high - low) / 2);
    return low <= high && sums_fit(fit);
}

/* Factors around the plain ones, nearest first. */
static bool try_shift(const double slopes[2], const int8_t results[PAIRS],
                      struct kl_add_linear_s8 *fit)
{
    const int64_t plain[2] = {llround(ldexp(slopes[0], fit->shift)),
                              llround(ldexp(slopes[1], fit->shift))};
    for (int32_t radius = 0; radius <= RADIUS; radius++) {
        for (int32_t i = -radius; i <= radius; i++) {
            const int32_t step = i == -radius || i == radius || radius == 0 ? 1 : 2 * radius;
            for (int32_t k = -radius; k <= radius; k += step) {
                fit->factor[0] = (int32_t)(plain[0] + i);
                fit->factor[1] = (int32_t)(plain[1] + k);
                if (find_constant(results, fit) && gives(fit, results)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Could the sums of any constant near the right one fit? */
static bool is_small_enough(const double slopes[2], int32_t shift)
{
    return ldexp((fabs(slopes[0]) + fabs(slopes[1])) * 255, shift) < 4294967296.0;
}

bool kl_add_fit(const struct kl_add_s8 *add, struct kl_add_linear_s8 *fit)
{
    const double slopes[2] = {slope(add, 0), slope(add, 1)};
    int8_t results[PAIRS];
    int32_t tried = 0;
    *fit = (struct kl_add_linear_s8){.ew = add->ew, .min = add->min, .max = add->max};
    add_all_pairs(add, results);
    for (fit->shift = MOST_SHIFT; fit->shift >= LEAST_SHIFT && tried < SHIFTS; fit->shift--) {
        if (is_small_enough(slopes, fit->shift)) {
            tried++;
            if (try_shift(slopes, results, fit)) {
                return true;
            }
        }
    }
    return false;
}
