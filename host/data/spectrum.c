/* SPDX-License-Identifier: Apache-2.0 */
#include "data/spectrum.h"

#include <assert.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

/* Windowed values in the order of reversed bits. */
static void load(const double *values, size_t count, double *re, double *im)
{
    double mean = 0;
    size_t reversed = 0;
    for (size_t i = 0; i < count; i++) {
        mean += values[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double window = 0.5 - 0.5 * cos(2 * pi * (double)i / (double)count);
        re[reversed] = window * (values[i] - mean);
        im[reversed] = 0;
        size_t bit = count / 2;
        while (bit && reversed & bit) {
            reversed ^= bit;
            bit /= 2;
        }
        reversed |= bit;
    }
}

static void butterflies(double *re, double *im, size_t count, size_t half)
{
    for (size_t k = 0; k < half; k++) {
        double c = cos(pi * (double)k / (double)half);
        double s = -sin(pi * (double)k / (double)half);
        for (size_t i = k; i < count; i += 2 * half) {
            double a = re[i + half] * c - im[i + half] * s;
            double b = re[i + half] * s + im[i + half] * c;
            re[i + half] = re[i] - a;
            im[i + half] = im[i] - b;
            re[i] += a;
            im[i] += b;
        }
    }
}

void kl_spectrum(const double *values, size_t count, double *power)
{
    double re[KL_SPECTRUM_MOST];
    double im[KL_SPECTRUM_MOST];
    assert(count >= 8 && count <= KL_SPECTRUM_MOST && (count & (count - 1)) == 0);
    load(values, count, re, im);
    for (size_t half = 1; half < count; half *= 2) {
        butterflies(re, im, count, half);
    }
    for (size_t i = 0; i < count / 2; i++) {
        power[i] = re[i] * re[i] + im[i] * im[i];
    }
}
