/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks as text: a short YAML file becomes a graph of float operators with initial weights.
 * docs/spec/network.md describes the text for users.
 */
#ifndef KINGLET_LEARN_NETWORK_H
#define KINGLET_LEARN_NETWORK_H

#include "graph/graph.h"

/* Largest text, and most weights and operators of the network that it describes. */
enum {
    KL_NETWORK_BYTES = 64 << 10,
    KL_NETWORK_WEIGHTS = 1 << 24,
    KL_NETWORK_OPS = 4096,
    KL_NETWORK_PARAMETERS = 32
};

/* A parameter of the text with another value than the text gives it. */
struct kl_network_setting {
    const char *name;
    double value;
};

struct kl_network_options {
    struct kl_shape input; /* of one item, without a batch; rank 0: as the text says */
    uint64_t seed;         /* of the initial weights */
    const struct kl_network_setting *settings;
    int32_t setting_count;
};

struct kl_network {
    const char *name;       /* as the text has it */
    struct kl_graph *graph; /* batch 1, float32, with BATCH_NORM and DROPOUT; accepted by
                             * kl_graph_verify; weights lie in the arena */
};

/*
 * Read a text; `origin` names it in messages. KL_EINPUT with "origin:line: ..." for what is not
 * such a text, KL_ELIMIT past the limits above. Weights are drawn from [-a, a]: a is sqrt(6 / n) by
 * He (K. He et al., Delving deep into rectifiers, 2015) and sqrt(6 / (n + m)) by Glorot (X. Glorot,
 * Y. Bengio, 2010), n and m being how many values go into and come out of a unit.
 */
enum kl_err kl_network_read(const char *text, size_t bytes, const char *origin,
                            const struct kl_network_options *options, struct kl_arena *arena,
                            struct kl_network *network, struct kl_diag *diag) KL_MUST_CHECK;

/* Dimensions of an item as the text's `input` has them; 0 for what is no network. */
int32_t kl_network_rank(const char *text, size_t bytes, struct kl_arena *arena);

/* Does the text have a parameter of that name? False for what is no network. */
bool kl_network_has_parameter(const char *text, size_t bytes, const char *name,
                              struct kl_arena *arena);

#endif
