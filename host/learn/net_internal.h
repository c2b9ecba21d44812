/* SPDX-License-Identifier: Apache-2.0 */
/* A net under construction, and its parts. Private to host/learn. */
#ifndef KINGLET_LEARN_NET_INTERNAL_H
#define KINGLET_LEARN_NET_INTERNAL_H

#include <oneapi/dnnl/dnnl.h>

#include "learn/net.h"

/* What is executed one after the other; a step may be in several lists. */
enum list { LIST_TRAIN = 1, LIST_INFER = 2, LIST_BACKWARD = 4, LIST_FORWARD = 3, LISTS = 3 };

enum { STEP_ARGS = 12 };

/* A primitive, or a function of our own. */
struct step {
    dnnl_primitive_t primitive; /* NULL: `run` */
    int32_t arg_count;
    dnnl_exec_arg_t args[STEP_ARGS];
    void (*run)(const struct kl_net *net, const void *context);
    const void *context;
    bool is_layer; /* what a layer needs, as opposed to what stands between layers */
};

struct step_list {
    struct step **steps;
    int32_t count, capacity;
};

/* Memory that several short-lived tensors of the backward pass take turns in. */
struct pool_buffer {
    size_t bytes;
    bool taken;
    float *data; /* NULL until all is planned */
};

/* A tensor in one more layout. */
struct form {
    struct form *next;
    dnnl_memory_desc_t md;
    dnnl_memory_t memory;
    float *data;
};

/* Weights, in the graph's layout and in those that primitives chose. */
struct param {
    struct kl_tensor *tensor;
    float *value, *grad; /* grad NULL: a statistic */
    bool grad_begun;
    struct form form; /* the graph's */
    dnnl_memory_t grad_memory;
};

/* What is between two operators. */
struct value {
    const struct kl_tensor *tensor; /* for the shape; the batch is the net's */
    struct form form;               /* as its producer writes it */
    bool needs_grad;
    bool grad_begun;
    int32_t grad_buffer; /* of the pool; has the layout of `form` */
    dnnl_memory_t grad;
};

struct node;

/* Adds the steps of the forward pass, and makes node->out. */
typedef enum kl_err node_forward_fn(struct kl_net *net, struct node *node);
/* Adds the steps that compute gradients from node->out's. */
typedef enum kl_err node_backward_fn(struct kl_net *net, struct node *node);

struct node_kind {
    enum kl_op_kind op;
    node_forward_fn *forward;
    node_backward_fn *backward;
};

enum { NODE_INPUTS = 2, NODE_PARAMS = 4 };

struct node {
    const struct node_kind *kind;
    const struct kl_op *op;
    struct value *in[NODE_INPUTS], *out;
    struct param *param[NODE_PARAMS];
    dnnl_primitive_desc_t forward; /* the hint for the backward pass */
    dnnl_memory_t src, workspace, mean, variance;
    dnnl_memory_desc_t src_md, dst_md; /* as the primitive sees them */
    const void *extra;
    int32_t number; /* from 0 */
};

struct handle {
    struct handle *next;
    dnnl_primitive_t primitive;
    dnnl_primitive_desc_t description;
    dnnl_memory_t memory;
    dnnl_primitive_attr_t attr;
};

/* Memory objects that get their place when the pool has one. */
struct pool_user {
    struct pool_user *next;
    dnnl_memory_t memory;
    int32_t buffer;
};

enum { POOL_MAX = 4096 };

struct kl_net {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph;
    struct kl_net_options options;
    struct kl_arena *arena;
    struct kl_diag *diag; /* of the call that is running */
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct handle *handles;
    struct step_list lists[LISTS];
    struct value **values; /* by tensor id */
    struct param **params; /* by tensor id */
    struct node *nodes;
    int32_t node_count;
    struct pool_buffer *pool;
    int32_t pool_count;
    struct pool_user *pool_users;
    struct value *input, *output;
    struct kl_net_parameter *parameters;
    int32_t parameter_count;
    struct kl_net_parameter *running; /* statistics */
    int32_t running_count;
    float *weights, *grads, *statistics;
    int64_t weight_count, statistic_count;
    uint64_t dropout_stream;
};

/* oneDNN's status as an error that names what was tried. */
enum kl_err net_check(struct kl_net *net, dnnl_status_t status, const char *what);
#define DNN_TRY(net, call, what) KL_TRY(net_check((net), (call), (what)))

/* Layouts. Dimensions of images are in oneDNN's order (batch, channels, height, width), in memory
 * they are NHWC; other shapes are in the graph's order. The batch is the net's. */
