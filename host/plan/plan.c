/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <assert.h>
#include <string.h>

#include "graph/accumulator.h"
#include "plan/lower.h"
#include "plan/offsets.h"

static const struct {
    size_t params_bytes;
    const char *function;
} table[] = {
#define KL_KERNEL(id, function, params, inputs, header) \
    [KL_KERNEL_##id] = {sizeof(struct params), #function},
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

size_t kl_kernel_params_bytes(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return table[kernel].params_bytes;
}

const char *kl_kernel_function(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return table[kernel].function;
}

unsigned char *kl_plan_rows_base(const struct kl_plan *plan, const struct kl_plan_rows *rows,
                                 unsigned char *arena)
{
    if (rows->buffer >= 0) {
        return arena + plan->buffers[rows->buffer].offset + rows->offset;
    }
    /* struct kl_rows has one base for inputs and outputs; inputs are only read. */
    const unsigned char *constant = plan->constants[rows->constant].data;
    unsigned char *base;
    constant += rows->offset;
    memcpy(&base, &constant, sizeof base);
    return base;
}

void *kl_plan_scratch(const struct kl_plan *plan, const struct kl_plan_step *step,
                      unsigned char *arena)
{
    return step->scratch >= 0 ? arena + plan->buffers[step->scratch].offset : NULL;
}

static void touch(struct kl_plan *plan, int32_t index, int32_t step)
{
    if (index >= 0) {
        struct kl_plan_buffer *buffer = &plan->buffers[index];
        buffer->first = step < buffer->first ? step : buffer->first;
        buffer->last = step > buffer->last ? step : buffer->last;
    }
}

/* A buffer lives from the first step that touches it to the last; lowering may have said that
 * it lives longer. */
static void find_lifetimes(struct kl_plan *plan)
{
    int32_t end = kl_plan_all_steps(plan);
    for (int32_t i = 0; i < end; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        for (int32_t k = 0; k < step->in_count; k++) {
            touch(plan, step->in[k].buffer, i);
        }
        for (int32_t k = 0; k < step->out_count; k++) {
            touch(plan, step->out[k].buffer, i);
        }
        touch(plan, step->scratch, i);
    }
    for (int32_t i = 0; i < plan->input_count; i++) {
        plan->buffers[plan->inputs[i].buffer].first = -1;
    }
    for (int32_t i = 0; i < plan->output_count; i++) {
        plan->buffers[plan->outputs[i].buffer].last = plan->step_count;
    }
    for (int32_t i = 0; i < plan->buffer_count; i++) {
        struct kl_plan_buffer *buffer = &plan->buffers[i];
        if (buffer->is_state) {
            buffer->first = -1;
            buffer->last = end;
        } else if (buffer->last < buffer->first) {
            buffer->last = buffer->first = buffer->first < end ? buffer->first : end;
        }
    }
}

/*
 * A link between the output of a step and an input that ends there, when no other step has both:
 * the output begins with this step. Several inputs in one buffer must all allow it.
 */
static bool find_link(const struct kl_plan *plan, int32_t step_index, int32_t in,
                      struct kl_offsets_link *link)
{
    const struct kl_plan_step *step = &plan->steps[step_index];
    int32_t out = step->out[0].buffer;
    int64_t lead = 0;
    if (in < 0 || in == out || plan->buffers[in].last != step_index ||
        plan->buffers[in].first == step_index || plan->buffers[out].first != step_index) {
        return false;
    }
    for (int32_t k = 0; k < step->in_count; k++) {
        if (step->in[k].buffer != in) {
            continue;
        }
        int64_t here =
            step->overlap[k].lead + (int64_t)step->out[0].offset - (int64_t)step->in[k].offset;
        lead = here > lead ? here : lead;
        if (!step->overlap[k].allowed) {
            return false;
        }
    }
    *link = (struct kl_offsets_link){in, out, (size_t)lead};
    return true;
}

/* At most KL_PLAN_MAX_INPUTS for each step. */
static int32_t find_links(const struct kl_plan *plan, struct kl_offsets_link *links)
{
    int32_t count = 0;
    for (int32_t i = 0; i < plan->step_count; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        for (int32_t k = 0; k < step->in_count; k++) {
            bool seen = k > 0 && step->in[k].buffer == step->in[0].buffer;
            if (!seen && find_link(plan, i, step->in[k].buffer, &links[count])) {
                count++;
            }
        }
    }
    return count;
}

static enum kl_err place(struct kl_plan *plan, int64_t effort, struct kl_diag *diag)
{
    struct kl_offsets_result placed;
    struct kl_offsets_link *links =
        KL_NEW(plan->arena, struct kl_offsets_link, (size_t)plan->step_count * KL_PLAN_MAX_INPUTS);
    if (!links) {
        return KL_FAIL_MEMORY(diag);
    }
    const struct kl_offsets_problem problem = {.buffers = plan->buffers,
                                               .count = plan->buffer_count,
                                               .links = links,
                                               .link_count = find_links(plan, links)};
    KL_TRY(kl_plan_offsets(&problem, effort, plan->arena, &placed, diag));
    plan->arena_bytes = placed.arena_bytes;
    plan->live_bytes = placed.live_bytes;
    plan->offsets_proven = placed.proven;
    return KL_OK;
}

static enum kl_err start(struct kl_graph *graph, const struct kl_plan_options *options,
                         struct kl_arena *arena, struct kl_lowering *l, struct kl_diag *diag)
{
    /* Again, after import: passes may have turned computed weights into constants. */
    KL_TRY(kl_graph_check_accumulators(graph, diag));
    struct kl_plan *plan = KL_NEW(arena, struct kl_plan, 1);
    if (!plan) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->arena = arena;
    plan->subgraph = graph->subgraphs[0];
    plan->next_buffer = -1;
    *l = (struct kl_lowering){.plan = plan,
                              .graph = graph,
                              .arena = arena,
                              .kernels = options->kernels,
                              .wide_weights = options->wide_weights};
    return KL_OK;
}

/* Alive always, so the end of the arena is as good a place as any; offset 0 would mean to the
 * device that there are no branches. */
static void place_next(struct kl_plan *plan)
{
    if (plan->next_buffer >= 0) {
        plan->buffers[plan->next_buffer].offset = plan->arena_bytes;
        plan->buffers[plan->next_buffer].bytes = sizeof(uint32_t);
        plan->arena_bytes += KL_PLAN_ALIGN;
        plan->live_bytes += KL_PLAN_ALIGN;
    }
}

enum { DEFAULT_SEARCH_EFFORT = 20000000 };

/* l->plan is the result. */
static enum kl_err create(struct kl_lowering *l, int64_t effort, struct kl_diag *diag)
{
    KL_TRY(kl_lower_graph(l, diag));
    if (l->issue_count > 1) {
        return kl_fail(diag, l->issues[0].err, "%s (and %d more; `kinglet inspect` lists all)",
                       l->issues[0].message, l->issue_count - 1);
    }
    if (l->issue_count == 1) {
        return kl_fail(diag, l->issues[0].err, "%s", l->issues[0].message);
    }
    find_lifetimes(l->plan);
    KL_TRY(place(l->plan, effort, diag));
    place_next(l->plan);
    return KL_OK;
}

static const struct kl_plan_options defaults = {.kernels = KL_KERNELS_PORTABLE};

enum kl_err kl_plan_create(struct kl_graph *graph, const struct kl_plan_options *options,
                           struct kl_arena *arena, struct kl_plan **plan, struct kl_diag *diag)
{
    options = options ? options : &defaults;
    int64_t effort = options->search_effort ? options->search_effort : DEFAULT_SEARCH_EFFORT;
    struct kl_lowering l;
    struct kl_lowering copying;
    KL_TRY(start(graph, options, arena, &l, diag));
    l.views = true;
    KL_TRY(create(&l, effort, diag));
    *plan = l.plan;
    if (l.view_count == 0) {
        return KL_OK;
    }
    /* A joined value lives from its first part on, and a whole one as long as its parts: copies
     * may need less memory. */
    KL_TRY(start(graph, options, arena, &copying, diag));
    KL_TRY(create(&copying, effort, diag));
    if (copying.plan->arena_bytes < l.plan->arena_bytes) {
        *plan = copying.plan;
    }
    return KL_OK;
}

enum kl_err kl_plan_issues(struct kl_graph *graph, struct kl_arena *arena,
                           struct kl_plan_issue **issues, int32_t *count, struct kl_diag *diag)
{
    struct kl_lowering l;
    KL_TRY(start(graph, &defaults, arena, &l, diag));
    KL_TRY(kl_lower_graph(&l, diag));
    *issues = l.issues;
    *count = l.issue_count;
    return KL_OK;
}
