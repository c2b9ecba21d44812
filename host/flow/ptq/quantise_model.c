/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/quantise_model.h"

#include <math.h>
#include <string.h>

#include "flow/ptq/internal.h"
#include "flow/tensor_values.h"
#include "graph/build.h"

static void quantise_inputs(struct ptq *p, const unsigned char *inputs)
{
    const struct kl_subgraph *floats = p->floats.graph->subgraphs[0];
    const struct kl_subgraph *integers = p->integers.graph->subgraphs[0];
    for (int32_t i = 0; i < floats->input_count; i++) {
        const struct kl_tensor *to = integers->inputs[i];
        if (floats->inputs[i]->dtype == KL_F32) {
            kl_tensor_put_floats(to, p->floats.values[floats->inputs[i]->id],
                                 p->integers.values[to->id]);
        } else {
            memcpy(p->integers.values[to->id], inputs, to->bytes);
        }
        inputs += floats->inputs[i]->bytes;
    }
}

enum kl_err ptq_run(struct ptq *p, const unsigned char *sets, int64_t item, struct kl_diag *diag)
{
    const unsigned char *inputs = sets + (size_t)item * p->input_bytes;
    KL_TRY(kl_layers_run(&p->floats, inputs, diag));
    quantise_inputs(p, inputs);
    return kl_layers_run_all(&p->integers, diag);
}

static enum kl_err observe(const struct ptq *p, struct kl_histogram **histograms,
                           struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = p->floats.graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = subgraph->tensors[i];
        if (tensor->dtype == KL_F32 && !tensor->data &&
            !kl_histogram_add(histograms[i], p->floats.values[i],
                              kl_shape_elements(&tensor->shape))) {
            return kl_fail(diag, KL_EINPUT,
                           "tensor '%.60s' has values that are no finite numbers with these inputs",
                           tensor->name);
        }
    }
    return KL_OK;
}

