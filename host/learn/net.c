/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/net.h"

#include <string.h>
#include <time.h>

#include "graph/const_params.h"
#include "learn/net_internal.h"

/* The OpenMP runtime that oneDNN runs on (OpenMP API 4.5, section 3.2.1). Declared here since not
 * every compiler brings omp.h. */
extern void omp_set_num_threads(int count);

static const struct node_kind kinds[] = {
    {KL_OP_CONV_2D, net_conv_forward, net_conv_backward},
    {KL_OP_DEPTHWISE_CONV_2D, net_conv_forward, net_conv_backward},
    {KL_OP_FULLY_CONNECTED, net_dense_forward, net_dense_backward},
    {KL_OP_AVERAGE_POOL_2D, net_pool_forward, net_pool_backward},
    {KL_OP_MAX_POOL_2D, net_pool_forward, net_pool_backward},
    {KL_OP_MEAN, net_mean_forward, net_mean_backward},
    {KL_OP_RELU, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_RELU6, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_LEAKY_RELU, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_HARD_SWISH, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_LOGISTIC, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_TANH, net_eltwise_forward, net_eltwise_backward},
    {KL_OP_ADD, net_binary_forward, net_binary_backward},
    {KL_OP_SUB, net_binary_forward, net_binary_backward},
    {KL_OP_MUL, net_binary_forward, net_binary_backward},
    {KL_OP_BATCH_NORM, net_batch_norm_forward, net_batch_norm_backward},
    {KL_OP_DROPOUT, net_dropout_forward, net_dropout_backward},
    {KL_OP_SOFTMAX, net_softmax_forward, net_softmax_backward},
    {KL_OP_RESHAPE, net_reshape_forward, net_reshape_backward},
    {KL_OP_STRIDED_SLICE, net_slice_forward, net_slice_backward},
};

static const struct node_kind *find_kind(enum kl_op_kind op)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].op == op) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* Which input of an operator is weights? Those of training in front of statistics. */
static bool is_weights(const struct kl_op *op, int32_t input)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_FULLY_CONNECTED:
    case KL_OP_BATCH_NORM: return input > 0;
    default: return false;
    }
}

/* Weights proper lie in the first input behind the values, and not those of BATCH_NORM. */
static bool decays(const struct kl_op *op, int32_t input)
{
    return op->kind != KL_OP_BATCH_NORM && input == 1;
}

static bool is_statistic(const struct kl_op *op, int32_t input)
{
    return op->kind == KL_OP_BATCH_NORM && input > 2;
}

/* Give each constant that training changes a place; the first of two passes only counts. */
static enum kl_err place_param(struct kl_net *net, const struct kl_op *op, int32_t input,
                               bool count)
{
    struct kl_tensor *tensor = op->inputs[input];
    int64_t elements = kl_shape_elements(&tensor->shape);
    if (!tensor->data || tensor->dtype != KL_F32) {
        return kl_op_fail(op, net->diag, KL_EUNSUPPORTED, "its weights are no float32 constants");
    }
    if (net->params[tensor->id]) {
        return KL_OK;
    }
    struct param *param = KL_NEW(net->arena, struct param, 1);
    if (!param) {
        return KL_FAIL_MEMORY(net->diag);
    }
    param->tensor = tensor;
    net->params[tensor->id] = param;
    if (is_statistic(op, input)) {
        if (!count) {
            param->value = net->statistics + net->statistic_count;
            net->running[net->running_count] =
                (struct kl_net_parameter){tensor, net->statistic_count, elements, false};
        }
        net->running_count++;
        net->statistic_count += elements;
        return KL_OK;
    }
    if (!count) {
        param->value = net->weights + net->weight_count;
        param->grad = net->grads + net->weight_count;
        net->parameters[net->parameter_count] =
            (struct kl_net_parameter){tensor, net->weight_count, elements, decays(op, input)};
    }
    net->parameter_count++;
    net->weight_count += elements;
    return KL_OK;
}

