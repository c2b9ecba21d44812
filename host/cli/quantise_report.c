/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quantise_report.h"

#include <math.h>
#include <stdio.h>

#include "cli/commands.h"

enum { GOOD_DECIBELS = 20 };

static json_t *layers_json(const struct kl_ptq_report *report)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:b}", "op", l->op,
                                        "tensor", l->tensor, "sqnr", kl_json_number(l->sqnr),
                                        "sqnr_alone", kl_json_number(l->sqnr_alone), "difference",
                                        kl_json_number(l->difference), "scale",
                                        kl_json_number((double)l->scale.scale), "zero_point",
                                        l->scale.zero_point, "output", l->is_output));
    }
    return list;
}

static json_t *texts_json(const char *const *texts, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(texts[i]));
    }
    return list;
}

static void print_layers(const struct kl_ptq_report *report)
{
    printf("%-24s %8s %8s %11s  %s\n", "operator", "SQNR dB", "alone dB", "difference", "tensor");
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        printf("%-24.24s %8.1f %8.1f %11.4g  %.60s\n", l->op, l->sqnr, l->sqnr_alone, l->difference,
               l->tensor);
    }
}

static void print_outputs(const struct kl_quantise_outcome *o)
{
    struct kl_ptq_layer output = kl_ptq_worst_output(o->report);
    if (isnan(output.difference)) {
        printf("outputs: nothing was compared, since none is of integers\n");
    } else if (isfinite(output.sqnr)) {
        printf("outputs: signal to quantisation noise %.1f dB, largest difference %.4g, over %lld "
               "%s\n",
               output.sqnr, output.difference, (long long)o->compared, o->compared_on);
    } else {
        printf("outputs: largest difference %.4g, over %lld %s; there is no %s\n",
               output.difference, (long long)o->compared, o->compared_on,
               isnan(output.sqnr) ? "signal" : "noise");
    }
}

static void print_accuracy(const struct kl_pair *a)
{
    printf("accuracy on %lld test examples: floats %.2f %%, integers %.2f %%; difference %.2f "
           "points (95 %%: %.2f to %.2f)\n",
           (long long)a->count, 100.0 * (double)a->first / (double)a->count,
           100.0 * (double)a->second / (double)a->count, 100 * a->difference, 100 * a->low,
           100 * a->high);
}

void kl_quantise_print(const struct kl_quantise_outcome *o, bool layers)
{
    char bytes[KL_NUMBER_BYTES];
    const struct kl_ptq_report *report = o->report;
    const struct kl_ptq_layer *weak = kl_ptq_weakest(report);
    if (layers) {
        print_layers(report);
    }
    printf("%s: %s bytes, %d operators in integers\n", o->path,
           kl_grouped((long long)o->file.size, bytes), report->integer_ops);
    for (int32_t i = 0; i < report->stay_count; i++) {
        printf("stays float: %s\n", report->stay[i]);
    }
    for (int32_t i = 0; i < report->kept_count; i++) {
        printf("rounded to nearest: %s\n", report->kept[i]);
    }
    print_outputs(o);
    if (report->accuracy.count > 0) {
        print_accuracy(&report->accuracy);
        if (o->cautions[0]) {
            printf("caution: %s\n", o->cautions);
        }
    }
    if (weak && weak->sqnr_alone < GOOD_DECIBELS) {
        printf("most is lost in %s '%.60s' (%.1f dB alone); try %s\n", weak->op, weak->tensor,
               weak->sqnr_alone, kl_ptq_advice(o->options, weak));
    }
}

static void put_accuracy(const struct kl_pair *a, struct kl_result *result)
{
    double n = (double)a->count;
    kl_result_count(result, "test.items", (long long)a->count, "1", KL_COUNTED);
    kl_result_metric(result, "accuracy.float", json_real((double)a->first / n), "1", KL_COUNTED);
    kl_result_metric(result, "accuracy", json_real((double)a->second / n), "1", KL_COUNTED);
    kl_result_metric(result, "accuracy.difference", json_real(a->difference), "1", KL_COUNTED);
    kl_result_metric(result, "accuracy.difference_low", json_real(a->low), "1", KL_COUNTED);
    kl_result_metric(result, "accuracy.difference_high", json_real(a->high), "1", KL_COUNTED);
}

void kl_quantise_result(const struct kl_quantise_outcome *o, struct kl_result *result)
{
    const struct kl_ptq_report *report = o->report;
    struct kl_ptq_layer output = kl_ptq_worst_output(report);
    char sha256[KL_SHA256_HEX_BYTES];
    kl_sha256_hex(o->file.data, o->file.size, sha256);
    kl_result_count(result, "file.bytes", (long long)o->file.size, "bytes", KL_COUNTED);
    kl_result_count(result, "calibration.items", (long long)o->options->items, "1", KL_COUNTED);
    kl_result_count(result, "operators.integer", report->integer_ops, "1", KL_COUNTED);
    kl_result_count(result, "operators.float", report->stay_count, "1", KL_COUNTED);
    kl_result_count(result, "pairs.equalised", report->pairs, "1", KL_COUNTED);
    kl_result_count(result, "layers.improved", report->improved, "1", KL_COUNTED);
    kl_result_count(result, "layers.not_improved", report->kept_count, "1", KL_COUNTED);
    kl_result_metric(result, "output.sqnr", kl_json_number(output.sqnr), "1", KL_COUNTED);
    kl_result_metric(result, "output.difference", kl_json_number(output.difference), "1",
                     KL_COUNTED);
    kl_result_count(result, "compared.items", (long long)o->compared, "1", KL_COUNTED);
    if (report->accuracy.count > 0) {
        put_accuracy(&report->accuracy, result);
    }
    kl_result_detail(result, "output", json_pack("{s:s, s:s}", "path", o->path, "sha256", sha256));
    kl_result_detail(result, "cautions", json_string(o->cautions));
    kl_result_detail(result, "compared_on", json_string(o->compared_on));
    kl_result_detail(result, "layers", layers_json(report));
    kl_result_detail(result, "stay_float", texts_json(report->stay, report->stay_count));
    kl_result_detail(result, "not_improved", texts_json(report->kept, report->kept_count));
}
