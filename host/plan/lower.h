/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering: operators become steps. Shared by the lower_*.c files; private to plan/. */
#ifndef KINGLET_PLAN_LOWER_H
#define KINGLET_PLAN_LOWER_H

#include "graph/const_params.h"
#include "graph/moves.h"
#include "graph/quantise_params.h"
#include "plan/plan.h"

/* Where a tensor's elements are: in a buffer or a constant, or nowhere yet. */
struct kl_location {
    int32_t buffer;   /* -1: none */
    int32_t constant; /* -1: none */
    size_t offset;
};

struct kl_lowering {
    enum kl_kernel_set kernels;
    bool wide_weights; /* weights of 4 bits are stored as int8 */
    struct kl_plan *plan;
    const struct kl_graph *graph;
    struct kl_arena *arena;
    /* The subgraph that is being lowered, and what is known of its tensors. */
    const struct kl_subgraph *subgraph;
    struct kl_location *locations; /* by tensor id */
    int32_t *last_use;      /* by tensor id: position of the last reader; INT32_MAX: output */
    int32_t first_buffer;   /* buffers below belong to the caller: nothing overwrites them */
    const struct kl_op *op; /* being lowered */
    const struct kl_tensor *written; /* the output that kl_lower_output placed last */
    size_t written_offset;           /* in its buffer */
    /* Over all subgraphs. */
    int32_t *buffer_last_use; /* by buffer: last_use over all tensors in it */
    int32_t *variable_buffer; /* by variable of the graph */
    int32_t *kept_output;     /* buffers of the model's outputs, when a run may end without them */
    int32_t *hidden;          /* buffers of state that no tensor is */
    int32_t hidden_count, hidden_capacity;
    struct kl_branch **ends; /* of runs without new outputs */
    int32_t end_count, end_capacity;
    bool *variable_in_place; /* by variable: one subgraph alone uses it, so order is known */
    bool resetting;          /* steps are those of a reset */
    bool views;              /* joins and parts may lie in each other's memory */
    int32_t view_count;      /* how many do */
    int32_t depth;           /* of subgraphs that run subgraphs */
    int32_t op_count;        /* operators lowered so far */
    struct kl_plan_issue *issues;
    int32_t issue_count, issue_capacity;
    int32_t step_capacity, buffer_capacity, buffer_use_capacity, constant_capacity;
    size_t made_bytes; /* handed out by kl_lower_alloc */
};