static enum kl_err place_params(struct kl_net *net, bool count)
{
    net->weight_count = net->statistic_count = 0;
    net->parameter_count = net->running_count = 0;
    memset(net->params, 0, (size_t)net->subgraph->tensor_count * sizeof net->params[0]);
    for (int32_t o = 0; o < net->subgraph->op_count; o++) {
        const struct kl_op *op = net->subgraph->ops[o];
        for (int32_t i = 1; i < op->input_count; i++) {
            if (op->inputs[i] && is_weights(op, i)) {
                KL_TRY(place_param(net, op, i, count));
            }
        }
    }
    return KL_OK;
}

/* A vector or matrix in the graph's order; convolutions make their own layout of it. */
static enum kl_err open_param(struct kl_net *net, struct param *param)
{
    dnnl_dims_t dims, strides;
    dnnl_dim_t stride = 1;
    const struct kl_shape *shape = &param->tensor->shape;
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        dims[i] = shape->dim[i];
        strides[i] = stride;
        stride *= dims[i];
    }
    dnnl_memory_desc_init_by_strides(&param->form.md, shape->rank, dims, dnnl_f32, strides);
    param->form.data = param->value;
    memcpy(param->value, param->tensor->data, param->tensor->bytes);
    KL_TRY(net_memory(net, &param->form.md, param->value, &param->form.memory));
    return param->grad ? net_memory(net, &param->form.md, param->grad, &param->grad_memory) : KL_OK;
}

static enum kl_err open_params(struct kl_net *net)
{
    KL_TRY(place_params(net, true));
    net->weights = KL_NEW(net->arena, float, (size_t)net->weight_count + 1);
    net->grads = KL_NEW(net->arena, float, (size_t)net->weight_count + 1);
    net->statistics = KL_NEW(net->arena, float, (size_t)net->statistic_count + 1);
    net->parameters = KL_NEW(net->arena, struct kl_net_parameter, (size_t)net->parameter_count + 1);
    net->running = KL_NEW(net->arena, struct kl_net_parameter, (size_t)net->running_count + 1);
    if (!net->weights || !net->grads || !net->statistics || !net->parameters || !net->running) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(place_params(net, false));
    for (int32_t i = 0; i < net->subgraph->tensor_count; i++) {
        if (net->params[i]) {
            KL_TRY(open_param(net, net->params[i]));
        }
    }
    return KL_OK;
}

static enum kl_err open_value(struct kl_net *net, const struct kl_tensor *tensor,
                              const dnnl_memory_desc_t *md, float *data, struct value **value)
{
    struct value *v = KL_NEW(net->arena, struct value, 1);
    if (!v) {
        return KL_FAIL_MEMORY(net->diag);
    }
    v->tensor = tensor;
    v->form.md = *md;
    v->form.data = data ? data : net_floats(net, md);
    if (!v->form.data) {
        return net->diag->err;
    }
    *value = v;
    return net_memory(net, md, v->form.data, &v->form.memory);
}

enum kl_err net_make_output(struct kl_net *net, struct node *node, const dnnl_memory_desc_t *md,
                            float *data)
{
    KL_TRY(open_value(net, node->op->outputs[0], md, data, &node->out));
    for (int32_t i = 0; i < NODE_INPUTS; i++) {
        node->out->needs_grad = node->out->needs_grad || (node->in[i] && node->in[i]->needs_grad);
    }
    for (int32_t i = 0; i < NODE_PARAMS; i++) {
        node->out->needs_grad = node->out->needs_grad || (node->param[i] && node->param[i]->grad);
    }
    return KL_OK;
}

static enum kl_err add_node(struct kl_net *net, const struct kl_op *op, struct value *only_input)
{
    struct node *node = &net->nodes[net->node_count];
    *node = (struct node){.kind = find_kind(op->kind), .op = op, .number = net->node_count};
    if (!node->kind) {
        return kl_op_fail(op, net->diag, KL_EUNSUPPORTED, "training cannot compute this operator");
    }
    net->node_count++;
    node->in[0] = only_input;
    for (int32_t i = 0, value = 0, param = 0; !only_input && i < op->input_count; i++) {
        const struct kl_tensor *tensor = op->inputs[i];
        if (tensor && is_weights(op, i)) {
            node->param[param++] = net->params[tensor->id];
        } else if (tensor && net->values[tensor->id] && value < NODE_INPUTS) {
            node->in[value++] = net->values[tensor->id];
        }
    }
    if (!node->in[0]) {
        return kl_op_fail(op, net->diag, KL_EUNSUPPORTED, "training cannot begin with a constant");
    }
    return node->kind->forward(net, node);
}

