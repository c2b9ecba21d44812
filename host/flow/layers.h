/* SPDX-License-Identifier: Apache-2.0 */
/* A graph run operator by operator, each value in memory of its own: for whoever looks at what is
 * between the operators. The kernels are those of the plan. */
#ifndef KINGLET_FLOW_LAYERS_H
#define KINGLET_FLOW_LAYERS_H

#include "plan/plan.h"

/* One operator of subgraph 0, planned alone. */
struct kl_layer {
    const struct kl_op *op;
    struct kl_plan *plan;
    unsigned char *memory;
    const int32_t *inputs; /* tensor ids of the plan's inputs */
};

struct kl_layers {
    const struct kl_graph *graph;
    int32_t count;
    struct kl_layer *layers;
    void **values; /* by tensor id; of constants NULL */
};

/* Prepare subgraph 0 of a verified graph, in memory of `arena`. Graphs with variables or control
 * flow are refused. The graph must stay as it is; content of constants may change, after which
 * kl_layers_renew takes them over. */
enum kl_err kl_layers_create(const struct kl_graph *graph, struct kl_arena *arena,
                             struct kl_layers *layers, struct kl_diag *diag) KL_MUST_CHECK;

/* Plan one layer again. */
enum kl_err kl_layers_renew(struct kl_layers *layers, int32_t index, struct kl_arena *arena,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Run one layer on the values of its inputs. */
enum kl_err kl_layers_run_one(const struct kl_layers *layers, int32_t index,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Run all on the values of the model's inputs. State begins anew. */
enum kl_err kl_layers_run_all(const struct kl_layers *layers, struct kl_diag *diag) KL_MUST_CHECK;

/* The same on inputs that lie back to back. */
enum kl_err kl_layers_run(const struct kl_layers *layers, const unsigned char *inputs,
                          struct kl_diag *diag) KL_MUST_CHECK;

#endif
