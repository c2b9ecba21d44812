/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "place.h"

const char *trial_path(const struct trial *trial, const char *name)
{
    const char *path = kl_arena_printf(trial->arena, "%s/%s", trial->folder, name);
    return path ? path : "/dev/null/out-of-memory";
}

static void explain_list(struct verdict *verdict, const char *format, va_list args)
{
    vsnprintf(verdict->text, sizeof(verdict->text), format, args);
}

void explain(struct verdict *verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    explain_list(verdict, format, args);
    va_end(args);
}

void fail_trial(struct verdict *verdict, const char *format, ...)
{
    va_list args;
    verdict->result = RESULT_FAILED;
    va_start(args, format);
    explain_list(verdict, format, args);
    va_end(args);
}

static void different(struct verdict *verdict, const struct sample *sample, int32_t output,
                      size_t at)
{
    verdict->exact = false;
    if (verdict->result == RESULT_PASSED) {
        verdict->result = RESULT_DIFFERENT;
        snprintf(verdict->text, sizeof(verdict->text),
                 "sample %s, output %d: first difference at byte %zu", sample->label, (int)output,
                 at);
    }
}

/* Number of leading bytes that agree. */
static size_t common(struct kl_bytes a, struct kl_bytes b)
{
    size_t i = 0, size = a.size < b.size ? a.size : b.size;
    while (i < size && a.data[i] == b.data[i]) {
        i++;
    }
    return i;
}

static void judge_floats(const struct trial *trial, const struct sample *sample, int32_t output,
                         struct kl_bytes expected, struct kl_bytes actual, struct verdict *verdict)
{
    for (size_t at = 0; at + sizeof(float) <= expected.size; at += sizeof(float)) {
        float e, a;
        memcpy(&e, expected.data + at, sizeof(e));
        memcpy(&a, actual.data + at, sizeof(a));
        double error = fabs((double)e - (double)a) / fmax(1.0, fabs((double)e));
        verdict->worst = error > verdict->worst ? error : verdict->worst;
        if (!(error <= (double)trial->model->tolerance)) { /* also NaN */
            different(verdict, sample, output, at);
        }
    }
}

void judge_sample(const struct trial *trial, const struct sample *sample,
                  const struct kl_bytes *outputs, struct verdict *verdict)
{
    for (int32_t i = 0; i < sample->output_count; i++) {
        size_t same = common(sample->output[i], outputs[i]);
        if (same == sample->output[i].size && same == outputs[i].size) {
            continue;
        }
        verdict->exact = false;
        if (trial->model->tolerance > 0.0f && sample->output[i].size == outputs[i].size) {
            judge_floats(trial, sample, i, sample->output[i], outputs[i], verdict);
        } else {
            different(verdict, sample, i, same);
        }
    }
    verdict->samples++;
}

void judge_same_bits(const struct trial *trial, int32_t sample, const struct kl_bytes *outputs,
                     struct verdict *verdict)
{
    for (int32_t i = 0; i < trial->samples[sample].output_count; i++) {
        struct kl_bytes own = trial->own[sample][i];
        size_t same = common(own, outputs[i]);
        if (same != own.size || same != outputs[i].size) {
            different(verdict, &trial->samples[sample], i, same);
        }
    }
    judge_sample(trial, &trial->samples[sample], outputs, verdict);
}
