/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact rewrites of a graph: the results of the model stay the same, bit for bit.
 * pipeline.c holds the only list of passes.
 */
#ifndef KINGLET_OPTIMISE_OPTIMISE_H
#define KINGLET_OPTIMISE_OPTIMISE_H

#include "graph/graph.h"

/* Where to dump the graph: after the pass of this name ("import" names the unchanged graph). */
struct kl_pass_dump {
    const char *after;      /* NULL: nowhere */
    struct kl_buffer *text; /* receives the dump */
};

/* Run all passes, with kl_graph_verify after each. An unknown name in `dump` is refused. */
enum kl_err kl_optimise(struct kl_graph *graph, const struct kl_pass_dump *dump,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* The same without the passes whose result only the kernels of this project compute: for graphs
 * that other runtimes will run. */
enum kl_err kl_optimise_portable(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

#endif
