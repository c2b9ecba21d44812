/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/board_job.h"
#include "flow/model_inputs.h"
#include "flow/verify.h"

struct verify_options {
    struct kl_board_options board;
    struct kl_strings inputs, expected;
    int64_t seed, cases, sequence;
};

static json_t *difference_json(const struct kl_difference *d)
{
    if (!d->found) {
        return json_null();
    }
    return json_pack("{s:i, s:i, s:s, s:s, s:I, s:o, s:o}", "run", d->run, "step", d->step, "op",
                     d->op, "tensor", d->tensor, "index", (json_int_t)d->index, "host",
                     kl_json_number(d->host), "board", kl_json_number(d->board));
}

static void print_difference(const struct kl_difference *d, const char *a, const char *b)
{
    printf("  first difference: ");
    if (d->run > 0) {
        printf("run %d, ", d->run);
    }
    if (d->step >= 0) {
        printf("step %d (%s), ", d->step, d->op);
    }
    printf("tensor '%s', element %lld: %s %.9g, %s %.9g\n", d->tensor, (long long)d->index, a,
           d->host, b, d->board);
}

static void print_case(const struct kl_verify_result *r, bool has_expected, int64_t number,
                       const char *board)
{
    char count[KL_NUMBER_BYTES];
    printf("case %lld: %s%s%s, %s values of host and %s compared\n", (long long)number,
           r->exact ? kl_green() : kl_red(), r->exact ? "exact" : "DIFFERENT", kl_plain(),
           kl_grouped(r->compared, count), board);
    if (!r->exact) {
        print_difference(&r->first, "host", "board");
    }
    if (has_expected) {
        printf("        %s%s%s the expected output (largest difference %.3g)\n",
               r->expected_ok ? kl_green() : kl_red(), r->expected_ok ? "matches" : "DIFFERS FROM",
               kl_plain(), r->expected_difference);
    }
    if (has_expected && !r->expected_ok) {
        print_difference(&r->first_unexpected, "expected", "host");
    }
}

/* Everything that all cases together found. */
struct totals {
    int64_t compared;
    bool exact, expected_ok;
    double expected_difference;
    struct kl_difference first;
    uint32_t stack_bytes;
};

static enum kl_err verify_case(const struct verify_options *o, struct kl_board_job *job,
                               int64_t number, const struct kl_verify_case *c, struct totals *t,
                               struct kl_diag *diag)
{
    struct kl_verify_result r;
    kl_progress(&o->board.common, "running case %lld on %s ...", (long long)number,
                job->board->name);
    KL_TRY(kl_verify_model(&job->model, job->board, job->export.folder, c, KL_FLOAT_TOLERANCE, &r,
                           diag));
    kl_progress(&o->board.common, "%s", "");
    if (!o->board.common.json) {
        print_case(&r, c->expected != NULL, number, job->board->name);
    }
    t->compared += r.compared;
    if (!r.exact && t->exact) {
        t->first = r.first;
    }
    t->exact = t->exact && r.exact;
    t->expected_ok = t->expected_ok && r.expected_ok;
    t->expected_difference = r.expected_difference;
    t->stack_bytes = r.stack_bytes > t->stack_bytes ? r.stack_bytes : t->stack_bytes;
    return KL_OK;
}

/* The bound that the emitted header states must hold. */
static bool is_within_stack(const struct kl_firmware_stack *stack, const struct totals *t)
{
    return !stack->is_known || t->stack_bytes <= stack->bound.bytes;
}

static void report_stack(struct kl_board_job *job, const struct totals *t, bool json)
{
    char used[KL_NUMBER_BYTES];
    char most[KL_NUMBER_BYTES];
    kl_result_count(&job->result, "ram.stack", t->stack_bytes, "bytes", KL_COUNTED);
    if (!json && job->stack.is_known) {
        bool holds = is_within_stack(&job->stack, t);
        printf("stack: %s%s%s bytes used of at most %s\n", holds ? "" : kl_red(),
               kl_grouped(t->stack_bytes, used), holds ? "" : kl_plain(),
               kl_grouped(job->stack.bound.bytes, most));
    }
}

static enum kl_err verify(const struct verify_options *o, struct kl_board_job *job,
                          struct totals *t, struct kl_diag *diag)
{
    const struct kl_plan *plan = job->model.plan;
    unsigned char *expected = NULL;
    if (o->cases < 1) {
        return kl_fail(diag, KL_EUSAGE, "--cases must be at least 1");
    }
    KL_TRY(kl_check_sequence(o->sequence, diag));
    if (o->expected.count && !o->inputs.count) {
        return kl_fail(diag, KL_EUSAGE,
                       "--expect needs --input: random inputs have no expectation");
    }
    if (o->expected.count) {
        KL_TRY(kl_read_tensors(&o->expected, plan->outputs, plan->output_count, o->sequence,
                               "--expect", &job->model, &job->result, &expected, diag));
    }
    KL_TRY(kl_board_job_build(job, &o->board.common, diag));
    int64_t cases = o->inputs.count ? 1 : o->cases;
    unsigned char *inputs;
    KL_TRY(kl_board_job_inputs(job, &o->inputs, o->seed, o->sequence, &inputs, diag));
    const struct kl_verify_case c = {inputs, expected, (int32_t)o->sequence};
    for (int64_t i = 0; i < cases; i++) {
        if (i > 0) {
            kl_random_sequence(plan, (uint64_t)(o->seed + i), o->sequence, inputs);
        }
        KL_TRY(verify_case(o, job, i, &c, t, diag));
    }
    report_stack(job, t, o->board.common.json);
    kl_result_metric(&job->result, "exact", json_boolean(t->exact), "1", KL_COUNTED);
    kl_result_count(&job->result, "compared", t->compared, "1", KL_COUNTED);
    kl_result_metric(&job->result, "first_difference", difference_json(&t->first), "1", KL_COUNTED);
    kl_result_count(&job->result, "cases", cases, "1", KL_COUNTED);
    if (expected) {
        kl_result_metric(&job->result, "expected_ok", json_boolean(t->expected_ok), "1",
                         KL_COUNTED);
        kl_result_metric(&job->result, "expected_difference",
                         kl_json_number(t->expected_difference), "1", KL_COUNTED);
    }
    return KL_OK;
}

int kl_cmd_verify(int argc, char **argv, const struct kl_command *self)
{
    struct verify_options o = {.seed = 1, .cases = 3, .sequence = 1};
    const struct kl_option options[] = {
        KL_BOARD_OPTIONS(o.board),
        {.name = "--input",
         .argument = "F",
         .help = "a model input, in order: raw little-endian or .npy",
         .list = &o.inputs},
        {.name = "--expect",
         .argument = "F",
         .help = "the output that the input must give, in order",
         .list = &o.expected},
        {.name = "--seed",
         .argument = "N",
         .help = "of random inputs (default 1)",
         .number = &o.seed},
        {.name = "--cases",
         .argument = "N",
         .help = "how many random inputs (default 3)",
         .number = &o.cases},
        {.name = "--sequence",
         .argument = "N",
         .help = "N runs after each other without a reset; each file holds N values",
         .number = &o.sequence},
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    struct kl_board_job job;
    struct totals t = {.exact = true, .expected_ok = true};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.board.common, &path, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_board_job_open(&job, &o.board, path, self->name, &diag);
    if (err == KL_OK) {
        err = verify(&o, &job, &t, &diag);
    }
    bool holds = t.exact && t.expected_ok && is_within_stack(&job.stack, &t);
    return kl_board_job_close(&job, &o.board.common, err, !holds, &diag);
}
