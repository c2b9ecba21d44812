/* SPDX-License-Identifier: Apache-2.0 */
/* A network under construction. Private to host/learn. */
#ifndef KINGLET_LEARN_NETWORK_INTERNAL_H
#define KINGLET_LEARN_NETWORK_INTERNAL_H

#include "base/yaml.h"
#include "graph/build.h"
#include "learn/network.h"

/* Names that stand for numbers: the network's parameters, and those of a block around its layers.
 */
struct scope {
    const struct scope *outer; /* NULL: none */
    int32_t count;
    struct kl_network_setting values[KL_NETWORK_PARAMETERS];
};

struct builder {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph;
    struct kl_arena *arena;
    struct kl_diag *diag;
    uint64_t seed;
    double width;                 /* multiplies `channels` */
    const struct kl_yaml *blocks; /* the text's own kinds of layers, or NULL */
    struct kl_tensor *value;      /* what the next layer works on */
    int64_t weights, activations; /* elements so far */
    int32_t layers;               /* so far: numbers their names */
    int32_t depth;                /* of lists in lists */
};

/* A layer of the text. */
struct layer {
    struct builder *b;
    const struct scope *scope;
    const char *kind;           /* e.g. "conv" */
    const struct kl_yaml *node; /* for messages */
    const struct kl_yaml *args; /* map of arguments, or NULL */
    const struct kl_yaml *main; /* what was given without a name, or NULL */
    const char *main_name;      /* the argument that `main` is, or NULL */
    bool before_batch_norm;     /* the next layer of the list is one: a bias would be of no use */
    char name[48];              /* e.g. "conv_3" */
};

/* A number, or a name of the scope. */
enum kl_err kl_layer_number(const struct layer *layer, const struct kl_yaml *node, double *value);

/* The argument of that name, or NULL. */
const struct kl_yaml *kl_layer_argument(const struct layer *layer, const char *name);

/* A whole number low .. high; an argument that is not there keeps *value. */
enum kl_err kl_layer_whole(const struct layer *layer, const char *name, int32_t low, int32_t high,
                           int32_t *value);
/* One such number for both, or a list of two: [height, width]. */
enum kl_err kl_layer_pair(const struct layer *layer, const char *name, int32_t low, int32_t high,
                          int32_t value[2]);
/* A number low <= value < high. */
enum kl_err kl_layer_real(const struct layer *layer, const char *name, double low, double high,
                          float *value);
/* true or false. */
enum kl_err kl_layer_flag(const struct layer *layer, const char *name, bool *value);
/* One of `count` words. */
enum kl_err kl_layer_word(const struct layer *layer, const char *name, const char *const *words,
                          int32_t count, int32_t *value);

/* "origin:line: LAYER: ..." with KL_EINPUT. */
enum kl_err kl_layer_fail(const struct layer *layer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How weights begin. */
enum init { INIT_HE, INIT_GLOROT };

/* Weights of the layer with that suffix, drawn at random; NULL after a message. */
struct kl_tensor *kl_layer_weights(const struct layer *layer, const char *suffix,
                                   struct kl_shape shape, enum init init, int64_t fan_in,
                                   int64_t fan_out);
/* The same, all of one value. */
struct kl_tensor *kl_layer_constants(const struct layer *layer, const char *suffix, int32_t count,
                                     float value);
/* Whole numbers that are no weights: axes and bounds. */
struct kl_tensor *kl_layer_integers(const struct layer *layer, const char *suffix, int32_t count,
                                    const int32_t *values);

/*
 * An operator behind all others whose output has that shape; `inputs` are as many as the kind
 * takes at most, the last ones may be NULL. The output becomes the builder's value. *op may be
 * used for attributes.
 */
enum kl_err kl_layer_op(const struct layer *layer, enum kl_op_kind kind, int32_t input_count,
                        struct kl_tensor *const *inputs, struct kl_shape shape, struct kl_op **op);

/* The layers of a list, one after the other. */
enum kl_err kl_network_layers(struct builder *b, const struct scope *scope,
                              const struct kl_yaml *list);

/* Builders of layers, by the table of network_layers.c. */
typedef enum kl_err layer_fn(const struct layer *layer);
layer_fn kl_layer_conv, kl_layer_depthwise_conv, kl_layer_dense, kl_layer_pool,
    kl_layer_global_average_pool, kl_layer_gru;

/* Images of [1, time, channels] get a width of 1, so that windows can slide over them. */
enum kl_err kl_layer_as_image(const struct layer *layer);

#endif
