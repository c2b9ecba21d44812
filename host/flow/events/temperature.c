/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/temperature.h"

#include <math.h>

/* Sums that still are those of probabilities, after quantisation of many classes. */
static const double sum_tolerance = 0.1;

static const double temperature_low = 0.05, temperature_high = 20;

/* Logits, and labels. */
struct fit {
    const double *logits; /* [count][classes] */
    const int32_t *labels;
    int64_t count;
    int32_t classes;
};

static bool are_probabilities(const float *outputs, int64_t count, int32_t classes)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int32_t c = 0; c < classes; c++) {
            double value = (double)outputs[i * classes + c];
            if (!(value >= 0 && value <= 1.001)) {
                return false;
            }
            sum += value;
        }
        if (fabs(sum - 1) > sum_tolerance) {
            return false;
        }
    }
    return true;
}

/* log(sum of exp(x / temperature)) over the classes, and the largest of them. */
static double log_sum(const double *logits, int32_t classes, double temperature, int32_t *best)
{
    double sum = 0;
    *best = 0;
    for (int32_t c = 1; c < classes; c++) {
        *best = logits[c] > logits[*best] ? c : *best;
    }
    for (int32_t c = 0; c < classes; c++) {
        sum += exp((logits[c] - logits[*best]) / temperature);
    }
    return logits[*best] / temperature + log(sum);
}

static double likelihood(const struct fit *fit, double temperature)
{
    double sum = 0;
    for (int64_t i = 0; i < fit->count; i++) {
        int32_t best;
        const double *logits = fit->logits + i * fit->classes;
        sum += log_sum(logits, fit->classes, temperature, &best) -
               logits[fit->labels[i]] / temperature;
    }
    return sum / (double)fit->count;
}

static void fill_bins(const struct fit *fit, double temperature, struct kl_reliability *out)
{
    *out = (struct kl_reliability){.nll = likelihood(fit, temperature)};
    for (int64_t i = 0; i < fit->count; i++) {
        int32_t best;
        const double *logits = fit->logits + i * fit->classes;
        double sum = log_sum(logits, fit->classes, temperature, &best);
        double confidence = exp(logits[best] / temperature - sum);
        int bin = (int)(confidence * KL_RELIABILITY_BINS);
        struct kl_reliability_bin *b =
            &out->bins[bin < KL_RELIABILITY_BINS ? bin : KL_RELIABILITY_BINS - 1];
        b->count++;
        b->confidence += confidence;
        b->accuracy += best == fit->labels[i];
    }
    for (int b = 0; b < KL_RELIABILITY_BINS; b++) {
        struct kl_reliability_bin *bin = &out->bins[b];
        if (bin->count > 0) {
            out->ece += fabs(bin->confidence - bin->accuracy) / (double)fit->count;
            bin->confidence /= (double)bin->count;
            bin->accuracy /= (double)bin->count;
        }
    }
}

/* The least likelihood over the logarithm of the temperature, by golden sections: it is convex in
 * 1/temperature, so it has one valley. */
static double find_temperature(const struct fit *fit)
{
    enum { TURNS = 48 };
    const double ratio = 0.6180339887498949;
    double low = log(temperature_low), high = log(temperature_high);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = likelihood(fit, exp(a)), at_b = likelihood(fit, exp(b));
    for (int i = 0; i < TURNS; i++) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - ratio * (high - low);
            at_a = likelihood(fit, exp(a));
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + ratio * (high - low);
            at_b = likelihood(fit, exp(b));
        }
    }
    return exp((low + high) / 2);
}

enum kl_err kl_temperature_fit(const float *outputs, const int32_t *labels, int64_t count,
                               int32_t classes, double floor, struct kl_arena *arena,
                               struct kl_temperature *calibration, struct kl_diag *diag)
{
    size_t values = (size_t)count * (size_t)classes;
    double *logits = KL_NEW(arena, double, values);
    if (!logits) {
        return KL_FAIL_MEMORY(diag);
    }
    *calibration = (struct kl_temperature){.count = count};
    calibration->logits = !are_probabilities(outputs, count, classes);
    for (size_t i = 0; i < values; i++) {
        double value = (double)outputs[i];
        logits[i] = calibration->logits ? value : log(fmax(value, floor));
        if (!isfinite(logits[i])) {
            return kl_fail(diag, KL_EINPUT,
                           "the model's outputs are not finite numbers; retrain it");
        }
    }
    const struct fit fit = {logits, labels, count, classes};
    double t = calibration->temperature = find_temperature(&fit);
    calibration->limited = t < temperature_low * 1.01 || t > temperature_high / 1.01;
    fill_bins(&fit, 1, &calibration->before);
    fill_bins(&fit, t, &calibration->after);
    return KL_OK;
}
