/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network in training: forward and backward through a graph of float operators, by oneDNN.
 *
 * Everything is planned when it is made: layouts (oneDNN chooses them where it matters, reorders
 * stand only between layers that chose differently), memory (gradients share buffers by their
 * lifetimes), and primitives. A step only executes them. Results are the same bits for the same
 * weights, data, batch, instruction set and number of threads.
 *
 * Operators: CONV_2D (groups), DEPTHWISE_CONV_2D, FULLY_CONNECTED, AVERAGE_POOL_2D, MAX_POOL_2D,
 * MEAN over height and width or time, ADD, SUB, MUL (broadcast at equal rank), RELU, RELU6,
 * LEAKY_RELU, HARD_SWISH, LOGISTIC, TANH, BATCH_NORM, DROPOUT, SOFTMAX, RESHAPE, STRIDED_SLICE of
 * steps of 1, and fused RELU and RELU6. float32 only; one input, one output.
 */
#ifndef KINGLET_LEARN_NET_H
#define KINGLET_LEARN_NET_H

#include "graph/graph.h"

struct kl_net_options {
    int32_t batch;   /* items of a step, >= 1 */
    bool logits;     /* leave out a SOFTMAX at the end: the loss has it */
    bool input_grad; /* compute the gradient of the input, too */
};

/* Constants of the graph that training changes: a range of all weights. */
struct kl_net_parameter {
    struct kl_tensor *tensor;
    int64_t offset, count;
    bool decays; /* weights proper, as opposed to biases, scales and offsets */
};

struct kl_net;

/* `graph` has a batch of 1 and must outlive the net. Free with kl_net_free, before the arena. */
enum kl_err kl_net_create(struct kl_graph *graph, const struct kl_net_options *options,
                          struct kl_arena *arena, struct kl_net **net,
                          struct kl_diag *diag) KL_MUST_CHECK;
void kl_net_free(struct kl_net *net);

/* Dense [batch][item] values: what a step reads, what it computed, and the gradient of the loss
 * with respect to that, which the caller fills in before kl_net_backward. */
float *kl_net_input(const struct kl_net *net);
const float *kl_net_output(const struct kl_net *net);
float *kl_net_output_grad(const struct kl_net *net);
/* With options.input_grad; valid after kl_net_backward. */
const float *kl_net_input_grad(const struct kl_net *net);
int32_t kl_net_batch(const struct kl_net *net);
int32_t kl_net_item_size(const struct kl_net *net);   /* values of an input item */
int32_t kl_net_output_size(const struct kl_net *net); /* values of an output item */

/* All weights back to back, and their gradients. */
float *kl_net_weights(const struct kl_net *net);
float *kl_net_grads(const struct kl_net *net);
int64_t kl_net_weight_count(const struct kl_net *net);
const struct kl_net_parameter *kl_net_parameters(const struct kl_net *net, int32_t *count);
/* Running means and variances of all BATCH_NORM, back to back. */
float *kl_net_statistics(const struct kl_net *net);
const struct kl_net_parameter *kl_net_running(const struct kl_net *net, int32_t *count);
int64_t kl_net_statistic_count(const struct kl_net *net);

/* Inference: running statistics, no dropout. */
enum kl_err kl_net_infer(struct kl_net *net, struct kl_diag *diag) KL_MUST_CHECK;
/* Training: the statistics of the batch, which also update the running ones; DROPOUT draws from
 * `stream` (random.h). */
enum kl_err kl_net_forward(struct kl_net *net, uint64_t stream, struct kl_diag *diag) KL_MUST_CHECK;
/* Gradients of all weights, after kl_net_forward. */
enum kl_err kl_net_backward(struct kl_net *net, struct kl_diag *diag) KL_MUST_CHECK;

/* Give the graph copies of the weights and statistics, in memory of the graph's arena. */
enum kl_err kl_net_store(const struct kl_net *net, struct kl_diag *diag) KL_MUST_CHECK;

/* Seconds of processor time that the layers alone take in a training step, forward and backward:
 * oneDNN's primitives one by one without what stands between them. The best of `repeats`. */
enum kl_err kl_net_layer_seconds(struct kl_net *net, int32_t repeats, double *seconds,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Threads that oneDNN uses in this process; >= 1. */
void kl_net_threads(int32_t count);
/* The instruction set that it chose, e.g. "avx2"; with the threads and the seed it decides the
 * bits of a result. */
const char *kl_net_isa(void);

#endif
