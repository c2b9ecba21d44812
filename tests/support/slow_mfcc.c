/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_mfcc.h"

#include <math.h>
#include <stdlib.h>

#include "model.h"
#include "slow_features.h"

/* Mel of Hz. Slaney: 13 filters spaced 200/3 Hz from 400/3 Hz, then each 1.0711703 times higher. */
static double to_mel(const struct slow_mfcc *m, double hertz)
{
    if (!m->slaney) {
        return 1127.01048 * log(1.0 + hertz / 700.0);
    }
    return hertz <= 1000.0 ? 3.0 * hertz / 200.0 : 15.0 + 27.0 * log(hertz / 1000.0) / log(6.4);
}

/* The frequency of a mel value, by bisection. */
static double to_hertz(const struct slow_mfcc *m, double mel)
{
    double low = 0.0, high = m->rate;
    for (int32_t i = 0; i < 200; i++) {
        double middle = (low + high) / 2.0;
        if (to_mel(m, middle) < mel) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2.0;
}

/* Height of the triangle over left, peak, right at a frequency. */
static double height(const double corner[3], double at)
{
    if (at <= corner[0] || at >= corner[2]) {
        return 0.0;
    }
    return at <= corner[1] ? (at - corner[0]) / (corner[1] - corner[0])
                           : (corner[2] - at) / (corner[2] - corner[1]);
}

static double band(const struct slow_mfcc *m, const double *power, int32_t index)
{
    double low = to_mel(m, m->low), high = to_mel(m, m->high), corner[3], sum = 0.0;
    for (int32_t i = 0; i < 3; i++) {
        corner[i] = to_hertz(m, low + (high - low) * (index + i) / (m->bands + 1));
    }
    for (int32_t k = 0; k <= m->fft_length / 2; k++) {
        sum += power[k] * height(corner, k * m->rate / m->fft_length);
    }
    return m->slaney ? sum * 2.0 / (corner[2] - corner[0]) : sum;
}

void slow_mfcc(const struct slow_mfcc *m, const int16_t *signal, int32_t frame, double *y)
{
    const double pi = acos(-1.0);
    enum { MAX_LENGTH = 2048, MAX_BANDS = 128 };
    double x[MAX_LENGTH], spectrum[MAX_LENGTH + 2], power[MAX_LENGTH / 2 + 1], logs[MAX_BANDS];
    if (m->fft_length > MAX_LENGTH || m->bands > MAX_BANDS) {
        kt_die("too long for the slow definition");
    }
    for (int32_t i = 0; i < m->length; i++) {
        double hann = 0.5 * (1.0 - cos(2.0 * pi * i / m->length));
        x[i] = signal[frame * m->hop + i] / 32768.0 * hann;
    }
    slow_dft(x, m->length, m->fft_length, spectrum);
    for (int32_t k = 0; k <= m->fft_length / 2; k++) {
        power[k] = spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
    }
    for (int32_t i = 0; i < m->bands; i++) {
        double sum = fmax(band(m, power, i), m->floor);
        logs[i] = m->slaney ? 10.0 * log10(sum) : log(sum);
        if (m->coefficients == 0) {
            y[i] = logs[i];
        }
    }
    for (int32_t k = 0; k < m->coefficients; k++) {
        y[k] = 0.0;
        for (int32_t n = 0; n < m->bands; n++) {
            y[k] += logs[n] * cos(pi * k * (2 * n + 1) / (2.0 * m->bands));
        }
        y[k] *= k == 0 ? sqrt(1.0 / m->bands) : sqrt(2.0 / m->bands);
    }
}
