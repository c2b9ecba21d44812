/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/model_options.h"
#include "graph/const_params.h"

struct inspect_options {
    struct kl_common common;
    struct kl_model_options model;
    const char *dump_after;
    bool tensors;
    bool map;
};

static size_t constant_bytes(const struct kl_graph *graph)
{
    size_t bytes = 0;
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[s];
        for (int32_t i = 0; i < subgraph->tensor_count; i++) {
            bytes += subgraph->tensors[i]->data ? subgraph->tensors[i]->bytes : 0;
        }
    }
    return bytes;
}

static int64_t total_macs(const struct kl_subgraph *subgraph)
{
    int64_t macs = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        macs = kl_macs_sum(macs, kl_op_macs(subgraph->ops[i]));
    }
    return macs;
}

static void quant_text(const struct kl_tensor *t, char text[64])
{
    if (t->quant.count == 0) {
        snprintf(text, 64, "-");
    } else if (t->quant.count == 1) {
        snprintf(text, 64, "%.6g, %d", (double)t->quant.scale[0], t->quant.zero_point[0]);
    } else {
        snprintf(text, 64, "%d scales", t->quant.count);
    }
}

/* Names of values or columns, as many as a line takes. */
static void print_labels(const struct kl_labels *labels)
{
    enum { MOST_SHOWN = 12 };
    printf("            names: ");
    for (int32_t i = 0; i < labels->count && i < MOST_SHOWN; i++) {
        printf("%s%s", i ? ", " : "", labels->names[i]);
    }
    printf("%s\n", labels->count > MOST_SHOWN ? ", ..." : "");
}

static void print_io(const char *role, struct kl_tensor *const *tensors, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        char shape[KL_SHAPE_TEXT_BYTES];
        char quant[64];
        quant_text(tensors[i], quant);
        printf("  %-6s %d  %s%s  %s  %s\n", role, i, kl_dtype_name(tensors[i]->dtype),
               kl_shape_text(&tensors[i]->shape, shape), quant, tensors[i]->name);
        if (tensors[i]->labels) {
            print_labels(tensors[i]->labels);
        }
    }
}

/* One line of a table, without the blanks that empty columns leave at its end. */
__attribute__((format(printf, 1, 2))) static void print_row(const char *format, ...)
{
    char row[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(row, sizeof row, format, args);
    va_end(args);
    length = length < (int)sizeof row ? length : (int)sizeof row - 1;
    while (length > 0 && row[length - 1] == ' ') {
        length--;
    }
    printf("%.*s\n", length, row);
}

/* Operators are called by the start of a long name; tensors by the end, which says more. */
enum { OPERATOR_COLUMNS = 44, TENSOR_COLUMNS = 40, NAME_BYTES = 48 };

static int operator_columns(const struct kl_subgraph *subgraph)
{
    size_t columns = 24;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        size_t length = strlen(kl_op_name(subgraph->ops[i]));
        columns = length > columns ? length : columns;
    }
    return columns < OPERATOR_COLUMNS ? (int)columns : OPERATOR_COLUMNS;
}

static const char *operator_text(const struct kl_op *op, char text[NAME_BYTES])
{
    bool cut = strlen(kl_op_name(op)) > OPERATOR_COLUMNS;
    snprintf(text, NAME_BYTES, "%.*s%s", cut ? OPERATOR_COLUMNS - 3 : OPERATOR_COLUMNS,
             kl_op_name(op), cut ? "..." : "");
    return text;
}

static const char *tensor_text(const struct kl_tensor *tensor, char text[NAME_BYTES])
{
    size_t length = strlen(tensor->name);
    bool cut = length > TENSOR_COLUMNS;
    snprintf(text, NAME_BYTES, "%s%s", cut ? "..." : "",
             tensor->name + (cut ? length - TENSOR_COLUMNS : 0));
    return text;
}

static void print_ops(const struct kl_subgraph *subgraph)
{
    int columns = operator_columns(subgraph);
    printf("\n");
    print_row("  %3s  %-*s %-20s %-18s %14s", "#", columns, "operator", "output",
              "scale, zero point", "MACs");
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        char name[NAME_BYTES];
        char shape[KL_SHAPE_TEXT_BYTES] = "";
        char quant[64] = "";
        char macs[KL_NUMBER_BYTES];
        if (op->output_count) {
            kl_shape_text(&op->outputs[0]->shape, shape);
            quant_text(op->outputs[0], quant);
        }
        print_row("  %3d  %-*s %-20s %-18.18s %14s", i, columns, operator_text(op, name), shape,
                  quant, kl_op_macs(op) ? kl_grouped(kl_op_macs(op), macs) : "");
    }
}

