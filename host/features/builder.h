/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipeline under construction: steps add operators to a graph one after the other. Private to
 * features/.
 *
 * Frames are computed one at a time: what comes between the step `frame` and the end of frames is
 * the body of a WHILE, which leaves a row of features behind for each frame. So no value of a
 * frame exists more than once in memory. Of a stream, each run takes the samples of one hop, and
 * circular buffers keep the samples of a frame and the features of all frames.
 */
#ifndef KINGLET_FEATURES_BUILDER_H
#define KINGLET_FEATURES_BUILDER_H

#include "base/yaml.h"
#include "graph/build.h"

/* What the value in the pipeline is. */
enum form {
    FORM_SIGNAL,   /* [samples] or [samples, channels] */
    FORM_VECTORS,  /* [channels, values], of one frame */
    FORM_FEATURES, /* [frames, values] */
    FORM_IMAGE     /* [1, height, width, channels] */
};

enum { FEATURES_MAX_CARRIED = 3 };

/* The loop over frames; `body` is NULL outside of it. */
struct loop {
    struct kl_subgraph *outside, *condition, *body;
    struct kl_tensor *signal;                       /* outside */
    struct kl_tensor *number, *inner_signal;        /* of the body: which frame; the signal */
    struct kl_tensor *before[FEATURES_MAX_CARRIED]; /* what the body gets from the frame before */
    struct kl_tensor *after[FEATURES_MAX_CARRIED];  /* and leaves to the next; zeros at first */
    int32_t carried;
    int32_t frames;
};

struct builder {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph; /* that operators are added to */
    struct kl_diag *diag;
    const struct kl_yaml *node; /* the step that is being read */
    const char *name;           /* its name, which its values get */
    struct kl_tensor *x;        /* the value so far */
    enum form form;
    double rate;      /* samples of a channel per second; 0: not given */
    double bin_width; /* > 0: the vectors are spectra, and their bins so many Hz apart */
    int32_t fft_length;
    bool whole;    /* read a stream as the whole signal that it sees */
    bool stream;   /* each run takes one hop of samples */
    int32_t every; /* of a stream: what follows the frames runs with every N-th frame */
    struct loop loop;
    const struct kl_tensor *target; /* the model's input; NULL: none */
    int32_t steps;                  /* so far */
};

