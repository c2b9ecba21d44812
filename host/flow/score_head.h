/* SPDX-License-Identifier: Apache-2.0 */
/* One number that says how unusual an input is, computed by the model itself. */
#ifndef KINGLET_FLOW_SCORE_HEAD_H
#define KINGLET_FLOW_SCORE_HEAD_H

#include "graph/graph.h"

enum kl_score_kind {
    KL_SCORE_OUTPUT, /* the first output as it is */
    KL_SCORE_ERROR,  /* of a model that repeats its input: the mean squared difference */
    KL_SCORE_LEAST,  /* the least value of the first output: of distances to centres */
    KL_SCORE_KINDS
};
extern const char *const kl_score_kinds[KL_SCORE_KINDS]; /* "output", "error", "least" */

/*
 * Append float operators that compute the score; it becomes the only output, float32 with one
 * value. What an error compares the output with is the input, or behind a first SUB and MUL by
 * constants, with which `kinglet train` normalises it, their result; integers count as the real
 * values that they stand for. KL_EUNSUPPORTED when the model's shapes and types allow no such
 * score. KL_SCORE_OUTPUT changes nothing.
 */
enum kl_err kl_score_head(struct kl_graph *graph, enum kl_score_kind kind,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Is the first output a log-likelihood, by its name? Then low scores are the unusual ones. */
bool kl_gives_likelihood(const struct kl_graph *graph);

/* The head that the kind of model needs: none for a likelihood, the least of what is named
 * distances, the error of what is as large as the input, else the least output. */
enum kl_err kl_score_anomalies(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

#endif