static void print_tensors(const struct kl_subgraph *subgraph)
{
    printf("\n  %4s  %-9s %-20s %-22s %10s  %s\n", "#", "type", "shape", "scale, zero point",
           "bytes", "name");
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *t = subgraph->tensors[i];
        char shape[KL_SHAPE_TEXT_BYTES];
        char quant[64];
        char name[NAME_BYTES];
        quant_text(t, quant);
        print_row("  %4d  %-9s %-20s %-22s %10zu  %s%s", i, kl_dtype_name(t->dtype),
                  kl_shape_text(&t->shape, shape), quant, t->bytes, tensor_text(t, name),
                  t->data ? " (constant)" : "");
    }
}

static void print_model(const struct inspect_options *o, const struct kl_model_job *job)
{
    const struct kl_graph *graph = job->graph;
    char number[KL_NUMBER_BYTES];
    printf("%s%s%s  %s bytes", kl_bold(), job->path, kl_plain(),
           kl_grouped((long long)job->file.size, number));
    printf(", %s MACs", kl_grouped(total_macs(graph->subgraphs[0]), number));
    printf(", %s bytes of constants\n", kl_grouped((long long)constant_bytes(graph), number));
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[s];
        if (graph->subgraph_count > 1) {
            printf("\nsubgraph %d \"%s\"\n", s, subgraph->name);
        }
        print_io("input", subgraph->inputs, subgraph->input_count);
        print_io("output", subgraph->outputs, subgraph->output_count);
        print_ops(subgraph);
        if (o->tensors) {
            print_tensors(subgraph);
        }
    }
}

static json_t *shape_json(const struct kl_shape *shape)
{
    json_t *dims = json_array();
    for (int32_t i = 0; i < shape->rank; i++) {
        json_array_append_new(dims, json_integer(shape->dim[i]));
    }
    return dims;
}

static json_t *tensor_json(const struct kl_tensor *t)
{
    json_t *json = json_pack("{s:s, s:s, s:o, s:I, s:b}", "name", t->name, "type",
                             kl_dtype_name(t->dtype), "shape", shape_json(&t->shape), "bytes",
                             (json_int_t)t->bytes, "constant", t->data != NULL);
    if (t->quant.count) {
        json_object_set_new(json, "scale", json_real((double)t->quant.scale[0]));
        json_object_set_new(json, "zero_point", json_integer(t->quant.zero_point[0]));
        json_object_set_new(json, "scales", json_integer(t->quant.count));
    }
    if (t->labels) {
        json_t *names = json_array();
        for (int32_t i = 0; i < t->labels->count; i++) {
            json_array_append_new(names, json_string(t->labels->names[i]));
        }
        json_object_set_new(json, "names", names);
    }
    return json;
}

static json_t *tensors_json(struct kl_tensor *const *tensors, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, tensor_json(tensors[i]));
    }
    return list;
}

static json_t *ops_json(const struct kl_subgraph *subgraph)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        json_t *shape = op->output_count ? shape_json(&op->outputs[0]->shape) : json_array();
        json_array_append_new(list, json_pack("{s:s, s:i, s:o, s:I}", "op", kl_op_name(op), "index",
                                              op->source_index, "shape", shape, "macs",
                                              (json_int_t)kl_op_macs(op)));
    }
    return list;
}

static void fill_result(const struct kl_model_job *job, struct kl_result *result)
{
    const struct kl_graph *graph = job->graph;
    const struct kl_subgraph *main_graph = graph->subgraphs[0];
    kl_result_count(result, "macs", total_macs(main_graph), "1", KL_COUNTED);
    kl_result_count(result, "constants", (long long)constant_bytes(graph), "bytes", KL_COUNTED);
    kl_result_count(result, "file", (long long)job->file.size, "bytes", KL_COUNTED);
    kl_result_count(result, "operators", main_graph->op_count, "1", KL_COUNTED);
    kl_result_count(result, "subgraphs", graph->subgraph_count, "1", KL_COUNTED);
    kl_result_detail(result, "model_inputs",
                     tensors_json(main_graph->inputs, main_graph->input_count));
    kl_result_detail(result, "model_outputs",
                     tensors_json(main_graph->outputs, main_graph->output_count));
    kl_result_detail(result, "operators", ops_json(main_graph));
    kl_result_detail(result, "tensors",
                     tensors_json(main_graph->tensors, main_graph->tensor_count));
}