/* Lower the whole graph; operators that could not be are in l->issues. */
enum kl_err kl_lower_graph(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* Lower all operators of l->subgraph. */
enum kl_err kl_lower_ops(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* What a subgraph that runs another one gets back afterwards. */
struct kl_lower_frame {
    const struct kl_subgraph *subgraph;
    struct kl_location *locations;
    int32_t *last_use;
    int32_t first_buffer;
    const struct kl_op *op;
};

/* Go on with another subgraph, whose tensors have no places yet, and return from it. */
enum kl_err kl_lower_enter(struct kl_lowering *l, int32_t subgraph, struct kl_lower_frame *frame,
                           struct kl_diag *diag) KL_MUST_CHECK;
void kl_lower_leave(struct kl_lowering *l, const struct kl_lower_frame *frame);

/*
 * Have `value` computed at `place`, when the operator that computes it can write there: from that
 * operator on nothing may read the `readers`, the tensors that are what the place held before.
 */
void kl_lower_direct(struct kl_lowering *l, const struct kl_tensor *value, struct kl_location place,
                     const struct kl_tensor *const *readers, int32_t reader_count);

/* Position of the last operator that reads the tensor, or a reshaped view of it. */
int32_t kl_lower_last_read(const struct kl_lowering *l, const struct kl_tensor *tensor);

/* A place for each variable of the graph and each variable tensor of the entry. */
enum kl_err kl_lower_state(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* State that no tensor is, of zeros at the start, as one row. KL_EUNSUPPORTED inside a subgraph
 * that is run by another. */
enum kl_err kl_lower_hidden_state(struct kl_lowering *l, size_t bytes, struct kl_plan_rows *rows,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* When an operator of the entry may end a run: a place for each output of the model that keeps what
 * the last whole run left, and the copies that are needed to fill it. */
enum kl_err kl_lower_place_outputs(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_lower_fill_outputs(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* Steps that end the run without new outputs where the bool at `condition` is false; settled when
 * the number of steps is known. */
enum kl_err kl_lower_end_run_unless(struct kl_lowering *l, struct kl_location condition,
                                    struct kl_diag *diag) KL_MUST_CHECK;
void kl_lower_settle_ends(const struct kl_lowering *l);

/* Decide which reads and assignments of the subgraph's variables need no copy. */
enum kl_err kl_lower_plan_variables(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* Decide which values of the subgraph are computed where a join wants them. */
enum kl_err kl_lower_plan_joins(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* Is the move done already, because its input was computed in its place? */
bool kl_lower_is_joined(const struct kl_lowering *l, const struct kl_op_move *move);

/* Have the move's output be the piece of its input that it would copy; false: it has to copy. */
bool kl_lower_view(struct kl_lowering *l, const struct kl_op_move *move);

/* The steps that give all state its initial value. */
enum kl_err kl_lower_reset(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

/* One lowering function per family; each may add any number of steps for l->op. */
typedef enum kl_err kl_lower_fn(struct kl_lowering *l, struct kl_diag *diag);
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, ...) \
    kl_lower_fn kl_lower_##lowering;
#include "graph/ops.def"
#undef KL_OP

/* Room for one more element in a growing arena array; the old copy stays behind. False when memory
 * is short. */
bool kl_lower_grow(struct kl_arena *arena, void **array, int32_t count, int32_t *capacity,
                   size_t elem_bytes) __attribute__((warn_unused_result));

/* Zeroed memory in the plan's arena; NULL when memory is short, or when the plan has made more
 * than KL_PLAN_CONSTANTS_LIMIT in all: operators that share weights must not multiply them. */
void *kl_lower_alloc(struct kl_lowering *l, size_t count, size_t size)
    __attribute__((warn_unused_result));
#define KL_LOWER_NEW(l, type, count) ((type *)kl_lower_alloc((l), (size_t)(count), sizeof(type)))

/* Keep constant data (shared with equal data); `data` must live as long as the plan. Sets
 * *kept to the data to point to. */
enum kl_err kl_lower_constant(struct kl_lowering *l, const void *data, size_t bytes,
                              enum kl_dtype dtype, const void **kept,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Data that kl_lower_constant kept as one row of a step's input. */
struct kl_plan_rows kl_lower_constant_rows(const struct kl_lowering *l, const void *kept);

/* Where a tensor's elements are; a constant becomes one of the plan's. KL_EINPUT for a constant
 * that holds infinity or NaN. */
enum kl_err kl_lower_place(struct kl_lowering *l, const struct kl_tensor *tensor,
                           struct kl_location *place, struct kl_diag *diag) KL_MUST_CHECK;

/* Input `index` of the operator as `count` rows of row_bytes each. KL_EINPUT for a constant
 * that holds infinity or NaN. */
enum kl_err kl_lower_input(struct kl_lowering *l, int32_t index, int32_t row_bytes, int32_t count,
                           struct kl_plan_rows *rows, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Output `index` of the operator, in memory of its own. A step that may work in place names
 * the input that it may overwrite; that happens when nothing reads it later and both are of one
 * size: else the step's overlap says how they may share memory. reuse < 0: never.
 */
enum kl_err kl_lower_output(struct kl_lowering *l, int32_t index, int32_t reuse, int32_t row_bytes,
                            int32_t count, struct kl_plan_rows *rows,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* A buffer of its own. last_use: position of the last operator that reads it. */
enum kl_err kl_lower_buffer(struct kl_lowering *l, size_t bytes, const char *name, int32_t last_use,
                            int32_t *index, struct kl_diag *diag) KL_MUST_CHECK;

/* A buffer of its own for a tensor, which becomes its place. */
enum kl_err kl_lower_own_buffer(struct kl_lowering *l, const struct kl_tensor *tensor,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Put `tensor` so many bytes behind the begin of `other`, in the same memory. */
void kl_lower_share(struct kl_lowering *l, const struct kl_tensor *tensor,
                    const struct kl_tensor *other, size_t offset);

/* Nothing reads the input after l->op, and nothing else may have an eye on its memory. */
bool kl_lower_may_overwrite(const struct kl_lowering *l, const struct kl_tensor *input);

/* A step that copies all bytes of `tensor` from one place to another; none when they are one. */
enum kl_err kl_lower_copy(struct kl_lowering *l, const struct kl_tensor *tensor,
                          struct kl_location from, struct kl_location to,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Is the tensor a constant of equal bytes? Filling a place with them takes no constant. */
bool kl_lower_is_uniform(const struct kl_tensor *tensor);

/* A step that sets all bytes of `tensor`, which lies at `place`, to `value`; of NULL, all bytes of
 * the buffer. */
enum kl_err kl_lower_fill(struct kl_lowering *l, const struct kl_tensor *tensor,
                          struct kl_location place, int32_t value,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Append a step; its scratch memory becomes a buffer. */
enum kl_err kl_lower_step(struct kl_lowering *l, struct kl_plan_step step,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Output 0 as a copy of input 0, or in its memory when nothing reads that later and `in_place`. */
enum kl_err kl_lower_copy_input(struct kl_lowering *l, bool in_place,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Append a step from input `in` to output `out`, each as one row, that may lie over each other as
 * overlap.h says; KL_APART: not at all. */
enum kl_err kl_lower_whole_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                                int32_t in, int32_t out, struct kl_plan_overlap overlap,
                                struct kl_diag *diag) KL_MUST_CHECK;
/* CUMSUM of quantised int8: `params` are those of the sums, which are int32. */
enum kl_err kl_lower_cumsum_s8(struct kl_lowering *l, const struct kl_cumsum *params,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* Append a step from input 0 to output 0 that goes through the vectors along the last axis. A
 * vector of elements as large as the output's may be overwritten by its result. */
enum kl_err kl_lower_vectors(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                             struct kl_diag *diag) KL_MUST_CHECK;

#define KL_APART ((struct kl_plan_overlap){.allowed = false})

/* "types int8, float32 -> int8 are not supported" for the operator. */
enum kl_err kl_lower_type_error(const struct kl_lowering *l, struct kl_diag *diag);

/* True when all inputs from `first` on that exist, and output 0, have this type. */
bool kl_lower_all_of(const struct kl_op *op, enum kl_dtype dtype);

/* Is it of an integer type that kernels of plain numbers know (or bool), and not quantised? Is it
 * such an integer or a float? And does it mean numbers in the order of what is stored: these, and
 * int8 and int16 of one scale? */
bool kl_lower_is_plain_int(const struct kl_tensor *tensor);
bool kl_lower_is_plain(const struct kl_tensor *tensor);
bool kl_lower_is_ordered(const struct kl_tensor *tensor);

/* Refuse a constant that holds infinity or NaN: they have no literal in C, and no use in a model.
 */
enum kl_err kl_lower_need_finite(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Refuse tensors that are not quantised per tensor. */
enum kl_err kl_lower_need_quant(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Constant input `index` of type dtype; KL_EUNSUPPORTED when it is computed at run time, and
 * for floats that are not finite. */
enum kl_err kl_lower_need_constant(const struct kl_lowering *l, int32_t index, enum kl_dtype dtype,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* The scale and zero point of a tensor that kl_lower_need_quant accepted. */
struct kl_quant_s8 kl_lower_quant(const struct kl_tensor *tensor);

/* Pass on the result of a kl_prepare_* function, with the operator's name in the message. */
enum kl_err kl_lower_result(const struct kl_lowering *l, enum kl_err err,
                            const struct kl_diag *found, struct kl_diag *diag) KL_MUST_CHECK;

#endif
