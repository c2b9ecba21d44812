/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a model: ordered steps, each one kernel with its parameters, and a place in
 * one arena for every value. Both carriers of a model (generated C and the host engine)
 * execute the same plan.
 */
#ifndef KINGLET_PLAN_PLAN_H
#define KINGLET_PLAN_PLAN_H

#include "graph/graph.h"
#include "kinglet/kernels.h"

enum { KL_PLAN_MAX_INPUTS = 6, KL_PLAN_MAX_OUTPUTS = 4, KL_PLAN_MAX_IO = 16 };

/* Constant data of the plan; equal data is kept once. */
struct kl_plan_constant {
    const void *data;
    size_t bytes;
    enum kl_dtype dtype;
    uint64_t hash; /* of the content: most different constants are told apart by it */
};

/*
 * Memory in the arena, alive from step `first` to step `last`, both included. A model input
 * is alive from step -1, a model output until step step_count. State is alive always, from -1
 * to the last of the reset steps, which are numbered behind the steps of a run.
 */
struct kl_plan_buffer {
    size_t bytes;
    int32_t first, last;
    size_t offset;    /* in the arena, a multiple of KL_PLAN_ALIGN */
    const char *name; /* of the tensor that it was made for, or "scratch" */
    bool is_state;    /* keeps its content from one run to the next */
};

/* Alignment of every buffer: enough for any element type. */
enum { KL_PLAN_ALIGN = 8 };

/* Constants that a plan may hold in all: far beyond the flash of any microcontroller. */
#define KL_PLAN_CONSTANTS_LIMIT ((size_t)256 << 20)

/* Rows of a step's input or output; see struct kl_rows. */
struct kl_plan_rows {
    int32_t buffer;   /* index into buffers, or -1 */
    int32_t constant; /* index into constants, or -1 */
    size_t offset;    /* bytes into the buffer or constant */
    int32_t stride;
    int32_t count;
};

/*
 * How the output of a step may lie over an input that nothing reads after it. Both have dense
 * rows; with in and out the offsets of their rows 0 in the arena, they may share memory when
 * out + lead <= in. `lead` is the least number of bytes for which no byte is overwritten before
 * it was last read: 0 or less allows to work in place.
 */
struct kl_plan_overlap {
    bool allowed; /* false: never, but in place if `in_place` says so */
    int64_t lead;
    bool in_place; /* it may lie exactly where the input lies */
};

struct kl_plan_step {
    enum kl_kernel_id kernel;
    const struct kl_op *op; /* the operator that it computes (or a part of) */
    const void *params;     /* the kernel's parameter struct; its pointers are constants' data */
    int32_t in_count;
    struct kl_plan_rows in[KL_PLAN_MAX_INPUTS];
    int32_t out_count;                            /* >= 1 */
    struct kl_plan_rows out[KL_PLAN_MAX_OUTPUTS]; /* results, then state that the kernel updates */
    struct kl_plan_overlap overlap[KL_PLAN_MAX_INPUTS]; /* of output 0 with each input */
    size_t scratch_bytes;            /* memory of its own while it runs; 0: none */
    int32_t scratch;                 /* buffer of these bytes, or -1 */
    const struct kl_tensor *written; /* the tensor that it computes (or a part of); NULL: none, as
                                      * of a branch */
    size_t written_offset;           /* of its begin in out[0].buffer */
    int64_t macs;
};

/* A model input or output and its place. */
struct kl_plan_io {
    const struct kl_tensor *tensor;
    int32_t buffer;
    size_t offset; /* bytes into the buffer */
};

struct kl_plan {
    struct kl_arena *arena;
    const struct kl_subgraph *subgraph;
    int32_t step_count, buffer_count, constant_count, input_count, output_count;
    int32_t reset_count;        /* steps that write the initial state; 0: the model keeps none */
    int32_t next_buffer;        /* uint32: the step that a branch chose; -1: no branches */
    struct kl_plan_step *steps; /* step_count steps of a run, then reset_count of a reset */
    struct kl_plan_buffer *buffers;
    struct kl_plan_constant *constants;
    struct kl_plan_io inputs[KL_PLAN_MAX_IO];
    struct kl_plan_io outputs[KL_PLAN_MAX_IO];
    size_t arena_bytes;
    size_t live_bytes;     /* most bytes alive at once: no placement can be smaller */
    bool offsets_proven;   /* arena_bytes is the minimum for these buffers */
    size_t constant_bytes; /* all constants together */
    int64_t macs;
};

struct kl_plan_options {
    enum kl_kernel_set kernels; /* what the core runs fastest; the default is portable C */
    bool wide_weights; /* store weights of 4 bits as int8: twice the flash, and the set's kernels */
    /* Comparisons of two buffers that the exact search for offsets may make; 0 takes the
     * default, well under a second. A count, not a time, so that the same model gives the same
     * plan on every machine. */
    int64_t search_effort;
};

/*
 * Plan subgraph 0 of a verified, optimised graph. The plan lives in `arena` and refers to the
 * graph. Fails with KL_EUNSUPPORTED and the name of the first operator that no kernel can
 * compute exactly.
 */
enum kl_err kl_plan_create(struct kl_graph *graph, const struct kl_plan_options *options,
                           struct kl_arena *arena, struct kl_plan **plan,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Why an operator cannot be planned. */
struct kl_plan_issue {
    const struct kl_op *op;
    enum kl_err err;
    const char *message;
};

/* All operators of subgraph 0 that cannot be planned, in the model's order. */
enum kl_err kl_plan_issues(struct kl_graph *graph, struct kl_arena *arena,
                           struct kl_plan_issue **issues, int32_t *count,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* All steps: those of a run, and behind them those of a reset. */
static inline int32_t kl_plan_all_steps(const struct kl_plan *plan)
{
    return plan->step_count + plan->reset_count;
}

/* Size in bytes of the parameter struct of a kernel. */
size_t kl_kernel_params_bytes(enum kl_kernel_id kernel);

/* Name of the kernel's function, e.g. "kl_conv2d_s8". */
const char *kl_kernel_function(enum kl_kernel_id kernel);

/* Address of a step's row 0 of that input or output, given the arena of a run. Constants
 * come back as pointers that must only be read. */
unsigned char *kl_plan_rows_base(const struct kl_plan *plan, const struct kl_plan_rows *rows,
                                 unsigned char *arena);

/* Address of a step's scratch memory; NULL when it has none. */
void *kl_plan_scratch(const struct kl_plan *plan, const struct kl_plan_step *step,
                      unsigned char *arena);

/*
 * ASCII picture of the arena over time: one line per step with its operator and kernel, one column
 * per slice of the arena, letters for buffers, and a legend. At most `width` columns.
 */
void kl_plan_map(const struct kl_plan *plan, int32_t width, struct kl_buffer *text);

#endif