/* "origin:line: step 'mel': ..." */
enum kl_err features_refuse(const struct builder *b, const struct kl_yaml *node, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

/* Add an operator whose output becomes the value. */
enum kl_err features_op(struct builder *b, enum kl_op_kind kind, int32_t count,
                        struct kl_tensor *const *inputs, enum kl_dtype dtype, struct kl_shape shape,
                        struct kl_op **op) KL_MUST_CHECK;

/* More outputs of an operator, behind those it has. */
enum kl_err features_more_outputs(struct builder *b, struct kl_op *op, int32_t count,
                                  struct kl_tensor *const *more) KL_MUST_CHECK;

/* A constant of the subgraph; `data` lives as long as the graph. */
enum kl_err features_constant(struct builder *b, enum kl_dtype dtype, struct kl_shape shape,
                              const void *data, struct kl_tensor **constant) KL_MUST_CHECK;
enum kl_err features_scalar(struct builder *b, enum kl_dtype dtype, double value,
                            struct kl_tensor **constant) KL_MUST_CHECK;

/* An operator of the value and a constant scalar of its type. */
enum kl_err features_with_scalar(struct builder *b, enum kl_op_kind kind,
                                 double value) KL_MUST_CHECK;

/* `count` zeroed elements that live as long as the graph, or NULL after a message. */
void *features_alloc(struct builder *b, size_t count, size_t size);

enum kl_err features_reshape(struct builder *b, struct kl_shape shape) KL_MUST_CHECK;

/* Of a value of rank 1 or 2: the elements first, first + step, ... below `end` along an axis. */
enum kl_err features_slice(struct builder *b, int32_t axis, int32_t first, int32_t end,
                           int32_t step) KL_MUST_CHECK;

/* The value as floats: int16 as shares of 32768, uint8 as they are. */
enum kl_err features_floats(struct builder *b) KL_MUST_CHECK;

/* The value as vectors: a whole signal is one frame. Refused for features and images. */
enum kl_err features_vectors(struct builder *b) KL_MUST_CHECK;
enum kl_err features_float_vectors(struct builder *b) KL_MUST_CHECK;

/* Values of a vector, and how many vectors. */
static inline int32_t features_width(const struct builder *b)
{
    return b->x->shape.dim[b->x->shape.rank - 1];
}

static inline int32_t features_rows(const struct builder *b)
{
    return b->x->shape.dim[0];
}

/* Begin the loop: the value becomes frame `number` of `frames`, by an operator FRAME with these
 * parameters; one frame alone needs no loop. `window` may be NULL. */
enum kl_err features_begin_frames(struct builder *b, int32_t frames, int32_t hop, int32_t length,
                                  const float *window) KL_MUST_CHECK;

/* A value [shape] that the loop carries from frame to frame, zeros before the first; *before is
 * the one of the frame before. Outside of the loop it is a constant; a stream keeps such values in
 * variables instead. Its successor is set by features_carry_on. */
enum kl_err features_carry(struct builder *b, enum kl_dtype dtype, struct kl_shape shape,
                           struct kl_tensor **before, int32_t *index) KL_MUST_CHECK;
void features_carry_on(struct builder *b, int32_t index, struct kl_tensor *after);

/* End the loop: the value becomes the features of all frames. Does nothing for features. With
 * `last`, nothing follows, and the model's quantisation may be applied. */
enum kl_err features_end_frames(struct builder *b, bool last) KL_MUST_CHECK;

/* ---- options ----------------------------------------------------------------------------- */

enum option_kind {
    OPTION_NUMBER,    /* double */
    OPTION_COUNT,     /* int32_t, >= 1 */
    OPTION_SAMPLES,   /* int32_t, >= 1; a time, by the rate, or a count */
    OPTION_FREQUENCY, /* double, Hz, > 0 and at most half the rate */
    OPTION_WORD,      /* int32_t: index in `words` */
    OPTION_FLAG,      /* bool */
    OPTION_NODE       /* const struct kl_yaml *: whatever it is */
};

struct option {
    const char *name;
    enum option_kind kind;
    void *to; /* keeps its content when the option is not given */
    bool required;
    const char *const *words; /* ends with NULL */
};

/* Read the options of a step; a map, or nothing when none is required. */
enum kl_err features_options(struct builder *b, const struct kl_yaml *node,
                             const struct option *options, size_t count) KL_MUST_CHECK;

/* One value. */
enum kl_err features_option(struct builder *b, const struct kl_yaml *node,
                            const struct option *option) KL_MUST_CHECK;

/* "expected one of ..." for a name, with the nearest. */
enum kl_err features_unknown(struct builder *b, const struct kl_yaml *node, const char *what,
                             const char *const *words, size_t count);

/* A list of numbers, or one: `*values` gets one for each of `count`. */
enum kl_err features_numbers(struct builder *b, const struct kl_yaml *node, int32_t count,
                             float **values) KL_MUST_CHECK;

/* ---- steps ------------------------------------------------------------------------------- */

/* `node`: what stands behind the step's name; NULL: nothing. */
typedef enum kl_err step_fn(struct builder *b, const struct kl_yaml *node);

step_fn step_frame, step_spectrum, step_mel, step_bands, step_bins, step_dct, step_peaks;
step_fn step_filter, step_preemphasis, step_absolute, step_decimate, step_statistics, step_log,
    step_add, step_multiply;
step_fn step_maximum, step_minimum, step_normalise, step_dynamic_range, step_centre, step_average,
    step_standardise;
step_fn step_join, step_grey, step_resize, step_micro_frontend;

/* Steps in order; `list` is a list of names and of maps with one name. */
enum kl_err features_steps(struct builder *b, const struct kl_yaml *list) KL_MUST_CHECK;

#endif