static enum kl_activation activation_of(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: return op->attr.window.activation;
    case KL_OP_FULLY_CONNECTED: return op->attr.fully_connected.activation;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL: return op->attr.binary.activation;
    default: return KL_ACT_NONE;
    }
}

/* An operator, and its fused activation as one of its own. */
static enum kl_err add_op(struct kl_net *net, const struct kl_op *op)
{
    enum kl_activation activation = activation_of(op);
    if (op->outputs[0]->dtype != KL_F32 || op->output_count != 1) {
        return kl_op_fail(op, net->diag, KL_EUNSUPPORTED, "training needs one output of float32");
    }
    KL_TRY(add_node(net, op, NULL));
    if (activation == KL_ACT_RELU || activation == KL_ACT_RELU6) {
        struct kl_op *function = KL_NEW(net->arena, struct kl_op, 1);
        if (!function) {
            return KL_FAIL_MEMORY(net->diag);
        }
        *function = *op;
        function->kind = activation == KL_ACT_RELU ? KL_OP_RELU : KL_OP_RELU6;
        KL_TRY(add_node(net, function, net->nodes[net->node_count - 1].out));
    } else if (activation != KL_ACT_NONE) {
        return kl_op_fail(op, net->diag, KL_EUNSUPPORTED, "training cannot compute its activation");
    }
    net->values[op->outputs[0]->id] = net->nodes[net->node_count - 1].out;
    return KL_OK;
}

static enum kl_err add_input(struct kl_net *net)
{
    const struct kl_tensor *tensor = net->subgraph->inputs[0];
    dnnl_memory_desc_t md;
    net_plain(net, &tensor->shape, &md);
    KL_TRY(open_value(net, tensor, &md, NULL, &net->input));
    net->input->needs_grad = net->options.input_grad;
    net->values[tensor->id] = net->input;
    return KL_OK;
}

/* The end of the network: dense values, and the buffer of their gradient. */
static enum kl_err close_output(struct kl_net *net)
{
    dnnl_memory_desc_t plain;
    struct form *form;
    struct value *last = net->nodes[net->node_count - 1].out;
    net_plain(net, &last->tensor->shape, &plain);
    KL_TRY(net_form(net, LIST_FORWARD, &last->form, &plain, &form));
    if (form == &last->form) {
        net->output = last;
    } else {
        KL_TRY(open_value(net, last->tensor, &plain, form->data, &net->output));
    }
    KL_TRY(net_pool_take(net, &plain, &net->output->grad_buffer));
    KL_TRY(net_pool_memory(net, &plain, net->output->grad_buffer, &net->output->grad));
    net->output->grad_begun = true;
    return net->output == last ? KL_OK : net_grad_pass(net, last, &plain, net->output->grad_buffer);
}

static enum kl_err add_backward(struct kl_net *net)
{
    for (int32_t i = net->node_count - 1; i >= 0; i--) {
        struct node *node = &net->nodes[i];
        if (!node->out->needs_grad || !node->out->grad_begun) {
            continue;
        }
        KL_TRY(node->kind->backward(net, node));
        if (node->out != net->output) {
            net_pool_give(net, node->out->grad_buffer);
        }
    }
    return KL_OK;
}

