/* SPDX-License-Identifier: Apache-2.0 */
/* Post-training quantisation of a model: calibration, the pass, improvements, and how close the
 * result is to the floats. */
#ifndef KINGLET_FLOW_QUANTISE_MODEL_H
#define KINGLET_FLOW_QUANTISE_MODEL_H

#include "flow/histogram.h"
#include "flow/model_job.h"
#include "flow/scores.h"

/* The usual share of values that percentiles cover. */
#define KL_PTQ_PERCENTILE 99.99

struct kl_ptq_options {
    enum kl_calibration method;
    double percentile;
    bool wide, float_io, dense_channels; /* struct kl_quantise_options */
    bool equalise;                       /* cross-layer equalisation first */
    bool correct_biases;                 /* so that means of outputs stay */
    bool adaround;                       /* choose the rounding of weights; biases follow */
    struct kl_range input_range;         /* of input 0, whatever is seen; 0 and 0: what is seen */
    const struct kl_graph *like; /* a model of integers: its scales and zero points are taken, and
                                  * its types instead of `wide`, `float_io`, `dense_channels` */
    const unsigned char *inputs; /* of the float model: sets of inputs back to back */
    int64_t items;               /* how many sets, >= 1 */
    const unsigned char *checks; /* other sets, for the comparison; NULL: the same */
    int64_t check_items;
    const struct kl_learn_set
        *test; /* examples with classes, on which both models are tried; NULL */
};

/* How close one computed tensor is to the floats. */
struct kl_ptq_layer {
    const char *op, *tensor;
    double sqnr;       /* signal to quantisation noise in dB, of the whole model up to here */
    double sqnr_alone; /* of this operator alone, given quantised exact inputs; NAN: not known */
    double difference; /* largest */
    struct kl_scale scale;
    bool is_output;
};

struct kl_ptq_report {
    struct kl_graph *graph; /* of integers */
    int32_t layer_count;
    struct kl_ptq_layer *layers; /* what is computed in integers, in order */
    int64_t cut_off;             /* weights and biases beyond the scales of `like` */
    int32_t integer_ops, pairs;  /* pairs of layers that were equalised */
    const char *const *stay;     /* [stay_count]: "operator 3 (EXP): why" */
    int32_t stay_count;
    int32_t improved;        /* layers whose weights or biases were improved */
    const char *const *kept; /* [kept_count]: layers that rounding left as they were, and why */
    int32_t kept_count;
    struct kl_pair accuracy; /* on the test: floats first, integers second */
};

/* Quantise the job's model, of which subgraph 0 is to hold floats; its graph is optimised on the
 * way. The report lies in the job's arena. */
enum kl_err kl_quantise_model(struct kl_model_job *job, const struct kl_ptq_options *options,
                              struct kl_ptq_report *report, struct kl_diag *diag) KL_MUST_CHECK;

/* The least ratio and the largest difference of all outputs; both NAN when nothing was compared,
 * since no output is of integers. A ratio without any signal is NAN, without any noise infinite. */
struct kl_ptq_layer kl_ptq_worst_output(const struct kl_ptq_report *report);

/* The layer that alone loses most; NULL: no ratio is known. */
const struct kl_ptq_layer *kl_ptq_weakest(const struct kl_ptq_report *report);

/* The option of `kinglet quantise` to try for a layer that loses much. */
const char *kl_ptq_advice(const struct kl_ptq_options *options, const struct kl_ptq_layer *layer);

#endif