static enum kl_err calibrate(struct ptq *p, struct kl_range *ranges, struct kl_diag *diag)
{
    int32_t count = p->floats.graph->subgraphs[0]->tensor_count;
    const struct kl_ptq_options *o = p->options;
    struct kl_histogram **histograms = KL_NEW(p->arena, struct kl_histogram *, (size_t)count + 1);
    for (int32_t i = 0; histograms && i < count; i++) {
        histograms[i] = KL_NEW(p->arena, struct kl_histogram, 1);
        if (!histograms[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    if (!histograms) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int64_t item = 0; item < o->items; item++) {
        KL_TRY(kl_layers_run(&p->floats, o->inputs + (size_t)item * p->input_bytes, diag));
        KL_TRY(observe(p, histograms, diag));
    }
    for (int32_t i = 0; i < count; i++) {
        ranges[i] = kl_histogram_range(histograms[i], o->method, o->percentile, o->wide);
    }
    if (o->input_range.high > o->input_range.low) {
        ranges[p->floats.graph->subgraphs[0]->inputs[0]->id] = o->input_range;
    }
    return KL_OK;
}

/* Mark the operators that no kernel computes as integers; *again when there were any. */
static enum kl_err keep_refused(struct ptq *p, struct kl_graph *graph, const char **keep,
                                bool *again, struct kl_diag *diag)
{
    struct kl_plan_issue *issues;
    int32_t count;
    *again = false;
    KL_TRY(kl_plan_issues(graph, p->arena, &issues, &count, diag));
    for (int32_t i = 0; i < count; i++) {
        int32_t before = p->quantised.before[issues[i].op->position];
        if (before < 0 || keep[before]) {
            return kl_fail(diag, issues[i].err, "%.800s", issues[i].message);
        }
        keep[before] = issues[i].message;
        *again = true;
    }
    return KL_OK;
}

static enum kl_err quantise(struct ptq *p, const struct kl_range *ranges, struct kl_graph **graph,
                            struct kl_diag *diag)
{
    const struct kl_ptq_options *o = p->options;
    const char **keep = KL_NEW(p->arena, const char *, (size_t)p->floats.count + 1);
    bool again = true;
    if (!keep) {
        return KL_FAIL_MEMORY(diag);
    }
    struct kl_quantise_options options = {.ranges = ranges,
                                          .keep = keep,
                                          .wide = o->wide,
                                          .float_io = o->float_io,
                                          .dense_channels = o->dense_channels};
    while (again) {
        *graph = kl_graph_copy(p->floats.graph);
        if (!*graph) {
            return KL_FAIL_MEMORY(diag);
        }
        KL_TRY(kl_quantise(*graph, &options, &p->quantised, diag));
        KL_TRY(keep_refused(p, *graph, keep, &again, diag));
        if (!again && o->like && !options.scales) {
            KL_TRY(ptq_like(p, *graph, &options, diag));
            again = true;
        }
    }
    return KL_OK;
}

static enum kl_err list_stay(const struct ptq *p, struct kl_ptq_report *report,
                             struct kl_diag *diag)
{
    const char **list = KL_NEW(p->arena, const char *, (size_t)p->floats.count + 1);
    if (!list) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < p->floats.count; i++) {
        if (p->quantised.stay[i]) {
            const char *why =
                kl_arena_printf(p->arena, "operator %d (%s): %s", i,
                                kl_op_name(p->floats.layers[i].op), p->quantised.stay[i]);
            if (!why) {
                return KL_FAIL_MEMORY(diag);
            }
            list[report->stay_count++] = why;
        }
    }
    report->stay = list;
    return KL_OK;
}

enum kl_err kl_quantise_model(struct kl_model_job *job, const struct kl_ptq_options *options,
                              struct kl_ptq_report *report, struct kl_diag *diag)
{
    struct kl_ptq_options own = *options;
    struct ptq p = {.options = &own, .arena = job->arena};
    if (own.like) {
        ptq_like_options(&own);
    }
    *report = (struct kl_ptq_report){0};
    KL_TRY(kl_optimise_portable(job->graph, diag));
    if (options->equalise) {
        KL_TRY(kl_equalise(job->graph, &report->pairs, diag));
    }
    const struct kl_subgraph *subgraph = job->graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        p.input_bytes += subgraph->inputs[i]->bytes;
    }
    struct kl_range *ranges = KL_NEW(p.arena, struct kl_range, (size_t)subgraph->tensor_count + 1);
    if (!ranges) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_layers_create(job->graph, p.arena, &p.floats, diag));
    KL_TRY(calibrate(&p, ranges, diag));
    KL_TRY(quantise(&p, ranges, &report->graph, diag));
    if (p.quantised.integer_ops == 0) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "nothing to quantise: no operator of float32 has an integer form");
    }
    KL_TRY(kl_layers_create(report->graph, p.arena, &p.integers, diag));
    KL_TRY(ptq_improve(&p, diag));
    KL_TRY(ptq_compare(&p, report, diag));
    KL_TRY(ptq_test(&p, report, diag));
    report->improved = p.improved;
    report->kept = p.kept;
    report->kept_count = p.kept_count;
    report->integer_ops = p.quantised.integer_ops;
    report->cut_off = p.quantised.cut_off;
    return list_stay(&p, report, diag);
}

struct kl_ptq_layer kl_ptq_worst_output(const struct kl_ptq_report *report)
{
    struct kl_ptq_layer worst = {.sqnr = NAN, .difference = NAN};
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        if (l->is_output) {
            worst.sqnr = fmin(worst.sqnr, l->sqnr);
            worst.difference = fmax(worst.difference, l->difference);
        }
    }
    return worst;
}

const struct kl_ptq_layer *kl_ptq_weakest(const struct kl_ptq_report *report)
{
    const struct kl_ptq_layer *found = NULL;
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *l = &report->layers[i];
        if (isfinite(l->sqnr_alone) && (!found || l->sqnr_alone < found->sqnr_alone)) {
            found = l;
        }
    }
    return found;
}

const char *kl_ptq_advice(const struct kl_ptq_options *o, const struct kl_ptq_layer *layer)
{
    bool has_weights = strstr(layer->op, "CONV") || strstr(layer->op, "FULLY_CONNECTED");
    if (has_weights && !o->equalise) {
        return "--equalise";
    }
    if (has_weights && !o->adaround) {
        return "--adaround";
    }
    if (o->method == KL_CALIBRATE_MINMAX) {
        return "--method mse or percentile";
    }
    return o->wide ? "leaving it float" : "--int16";
}
