/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples that a model was published with, by the engine on the host. Their outputs do not
 * come from TFLM, so the table below says for each model how far TFLM's are from them.
 */
#include <math.h>
#include <string.h>

#include "place.h"
#include "run_model.h"

enum encoding {
    AS_IS,  /* the model's own input */
    REAL,   /* float32, to be quantised */
    PIXELS, /* uint8; the model takes value - 128 */
};

/* One input and one output per sample. The outputs are float32; those of int8 models are the
 * dequantised int8 outputs. */
static const struct published {
    const char *name;
    enum encoding input;
    int32_t samples;
    double tolerance; /* LSB of an int8 output; absolute for a float output */
    bool classifies;  /* the largest output must be the same one */
} published[] = {
    {"aww_tum", REAL, 10, 9.0, true},           {"magic_wand_tum", AS_IS, 2, 1e-6, true},
    {"mlperf_ad01_int8", REAL, 10, 3.0, false}, {"mlperf_ic_int8", PIXELS, 10, 32.0, true},
    {"mlperf_vww_int8", REAL, 10, 3.0, true},   {"person_detect", AS_IS, 2, 0.0, true},
};

static const struct published *find_published(const char *name)
{
    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        if (strcmp(published[i].name, name) == 0) {
            return &published[i];
        }
    }
    return NULL;
}

static float read_float(struct kl_bytes bytes, size_t index)
{
    float value;
    memcpy(&value, bytes.data + index * sizeof(value), sizeof(value));
    return value;
}

/* round(value / scale) + zero_point, halves away from zero, cut to int8: TFLM's QUANTIZE. */
static unsigned char quantise(float value, const struct kl_quant *quant)
{
    float q = roundf(value / quant->scale[0]) + (float)quant->zero_point[0];
    return (unsigned char)(int8_t)fminf(127.0f, fmaxf(-128.0f, q));
}

/* The sample's input as the model takes it, in memory of the trial. */
static enum kl_err convert_input(const struct trial *trial, enum encoding encoding,
                                 struct kl_bytes raw, struct kl_bytes *input, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = trial->job->plan->inputs[0].tensor;
    size_t element = encoding == REAL ? sizeof(float) : 1;
    if (raw.size != tensor->bytes * element || (encoding != AS_IS && tensor->dtype != KL_S8)) {
        return kl_fail(diag, KL_EINPUT, "the published input does not have the model's shape");
    }
    *input = raw;
    if (encoding == AS_IS) {
        return KL_OK;
    }
    unsigned char *values = KL_NEW(trial->arena, unsigned char, tensor->bytes);
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < tensor->bytes; i++) {
        values[i] = encoding == REAL ? quantise(read_float(raw, i), &tensor->quant)
                                     : (unsigned char)(raw.data[i] ^ 0x80u);
    }
    *input = (struct kl_bytes){values, tensor->bytes};
    return KL_OK;
}

/* Element of the model's output as a real number. */
static float real_output(const struct kl_tensor *tensor, struct kl_bytes output, size_t index)
{
    if (tensor->dtype == KL_F32) {
        return read_float(output, index);
    }
    return tensor->quant.scale[0] *
           (float)((int8_t)output.data[index] - tensor->quant.zero_point[0]);
}

static void different(struct verdict *verdict, const struct sample *sample, const char *what,
                      double actual, double expected)
{
    verdict->exact = false;
    if (verdict->result == RESULT_PASSED) {
        verdict->result = RESULT_DIFFERENT;
        explain(verdict, "sample %s: %s is %g, published is %g", sample->label, what, actual,
                expected);
    }
}

static void judge(const struct published *rule, const struct kl_tensor *tensor,
                  const struct sample *sample, struct kl_bytes output, struct verdict *verdict)
{
    size_t best = 0, best_expected = 0;
    for (size_t i = 0; i < sample->output[0].size / sizeof(float); i++) {
        float expected = read_float(sample->output[0], i), actual = real_output(tensor, output, i);
        double error = fabs((double)expected - (double)actual);
        if (tensor->dtype == KL_S8) {
            error = round(error / (double)tensor->quant.scale[0]);
        }
        verdict->exact = verdict->exact && error <= 0.0;
        verdict->worst = fmax(verdict->worst, error);
        if (!(error <= rule->tolerance)) { /* also NaN */
            different(verdict, sample, "an output", (double)actual, (double)expected);
        }
        best = actual > real_output(tensor, output, best) ? i : best;
        best_expected = expected > read_float(sample->output[0], best_expected) ? i : best_expected;
    }
    if (rule->classifies && best != best_expected) {
        different(verdict, sample, "the class", (double)best, (double)best_expected);
    }
    verdict->samples++;
}

static enum kl_err run_sample(const struct trial *trial, const struct published *rule,
                              const struct sample *sample, struct verdict *verdict,
                              struct kl_diag *diag)
{
    const struct kl_tensor *tensor = trial->job->plan->outputs[0].tensor;
    size_t element = tensor->dtype == KL_F32 ? 1 : sizeof(float);
    struct kl_bytes input, outputs[MAX_MODEL_IO];
    int32_t output_count = 0;
    KL_TRY(convert_input(trial, rule->input, sample->input[0], &input, diag));
    KL_TRY(run_job(trial->job, &input, 1, trial->arena, outputs, &output_count, diag));
    if (output_count != 1 || (tensor->dtype != KL_F32 && tensor->dtype != KL_S8) ||
        sample->output[0].size != outputs[0].size * element) {
        return kl_fail(diag, KL_EINPUT, "the published output does not have the model's shape");
    }
    judge(rule, tensor, sample, outputs[0], verdict);
    return KL_OK;
}

void place_published(const struct trial *trial, struct verdict *verdict)
{
    const struct published *rule = find_published(trial->model->name);
    struct sample samples[MAX_SAMPLES];
    struct kl_diag diag = {0};
    int32_t count = 0;
    verdict->unit = trial->job->plan->outputs[0].tensor->dtype == KL_S8 ? UNIT_LSB : UNIT_ONE;
    if (!rule) {
        verdict->result = RESULT_NOTHING;
        return;
    }
    enum kl_err err = read_sample_kind(trial->models, trial->model->name, "orig.", trial->arena,
                                       samples, &count, &diag);
    for (int32_t i = 0; err == KL_OK && i < count; i++) {
        err = run_sample(trial, rule, &samples[i], verdict, &diag);
    }
    if (err != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
    } else if (count != rule->samples) {
        fail_trial(verdict, "%d published samples instead of %d", (int)count, (int)rule->samples);
    }
}
