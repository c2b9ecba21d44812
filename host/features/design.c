/* SPDX-License-Identifier: Apache-2.0 */
#include "features/design.h"

#include <math.h>

static const double pi = 3.141592653589793238462643383279502884197169399375105820974944;

double design_window(enum design_window window, int32_t i, int32_t length, bool symmetric)
{
    int32_t period = symmetric ? length - 1 : length;
    double phase = period > 0 ? 2.0 * pi * i / period : pi;
    switch (window) {
    case WINDOW_HANN: return 0.5 - 0.5 * cos(phase);
    case WINDOW_HAMMING: return 0.54 - 0.46 * cos(phase);
    case WINDOW_BLACKMAN: return 0.42 - 0.5 * cos(phase) + 0.08 * cos(2.0 * phase);
    default: return 1.0;
    }
}

/* Slaney's scale: 200/3 Hz to a step up to 1 kHz, which is step 15. */
static const double slaney_step = 200.0 / 3.0, slaney_break = 1000.0;

static double slaney_growth(void)
{
    return log(6.4) / 27.0;
}

double design_mel(enum design_mel scale, double hertz)
{
    if (scale == MEL_HTK) {
        return 2595.0 * log10(1.0 + hertz / 700.0);
    }
    return hertz < slaney_break
               ? hertz / slaney_step
               : slaney_break / slaney_step + log(hertz / slaney_break) / slaney_growth();
}

double design_mel_hertz(enum design_mel scale, double mel)
{
    const double turn = slaney_break / slaney_step;
    if (scale == MEL_HTK) {
        return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
    }
    return mel < turn ? mel * slaney_step : slaney_break * exp((mel - turn) * slaney_growth());
}

/* The weight of a place in a triangle. */
static double triangle(double place, double left, double peak, double right)
{
    double rising = (place - left) / (peak - left), falling = (right - place) / (right - peak);
    double weight = rising < falling ? rising : falling;
    return weight > 0.0 ? weight : 0.0;
}

void design_mel_bank(const struct design_mel_bank *bank, float *weights)
{
    double first = design_mel(bank->scale, bank->low), last = design_mel(bank->scale, bank->high);
    double step = (last - first) / (bank->bands + 1);
    for (int32_t band = 0; band < bank->bands; band++) {
        double corner[3], hertz[3];
        for (int32_t i = 0; i < 3; i++) {
            corner[i] = first + step * (band + i);
            hertz[i] = design_mel_hertz(bank->scale, corner[i]);
        }
        double height = bank->area ? 2.0 / (hertz[2] - hertz[0]) : 1.0;
        const double *side = bank->in_mel ? corner : hertz;
        for (int32_t i = 0; i < bank->bins; i++) {
            double at = i * bank->bin_width;
            at = bank->in_mel ? design_mel(bank->scale, at) : at;
            weights[band * bank->bins + i] =
                (float)(height * triangle(at, side[0], side[1], side[2]));
        }
    }
}

void design_dct(int32_t coefficients, int32_t values, double lifter, float *matrix)
{
    for (int32_t k = 0; k < coefficients; k++) {
        double scale = sqrt((k == 0 ? 1.0 : 2.0) / values);
        scale *= lifter > 0.0 ? 1.0 + lifter / 2.0 * sin(pi * k / lifter) : 1.0;
        for (int32_t n = 0; n < values; n++) {
            matrix[k * values + n] = (float)(scale * cos(pi / values * (n + 0.5) * k));
        }
    }
}
