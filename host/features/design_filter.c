/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Butterworth filters. The poles of the prototype lie on a circle; a low-pass scales them, a
 * high-pass takes their inverse, a band-pass makes two of each. Each pair of conjugate poles, or of
 * real ones, is a section. The gain of each section is 1 where the filter passes: at 0, at half the
 * rate, or in the middle of the band.
 */
#include <complex.h>
#include <math.h>

#include "features/design.h"

static const double pi = 3.141592653589793238462643383279502884197169399375105820974944;

/* z = (1 + s) / (1 - s) */
static double complex bilinear(double complex s)
{
    return (1.0 + s) / (1.0 - s);
}

/* The section with these poles (in z) and zeros, with gain 1 at the point `pass` of the circle. */
static void put_section(float *section, double complex p, double complex q, const double zeros[3],
                        double complex pass)
{
    double a1 = -creal(p + q), a2 = creal(p * q);
    double complex z1 = 1.0 / pass, z2 = z1 * z1;
    double gain = cabs(zeros[0] + zeros[1] * z1 + zeros[2] * z2) / cabs(1.0 + a1 * z1 + a2 * z2);
    for (int32_t i = 0; i < 3; i++) {
        section[i] = (float)(zeros[i] / gain);
    }
    section[3] = (float)a1;
    section[4] = (float)a2;
}

/* Pole k of the upper half of the prototype's circle; the last one of an odd order is -1. */
static double complex prototype_pole(int32_t order, int32_t k)
{
    double angle = pi * (2 * k + 1 + order) / (2.0 * order);
    return 2 * k + 1 == order ? -1.0 : cexp(I * angle);
}

/* Low-pass and high-pass. */
static int32_t simple_sections(const struct design_butterworth *d, float *sections)
{
    bool low = d->filter == FILTER_LOWPASS;
    double cut = tan(pi * (low ? d->high : d->low));
    double sign = low ? 1.0 : -1.0;
    const double pair[3] = {1.0, sign * 2.0, 1.0}, single[3] = {1.0, sign, 0.0};
    int32_t count = 0;
    for (int32_t k = 0; k < (d->order + 1) / 2; k++, count++) {
        double complex p = prototype_pole(d->order, k);
        bool real = 2 * k + 1 == d->order;
        double complex z = bilinear(low ? p * cut : cut / p);
        put_section(sections + 5 * count, z, real ? 0.0 : conj(z), real ? single : pair, sign);
    }
    return count;
}

/* Each pole p becomes the two roots of s^2 - p w s + m^2, w the width and m the middle. */
static int32_t band_sections(const struct design_butterworth *d, float *sections)
{
    double low = tan(pi * d->low), high = tan(pi * d->high);
    double width = high - low, middle = sqrt(low * high);
    const double zeros[3] = {1.0, 0.0, -1.0};
    double complex pass = bilinear(I * middle);
    int32_t count = 0;
    for (int32_t k = 0; k < (d->order + 1) / 2; k++) {
        double complex half = prototype_pole(d->order, k) * width / 2.0;
        double complex root = csqrt(half * half - middle * middle);
        double complex first = bilinear(half + root), second = bilinear(half - root);
        if (2 * k + 1 == d->order) { /* its roots belong to each other */
            put_section(sections + 5 * count++, first, second, zeros, pass);
        } else {
            put_section(sections + 5 * count++, first, conj(first), zeros, pass);
            put_section(sections + 5 * count++, second, conj(second), zeros, pass);
        }
    }
    return count;
}

int32_t design_butterworth(const struct design_butterworth *design, float *sections)
{
    return design->filter == FILTER_BANDPASS ? band_sections(design, sections)
                                             : simple_sections(design, sections);
}
