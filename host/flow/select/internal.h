/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `select` share. */
#ifndef KINGLET_FLOW_SELECT_INTERNAL_H
#define KINGLET_FLOW_SELECT_INTERNAL_H

#include "flow/core_count.h"
#include "flow/select.h"

/* What a board's figures are made from. */
struct select_job {
    const struct kl_select_request *request;
    struct kl_arena *arena;
    struct kl_diag *diag;
    struct kl_model_job jobs[KL_SELECT_MODELS]; /* optimised */
    struct select_planned {
        struct kl_model_job job; /* with a plan for the set of kernels */
        struct core_model model; /* .job NULL: no board has asked for it yet */
    } planned[KL_SELECT_MODELS][KL_KERNEL_SET_COUNT];
    struct kl_core_counter counter;
};

/* Fill the cells of a board. needs: one per model. */
enum kl_err select_figures(struct select_job *job, const struct kl_core_need *needs,
                           struct kl_select_board *board) KL_MUST_CHECK;

/* Compare a board with the limits: exclusions and doubts. `arena_bytes`: largest arena. */
enum kl_err select_limits(struct select_job *job, int64_t arena_bytes,
                          struct kl_select_board *board) KL_MUST_CHECK;

/* Scores, weights, order and sensitivity. Boards are split into candidates and the rest. */
void select_score(const struct kl_select_request *request, struct kl_select_result *result);

/* The sentences about the result. */
enum kl_err select_rationale(const struct kl_select_request *request,
                             struct kl_select_result *result, struct kl_arena *arena,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* A value as people write it, e.g. "16.5 KiB". `text` is returned. */
char *select_text(double value, struct kl_dimension dimension, char text[KL_VALUE_BYTES]);

/* Place of a fact's word among its choices, from 0; -1 when it is unknown. *count: choices. */
int select_rank(const struct kl_fact *fact, enum kl_fact_id id, int *count);
/* The same of a word. */
int select_word_rank(const char *word, enum kl_fact_id id, int *count);

/* Words separated by blanks or commas: call with *at at the text; false at the end. */
bool select_next_word(const char **at, char word[32]);

#endif