/* Why, without the operator in front. */
static const char *reason(const struct kl_plan_issue *issue)
{
    char prefix[KL_OP_TEXT_BYTES];
    size_t length = strlen(kl_op_text(issue->op, prefix));
    bool has = strncmp(issue->message, prefix, length) == 0 &&
               strncmp(issue->message + length, ": ", 2) == 0;
    return issue->message + (has ? length + 2 : 0);
}

static bool same_issue(const struct kl_plan_issue *a, const struct kl_plan_issue *b)
{
    return strcmp(kl_op_name(a->op), kl_op_name(b->op)) == 0 && strcmp(reason(a), reason(b)) == 0;
}

/* Print the issue at `first` and all that are the same as one line; nothing when an earlier one
 * is the same. */
static void print_issue(const struct kl_plan_issue *issues, int32_t count, int32_t first)
{
    enum { MOST_SHOWN = 8 };
    const struct kl_plan_issue *issue = &issues[first];
    int32_t same = 0;
    for (int32_t i = 0; i < count; i++) {
        bool is_same = same_issue(&issues[i], issue);
        if (is_same && i < first) {
            return;
        }
        same += is_same;
    }
    if (same == 1) {
        printf("  %s%s%s\n", kl_red(), issue->message, kl_plain());
        return;
    }
    printf("  %s%s x%d (operators ", kl_red(), kl_op_name(issue->op), same);
    int32_t shown = 0;
    for (int32_t i = first; i < count && shown < MOST_SHOWN; i++) {
        if (same_issue(&issues[i], issue)) {
            printf("%s%d", shown++ ? ", " : "", issues[i].op->source_index);
        }
    }
    printf("%s): %s%s\n", same > shown ? ", ..." : "", reason(issue), kl_plain());
}

static void print_issues(const struct kl_plan_issue *issues, int32_t count)
{
    /* Comparing all with all takes too long in a model of very many. */
    enum { MOST_LINES = 1000 };
    int32_t printed = count < MOST_LINES ? count : MOST_LINES;
    printf("\nunsupported:\n");
    for (int32_t i = 0; i < printed; i++) {
        print_issue(issues, printed, i);
    }
    if (count > printed) {
        printf("  and %d more\n", count - printed);
    }
    printf("\nsee docs/guide/operators.md for what is supported\n");
}

/* List what cannot be compiled; *count is the number of issues. */
static enum kl_err report_issues(const struct inspect_options *o, struct kl_model_job *job,
                                 struct kl_result *result, int32_t *count, struct kl_diag *diag)
{
    struct kl_plan_issue *issues;
    KL_TRY(kl_plan_issues(job->graph, job->arena, &issues, count, diag));
    json_t *list = json_array();
    for (int32_t i = 0; i < *count; i++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:s}", "op", kl_op_name(issues[i].op), "index",
                                        issues[i].op->source_index, "message", issues[i].message));
    }
    if (*count && !o->common.json) {
        print_issues(issues, *count);
    }
    kl_result_detail(result, "unsupported", list);
    kl_result_count(result, "unsupported", *count, "1", KL_COUNTED);
    return KL_OK;
}

static enum kl_err show_plan(const struct inspect_options *o, struct kl_model_job *job,
                             struct kl_result *result, struct kl_diag *diag)
{
    KL_TRY(kl_plan_create(job->graph, NULL, job->arena, &job->plan, diag));
    kl_result_count(result, "ram.arena", (long long)job->plan->arena_bytes, "bytes", KL_COUNTED);
    kl_result_count(result, "flash.constants", (long long)job->plan->constant_bytes, "bytes",
                    KL_COUNTED);
    if (o->common.json) {
        kl_report_removed(job->graph, &o->common, result);
        return KL_OK;
    }
    char number[KL_NUMBER_BYTES];
    printf("\n%ssupported%s: %d steps", kl_green(), kl_plain(), job->plan->step_count);
    printf(", arena %s bytes", kl_grouped((long long)job->plan->arena_bytes, number));
    printf(", constants %s bytes\n", kl_grouped((long long)job->plan->constant_bytes, number));
    kl_report_removed(job->graph, &o->common, result);
    if (o->map) {
        struct kl_buffer text = KL_BUFFER((size_t)4 << 20);
        kl_plan_map(job->plan, 64, &text);
        printf("\n%s", text.data ? text.data : "");
        kl_buffer_free(&text);
    }
    return KL_OK;
}