static enum kl_err check_graph(const struct kl_graph *graph, const struct kl_net_options *options,
                               struct kl_diag *diag)
{
    const struct kl_subgraph *g = graph->subgraphs[0];
    if (graph->subgraph_count != 1 || g->input_count != 1 || g->output_count != 1 ||
        g->op_count < 1 || g->inputs[0]->dtype != KL_F32) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "training needs a network with one input of float32 and one output");
    }
    if (g->inputs[0]->shape.rank < 2 || g->inputs[0]->shape.dim[0] != 1) {
        return kl_fail(diag, KL_EUNSUPPORTED, "training needs a network with a batch of 1");
    }
    int64_t most = 0;
    for (int32_t i = 0; i < g->op_count; i++) {
        for (int32_t k = 0; k < g->ops[i]->output_count; k++) {
            int64_t size = kl_shape_elements(&g->ops[i]->outputs[k]->shape);
            most = size > most ? size : most;
        }
    }
    return options->batch >= 1 && most * options->batch <= INT32_MAX / 4
               ? KL_OK
               : kl_fail(diag, KL_ELIMIT, "a batch of %d is too large for this network",
                         options->batch);
}

static enum kl_err build(struct kl_net *net)
{
    struct kl_subgraph *g = net->subgraph;
    size_t tensors = (size_t)g->tensor_count;
    int32_t ops = g->op_count;
    net->values = KL_NEW(net->arena, struct value *, tensors);
    net->params = KL_NEW(net->arena, struct param *, tensors);
    net->nodes = KL_NEW(net->arena, struct node, 2 * (size_t)ops);
    net->pool = KL_NEW(net->arena, struct pool_buffer, POOL_MAX);
    if (!net->values || !net->params || !net->nodes || !net->pool) {
        return KL_FAIL_MEMORY(net->diag);
    }
    DNN_TRY(net, dnnl_engine_create(&net->engine, dnnl_cpu, 0), "engine");
    DNN_TRY(net, dnnl_stream_create(&net->stream, net->engine, dnnl_stream_default_flags),
            "stream");
    KL_TRY(open_params(net));
    KL_TRY(add_input(net));
    bool drop = net->options.logits && ops > 1 && g->ops[ops - 1]->kind == KL_OP_SOFTMAX;
    for (int32_t i = 0; i < (drop ? ops - 1 : ops); i++) {
        KL_TRY(add_op(net, g->ops[i]));
    }
    /* What is learnt is the end of the graph, so the graph must end there. */
    const struct kl_op *end = g->ops[ops - 1];
    if (end->outputs[0] != g->outputs[0]) {
        return kl_fail(net->diag, KL_EUNSUPPORTED,
                       "the last layer is not the network's output: its results have no use");
    }
    KL_TRY(close_output(net));
    KL_TRY(add_backward(net));
    return net_pool_place(net);
}

enum kl_err kl_net_create(struct kl_graph *graph, const struct kl_net_options *options,
                          struct kl_arena *arena, struct kl_net **net, struct kl_diag *diag)
{
    *net = NULL;
    KL_TRY(kl_graph_verify(graph, diag));
    KL_TRY(check_graph(graph, options, diag));
    struct kl_net *made = KL_NEW(arena, struct kl_net, 1);
    if (!made) {
        return KL_FAIL_MEMORY(diag);
    }
    *made = (struct kl_net){.graph = graph,
                            .subgraph = graph->subgraphs[0],
                            .options = *options,
                            .arena = arena,
                            .diag = diag};
    enum kl_err err = build(made);
    if (err != KL_OK) {
        kl_net_free(made);
        return err;
    }
    *net = made;
    return KL_OK;
}

void kl_net_free(struct kl_net *net)
{
    if (net) {
        net_free_handles(net);
    }
}

float *kl_net_input(const struct kl_net *net)
{
    return net->input->form.data;
}

const float *kl_net_output(const struct kl_net *net)
{
    return net->output->form.data;
}

float *kl_net_output_grad(const struct kl_net *net)
{
    return net->pool[net->output->grad_buffer].data;
}

const float *kl_net_input_grad(const struct kl_net *net)
{
    return net->pool[net->input->grad_buffer].data;
}

int32_t kl_net_batch(const struct kl_net *net)
{
    return net->options.batch;
}

int32_t kl_net_item_size(const struct kl_net *net)
{
    return (int32_t)kl_shape_elements(&net->input->tensor->shape);
}

int32_t kl_net_output_size(const struct kl_net *net)
{
    return (int32_t)kl_shape_elements(&net->output->tensor->shape);
}

