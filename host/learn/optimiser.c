/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/optimiser.h"

#include <math.h>

#include "learn/optimiser_loops.h"

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

bool kl_optimiser_step(struct kl_optimiser *optimiser, struct kl_net *net, double rate,
                       int64_t step)
{
    const struct kl_optimiser_options *o = &optimiser->options;
    float *weights = kl_net_weights(net);
    const float *grads = kl_net_grads(net);
    const struct optimiser_loops *loops = optimiser_loops();
    double length = sqrt(loops->squares(grads, optimiser->count));
    int32_t count;
    const struct kl_net_parameter *parameters = kl_net_parameters(net, &count);
    struct optimiser_step s = {.rate = (float)rate, .clip = 1.0f, .momentum = o->momentum};
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
            loops->sgd(&s, weights + at, grads + at, optimiser->moment[0] + at,
                       parameters[i].count);
        } else {
            loops->adam(&s, weights + at, grads + at, optimiser->moment[0] + at,
                        optimiser->moment[1] + at, parameters[i].count);
        }
    }
    return true;
}
