/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feature pipelines (docs/spec/features.md): a text that says how raw samples become the numbers
 * that a model takes. It becomes operators of a graph, so that a plan, the emitter and packs carry
 * it like any layer. The text is hostile input: bounded, and refused with one message that names
 * the line.
 */
#ifndef KINGLET_FEATURES_FEATURES_H
#define KINGLET_FEATURES_FEATURES_H

#include "base/file.h"
#include "graph/graph.h"

enum { KL_FEATURES_FILE_BYTES = 1 << 16 };

/*
 * The pipeline as a graph of its own: one input, the samples, and one output, the features
 * [frames, features], of an image [height, width, channels]. `origin` names the text in messages.
 * The graph lives in `arena`.
 */
enum kl_err kl_features_graph(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                              struct kl_graph **graph, struct kl_diag *diag) KL_MUST_CHECK;

/* What a pipeline takes and makes. */
struct kl_features_facts {
    enum kl_dtype dtype;       /* of the samples */
    int32_t samples, channels; /* of a signal; of a stream all that the model sees */
    int32_t height, width;     /* of an image; of a signal 0 */
    double rate;               /* samples per second; 0: not given */
    float scale;               /* of features that are integers; 0: they are floats */
    int32_t zero_point;
};

/* The same as floats of a whole signal, whatever the pipeline's own form is: a stream is taken as
 * the samples of all its frames, and integers are multiplied by their scale. */
enum kl_err kl_features_whole(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                              struct kl_graph **graph, struct kl_features_facts *facts,
                              struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Put the pipeline in front of a model with one input: that input is computed, and the samples
 * become the model's input. Floats are quantised by the input's scale, and integers become
 * floats for a model that takes those. KL_EINPUT when shapes or types do not fit.
 */
enum kl_err kl_features_join(struct kl_bytes text, const char *origin, struct kl_graph *model,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