static enum kl_err inspect(const struct inspect_options *o, struct kl_model_job *job,
                           struct kl_result *result, int32_t *issues, struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER((size_t)64 << 20);
    struct kl_pass_dump dump = {o->dump_after, &text};
    fill_result(job, result);
    if (!o->common.json && !o->dump_after) {
        print_model(o, job);
    }
    enum kl_err err = kl_optimise(job->graph, &dump, diag);
    if (err == KL_OK && o->dump_after) {
        if (o->common.json) {
            kl_result_detail(result, "dump", json_string(text.data ? text.data : ""));
        } else {
            printf("%s", text.data ? text.data : "");
        }
    }
    kl_buffer_free(&text);
    KL_TRY(err);
    if (o->dump_after && !o->common.json) {
        return KL_OK;
    }
    KL_TRY(report_issues(o, job, result, issues, diag));
    return *issues ? KL_OK : show_plan(o, job, result, diag);
}

static const char *plural(int32_t count)
{
    return count == 1 ? "" : "s";
}

/* The operators of an ONNX file that cannot be read: a table, one line for each reason. */
static void report_refused(const struct inspect_options *o, const struct kl_model_job *job,
                           struct kl_result *result)
{
    const struct kl_onnx_refusals *all = &job->refusals;
    json_t *list = json_array();
    if (!o->common.json) {
        print_row("%s%s%s: %d reason%s why it cannot be read\n", kl_bold(), job->path, kl_plain(),
                  all->count, plural(all->count));
        print_row("  %-32s %7s %5s %10s  %s", "operator", "version", "nodes", "first node",
                  "reason");
    }
    for (int32_t i = 0; i < all->count; i++) {
        const struct kl_onnx_refused *r = &all->list[i];
        char name[2 * NAME_BYTES];
        snprintf(name, sizeof name, "%.40s%s%.48s", r->domain, *r->domain ? "." : "", r->name);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:i, s:i, s:s}", "op", r->name,
                                              "domain", *r->domain ? r->domain : "ai.onnx",
                                              "version", (json_int_t)r->version, "count", r->count,
                                              "index", r->node, "message", r->reason));
        if (!o->common.json) {
            print_row("  %-32s %7lld %5d %10d  %s", name, (long long)r->version, r->count, r->node,
                      r->reason);
        }
    }
    if (!o->common.json) {
        printf("\nsee docs/guide/onnx-operators.md for what is supported\n");
    }
    kl_result_detail(result, "unsupported", list);
    kl_result_count(result, "unsupported", all->count, "1", KL_COUNTED);
}

int kl_cmd_inspect(int argc, char **argv, const struct kl_command *self)
{
    struct inspect_options o = {0};
    const struct kl_option options[] = {
        {.name = "--tensors", .help = "list all tensors too", .flag = &o.tensors},
        {.name = "--map", .help = "draw the arena over time", .flag = &o.map},
        {.name = "--dump-after",
         .argument = "PASS",
         .help = "print the graph after a pass (\"import\": as read)",
         .text = &o.dump_after},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &path, 1, &status)) {
        return status;
    }
    struct kl_model_job job;
    struct kl_result result;
    int32_t issues = 0;
    kl_result_init(&result, self->name);
    enum kl_err err = kl_model_open(&job, path, &o.model, &diag);
    if (err == KL_OK) {
        kl_note_model(&result, &job);
        err = inspect(&o, &job, &result, &issues, &diag);
    } else if (err == KL_EUNSUPPORTED && job.refusals.count) {
        kl_note_model(&result, &job);
        report_refused(&o, &job, &result);
        issues = job.refusals.count; /* as with operators of other files: that is the answer */
        err = KL_OK;
    }
    status = kl_finish(&result, &o.common, err, issues != 0, &diag);
    kl_model_job_free(&job);
    return status;
}