void net_plain(const struct kl_net *net, const struct kl_shape *shape, dnnl_memory_desc_t *md);
/* Channels of such a layout last: [rows][channels] for a dense layer, or as an image of 1 x 1. */
void net_rows(const dnnl_memory_desc_t *md, bool image, dnnl_memory_desc_t *rows);
/* The same dimensions in a layout that oneDNN may choose. */
void net_any(const dnnl_memory_desc_t *md, dnnl_memory_desc_t *any);

/* Floats for a tensor of that layout, zeroed; NULL after a message. */
float *net_floats(struct kl_net *net, const dnnl_memory_desc_t *md);
/* A memory object on them, or on a buffer of the pool. */
enum kl_err net_memory(struct kl_net *net, const dnnl_memory_desc_t *md, float *data,
                       dnnl_memory_t *memory);
enum kl_err net_pool_memory(struct kl_net *net, const dnnl_memory_desc_t *md, int32_t buffer,
                            dnnl_memory_t *memory);
enum kl_err net_pool_take(struct kl_net *net, const dnnl_memory_desc_t *md, int32_t *buffer);
void net_pool_give(struct kl_net *net, int32_t buffer);

/* The description of a primitive, and the primitive as a step of some lists. */
enum kl_err net_describe(struct kl_net *net, const_dnnl_op_desc_t desc, dnnl_primitive_desc_t hint,
                         const struct kl_op *op, dnnl_primitive_desc_t *description);
enum kl_err net_step(struct kl_net *net, int32_t lists, dnnl_primitive_desc_t description,
                     bool is_layer, struct step **step);
void net_arg(struct step *step, int arg, dnnl_memory_t memory);
enum kl_err net_own_step(struct kl_net *net, int32_t lists,
                         void (*run)(const struct kl_net *net, const void *context),
                         const void *context);
enum kl_err net_reorder(struct kl_net *net, int32_t lists, const dnnl_memory_desc_t *from_md,
                        dnnl_memory_t from, const dnnl_memory_desc_t *to_md, dnnl_memory_t to);

/* A tensor in the wanted layout; a reorder is added to the lists unless it is there already. */
enum kl_err net_form(struct kl_net *net, int32_t lists, struct form *form,
                     const dnnl_memory_desc_t *md, struct form **found);

/* The output of a node in that layout; `data` NULL: new memory. */
enum kl_err net_make_output(struct kl_net *net, struct node *node, const dnnl_memory_desc_t *md,
                            float *data);

/* Where a node writes the gradient of `value` in the layout md; when its step has been added,
 * net_grad_end adds what joins it with other gradients of the value. */
struct target {
    dnnl_memory_desc_t md;
    dnnl_memory_t memory;
    int32_t buffer;
    bool direct; /* it is the value's own gradient */
};
enum kl_err net_grad_begin(struct kl_net *net, struct value *value, const dnnl_memory_desc_t *md,
                           struct target *target);
enum kl_err net_grad_end(struct kl_net *net, struct value *value, struct target *target);
/* A gradient that lies in the pool already, and stays there. */
enum kl_err net_grad_pass(struct kl_net *net, struct value *value, const dnnl_memory_desc_t *md,
                          int32_t buffer);
/* The output's gradient in another layout of the same elements. *buffer is the caller's to give
 * back unless it is the output's own. */
enum kl_err net_grad_of(struct kl_net *net, const struct value *out, const dnnl_memory_desc_t *md,
                        dnnl_memory_t *memory, int32_t *buffer);
/* The same for gradients of weights: the primitive's layout md into the graph's. */
enum kl_err net_param_begin(struct kl_net *net, struct param *param, const dnnl_memory_desc_t *md,
                            struct target *target);
enum kl_err net_param_end(struct kl_net *net, struct param *param, struct target *target);

/* When all is planned: the pool gets its memory. And the end: oneDNN's objects are released. */
enum kl_err net_pool_place(struct kl_net *net);
void net_free_handles(struct kl_net *net);

node_forward_fn net_conv_forward, net_dense_forward, net_pool_forward, net_mean_forward,
    net_eltwise_forward, net_binary_forward, net_batch_norm_forward, net_dropout_forward,
    net_softmax_forward, net_reshape_forward, net_slice_forward;
node_backward_fn net_conv_backward, net_dense_backward, net_pool_backward, net_mean_backward,
    net_eltwise_backward, net_binary_backward, net_batch_norm_backward, net_dropout_backward,
    net_softmax_backward, net_reshape_backward, net_slice_backward;

#endif
