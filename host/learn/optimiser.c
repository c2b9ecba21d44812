/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/optimiser.h"

#include <math.h>

double kl_schedule_rate(const struct kl_optimiser_options *options, int64_t step,
                        int64_t steps_per_epoch, int64_t epochs)
{
    static const double pi = 3.14159265358979323846;
    double rate = (double)options->rate;
    int64_t warm = options->warmup * steps_per_epoch;
    if (step < warm) {
        return rate * (double)(step + 1) / (double)warm;
    }
    if (options->schedule == KL_RATE_STEP && options->drop > 0) {
        return rate * pow(0.1, (double)(step / steps_per_epoch / options->drop));
    }
    if (options->schedule == KL_RATE_COSINE) {
        double rest = (double)(epochs * steps_per_epoch - warm);
        double done = rest > 0 ? (double)(step - warm) / rest : 0.0;
        return rate * 0.5 * (1 + cos(pi * fmin(done, 1.0)));
    }
    return rate;
}

enum kl_err kl_optimiser_create(struct kl_optimiser *optimiser,
                                const struct kl_optimiser_options *options, int64_t count,
                                struct kl_arena *arena, struct kl_diag *diag)
{
    *optimiser = (struct kl_optimiser){.options = *options, .count = count};
    for (int i = 0; i < 2; i++) {
        optimiser->moment[i] = KL_NEW(arena, float, (size_t)count);
        if (!optimiser->moment[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

/* In lanes that do not wait for each other; their order is fixed, so the result is, too. */
static double norm(const float *values, int64_t count)
{
    double lanes[8] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
        for (int k = 0; k < 8; k++) {
            double value = (double)values[i + k];
            lanes[k] += value * value;
        }
    }
    for (; i < count; i++) {
        lanes[0] += (double)values[i] * (double)values[i];
    }
    for (int k = 0; k < 8; k++) {
        sum += lanes[k];
    }
    return sqrt(sum);
}

/* The numbers of one step. */
struct step {
    float rate, clip, decay, decoupled; /* decay: into the gradient; decoupled: into the step */
    float momentum;
    float correct[2]; /* Adam: 1 / (1 - beta^t) */
};

static void step_sgd(const struct step *s, float *restrict w, const float *restrict g,
                     float *restrict v, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        v[i] = s->momentum * v[i] - s->rate * (s->clip * g[i] + s->decay * w[i]);
        w[i] += v[i];
    }
}

static void step_adam(const struct step *s, float *restrict w, const float *restrict g,
                      float *restrict m, float *restrict v, int64_t count)
{
    const float rate = s->rate, clip = s->clip, decay = s->decay, decoupled = s->decoupled;
    const float first = s->correct[0], second = s->correct[1];
    for (int64_t i = 0; i < count; i++) {
        float gradient = clip * g[i] + decay * w[i];
        m[i] = 0.9f * m[i] + 0.1f * gradient;
        v[i] = 0.999f * v[i] + 0.001f * gradient * gradient;
        float way = first * m[i] / (sqrtf(second * v[i]) + 1e-8f);
        w[i] -= rate * (way + decoupled * w[i]);
    }
}

bool kl_optimiser_step(struct kl_optimiser *optimiser, struct kl_net *net, double rate,
                       int64_t step)
{
    const struct kl_optimiser_options *o = &optimiser->options;
    float *weights = kl_net_weights(net);
    const float *grads = kl_net_grads(net);
    double length = norm(grads, optimiser->count);
    int32_t count;
    const struct kl_net_parameter *parameters = kl_net_parameters(net, &count);
    struct step s = {.rate = (float)rate, .clip = 1.0f, .momentum = o->momentum};
    if (!isfinite(length)) {
        return false;
    }
    if (o->clip > 0 && length > (double)o->clip) {
        s.clip = (float)((double)o->clip / length);
    }
    s.correct[0] = (float)(1.0 / (1.0 - pow(0.9, (double)step + 1)));
    s.correct[1] = (float)(1.0 / (1.0 - pow(0.999, (double)step + 1)));
    for (int32_t i = 0; i < count; i++) {
        int64_t at = parameters[i].offset;
        float decay = parameters[i].decays ? o->weight_decay : 0.0f;
        s.decay = o->kind == KL_ADAMW ? 0.0f : decay;
        s.decoupled = o->kind == KL_ADAMW ? decay : 0.0f;
        if (o->kind == KL_SGD) {
            step_sgd(&s, weights + at, grads + at, optimiser->moment[0] + at, parameters[i].count);
        } else {
            step_adam(&s, weights + at, grads + at, optimiser->moment[0] + at,
                      optimiser->moment[1] + at, parameters[i].count);
        }
    }
    return true;
}