float *kl_net_weights(const struct kl_net *net)
{
    return net->weights;
}

float *kl_net_grads(const struct kl_net *net)
{
    return net->grads;
}

int64_t kl_net_weight_count(const struct kl_net *net)
{
    return net->weight_count;
}

const struct kl_net_parameter *kl_net_parameters(const struct kl_net *net, int32_t *count)
{
    *count = net->parameter_count;
    return net->parameters;
}

float *kl_net_statistics(const struct kl_net *net)
{
    return net->statistics;
}

const struct kl_net_parameter *kl_net_running(const struct kl_net *net, int32_t *count)
{
    *count = net->running_count;
    return net->running;
}

int64_t kl_net_statistic_count(const struct kl_net *net)
{
    return net->statistic_count;
}

static enum kl_err run_step(struct kl_net *net, const struct step *step)
{
    if (step->run) {
        step->run(net, step->context);
        return KL_OK;
    }
    return net_check(
        net, dnnl_primitive_execute(step->primitive, net->stream, step->arg_count, step->args),
        "execution");
}

static enum kl_err run_list(struct kl_net *net, int32_t list, struct kl_diag *diag)
{
    net->diag = diag;
    for (int32_t i = 0; i < net->lists[list].count; i++) {
        KL_TRY(run_step(net, net->lists[list].steps[i]));
    }
    return net_check(net, dnnl_stream_wait(net->stream), "execution");
}

enum kl_err kl_net_infer(struct kl_net *net, struct kl_diag *diag)
{
    return run_list(net, 1, diag);
}

enum kl_err kl_net_forward(struct kl_net *net, uint64_t stream, struct kl_diag *diag)
{
    net->dropout_stream = stream;
    return run_list(net, 0, diag);
}

enum kl_err kl_net_backward(struct kl_net *net, struct kl_diag *diag)
{
    return run_list(net, 2, diag);
}

enum kl_err kl_net_store(const struct kl_net *net, struct kl_diag *diag)
{
    for (int32_t i = 0; i < net->subgraph->tensor_count; i++) {
        const struct param *param = net->params[i];
        if (!param) {
            continue;
        }
        void *copy = kl_arena_copy(net->graph->arena, param->value, param->tensor->bytes);
        if (!copy) {
            return KL_FAIL_MEMORY(diag);
        }
        param->tensor->data = copy;
    }
    return KL_OK;
}

/* Of this process: other programs do not count. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The best time of one step, run on its own. */
static enum kl_err time_step(struct kl_net *net, const struct step *step, int32_t repeats,
                             double *best)
{
    *best = 1e9;
    for (int32_t r = 0; r < repeats; r++) {
        double start = cpu_seconds();
        KL_TRY(run_step(net, step));
        DNN_TRY(net, dnnl_stream_wait(net->stream), "execution");
        double seconds = cpu_seconds() - start;
        *best = seconds < *best ? seconds : *best;
    }
    return KL_OK;
}

enum kl_err kl_net_layer_seconds(struct kl_net *net, int32_t repeats, double *seconds,
                                 struct kl_diag *diag)
{
    net->diag = diag;
    *seconds = 0;
    for (int32_t list = 0; list < LISTS; list += 2) {
        for (int32_t i = 0; i < net->lists[list].count; i++) {
            double best = 0;
            const struct step *step = net->lists[list].steps[i];
            if (step->is_layer) {
                KL_TRY(time_step(net, step, repeats, &best));
                *seconds += best;
            }
        }
    }
    return KL_OK;
}

void kl_net_threads(int32_t count)
{
    omp_set_num_threads(count);
}

const char *kl_net_isa(void)
{
    switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "sse41";
    case dnnl_cpu_isa_avx: return "avx";
    case dnnl_cpu_isa_avx2: return "avx2";
    case dnnl_cpu_isa_avx2_vnni: return "avx2_vnni";
    case dnnl_cpu_isa_avx512_core: return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni: return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16: return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx: return "avx512_core_amx";
    default: return "other";
    }
}
