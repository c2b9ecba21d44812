/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model answers to examples, by the engine, and how good the answers are: whoever judges a
 * model judges it here.
 *
 *     kl_outputs_run(plan, set, arena, &outputs, diag)     any model, floats or integers
 *     kl_score_open, kl_score_add_..., kl_score_finish     of one set, or summed up over several
 *     kl_score_pair                                        two models on the same examples
 */
#ifndef KINGLET_FLOW_SCORES_H
#define KINGLET_FLOW_SCORES_H

#include <jansson.h>

#include "base/statistics.h"
#include "learn/train.h"
#include "plan/plan.h"

/* The first output of a model for each example, as numbers. */
struct kl_outputs {
    int32_t count, size;
    float *values; /* [count][size], in the arena */
};

/*
 * Run a plan over all examples of a set. The model has one input of float32, or of int8 or int16
 * with one scale, which takes as many values as an example has; state begins anew with each
 * example. KL_EUNSUPPORTED, KL_EINPUT (also: a value that is no finite number), KL_EMEMORY.
 */
enum kl_err kl_outputs_run(const struct kl_plan *plan, const struct kl_learn_set *set,
                           struct kl_arena *arena, struct kl_outputs *outputs,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The same of several models, for which each example is read once. plans, outputs: [count]. */
enum kl_err kl_outputs_run_all(const struct kl_plan *const *plans, int32_t count,
                               const struct kl_learn_set *set, struct kl_arena *arena,
                               struct kl_outputs *outputs, struct kl_diag *diag) KL_MUST_CHECK;

/* The place of an example's largest output; of equal ones the first. */
int32_t kl_outputs_answer(const struct kl_outputs *outputs, int32_t example);

/* How good a model is. What does not apply to the task is NaN or NULL. */
struct kl_score {
    int32_t count;              /* examples */
    int32_t groups;             /* that they belong to, where the caller says it; 0: not known */
    int32_t classes;            /* 0: the task has none */
    int64_t *confusion;         /* [truth][answer], classes * classes */
    int64_t *of;                /* [classes]: examples of each, whatever was answered */
    double accuracy, low, high; /* share of right answers, with the 95 % interval of Wilson */
    double error;               /* mean squared error, of values and of anomalies */
    double auc;                 /* of anomalies: area under the curve (learn/score.h) */
};

/* A score of no examples yet. classes > 0: with a confusion matrix. */
enum kl_err kl_score_open(int32_t classes, struct kl_arena *arena, struct kl_score *score,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Add the outputs for a set with labels, or with targets of as many values as the outputs have.
 * An answer that is no class of the set counts as wrong. */
void kl_score_add_classes(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                          struct kl_score *score);
void kl_score_add_values(const struct kl_learn_set *set, const struct kl_outputs *outputs,
                         struct kl_score *score);

/* Add a score of other examples for the same task, before kl_score_finish of the sum. */
void kl_score_join(struct kl_score *sum, const struct kl_score *one);

/* Set the score of anomalies, from how unusual each example of a set is. */
enum kl_err kl_score_set_unusual(const struct kl_learn_set *set, const double *unusual,
                                 struct kl_arena *arena, struct kl_score *score,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Accuracy and interval, of a score with classes. */
void kl_score_finish(struct kl_score *score);

/* Recall of class `c` with its 95 % interval of Wilson; *of: examples of the class; NaN and 0 to 1
 * without any. */
double kl_score_class_recall(const struct kl_score *score, int32_t c, int64_t *of,
                             struct kl_interval *interval);

/* Of each class under `key` its name, then examples, recall with its interval, and how many
 * examples had which answer. Empty without a confusion matrix. A new reference. */
json_t *kl_score_classes_json(const struct kl_score *score, const char *key,
                              const char *const *names);

/* Intervals take examples as independent, which those of one group are not. Says so of a score with
 * fewer groups than examples, in one sentence; else returns false. */
enum { KL_SCORE_CAUTION_BYTES = 128 };
bool kl_score_caution(const struct kl_score *score, char text[KL_SCORE_CAUTION_BYTES]);

/* How unusual each example is, by [count]: the mean squared difference between outputs and example,
 * the latter normalised as the model does it ... */
enum kl_err kl_unusual_repeat(const struct kl_learn_set *set, const struct kl_normalisation *n,
                              const struct kl_outputs *outputs, struct kl_arena *arena,
                              double **unusual, struct kl_diag *diag) KL_MUST_CHECK;
/* ... or the least output, where outputs are distances. */
enum kl_err kl_unusual_distance(const struct kl_outputs *outputs, struct kl_arena *arena,
                                double **unusual, struct kl_diag *diag) KL_MUST_CHECK;

/* ... or minus the output, where that is a log-likelihood. */
enum kl_err kl_unusual_likelihood(const struct kl_outputs *outputs, struct kl_arena *arena,
                                  double **unusual, struct kl_diag *diag) KL_MUST_CHECK;

/* Two models on the same examples: how many each answers rightly, and each alone. */
struct kl_pair {
    int64_t count, first, second;
    int64_t only_first, only_second;
    double difference, low, high; /* of the shares, second minus first, with the 95 % interval of
                                   * kl_paired_interval */
};

struct kl_pair kl_score_pair(const struct kl_learn_set *set, const struct kl_outputs *first,
                             const struct kl_outputs *second);

/* Add up pairs of other examples; the interval is then that of all. */
void kl_pair_add(struct kl_pair *sum, const struct kl_pair *pair);

/* The same of errors, by [count]: the difference of their means, second minus first, with the 95 %
 * interval of the mean of the differences, taken as normal; none of fewer than two. */
struct kl_pair kl_score_pair_errors(const double *first, const double *second, int32_t count);

#endif
