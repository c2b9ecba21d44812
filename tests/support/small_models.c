/* SPDX-License-Identifier: Apache-2.0 */
#include "small_models.h"

#include <stdio.h>
#include <string.h>

enum { KEYWORD_CHANNELS = 32, KEYWORD_CLASSES = 12 };

static int32_t window_layer(struct kt_build *b, int32_t input, int32_t code, int32_t k_h,
                            int32_t k_w, int32_t stride)
{
    struct kt_layer layer = {.code = code,
                             .out_c = KEYWORD_CHANNELS,
                             .k_h = k_h,
                             .k_w = k_w,
                             .weights = KT_WEIGHTS_CHANNEL,
                             .out_scale = 0.05f,
                             .options = kt_options_default()};
    layer.options.stride_h = stride;
    layer.options.stride_w = stride;
    layer.options.activation = KT_ACT_RELU;
    return kt_build_layer(b, &layer, input);
}

static void keyword(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SOFTMAX);
    struct kt_options pool = kt_options_default();
    struct kt_layer dense = {.code = KT_FULLY_CONNECTED,
                             .out_c = KEYWORD_CLASSES,
                             .weights = KT_WEIGHTS_TENSOR,
                             .out_scale = 0.06f,
                             .options = kt_options_default()};
    pool.padding = KT_VALID;
    pool.filter_h = pool.stride_h = 25;
    pool.filter_w = pool.stride_w = 5;
    int32_t input = kt_build_quantized(&b, "features", KT_I8, 0.58f, 83, KT_LIST(1, 49, 10, 1));
    int32_t x = window_layer(&b, input, KT_CONV_2D, 10, 4, 2);
    for (int32_t block = 0; block < 2; block++) {
        x = window_layer(&b, x, KT_DEPTHWISE_CONV_2D, 3, 3, 1);
        x = window_layer(&b, x, KT_CONV_2D, 1, 1, 1);
    }
    x = kt_build_pool(&b, KT_AVERAGE_POOL_2D, pool, x);
    int32_t flat = kt_build_like(&b, "flat", x, KT_LIST(1, KEYWORD_CHANNELS));
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(x), flat);
    int32_t output = kt_build_softmax(&b, 1.0f, kt_build_layer(&b, &dense, flat));
    snprintf(c.label, sizeof(c.label), "keyword spotter with random weights");
    kt_case_end(sink, &c, input, output);
}

/* Passes on the first case of an operator with that input type that is worth looking at. */
struct chooser {
    int32_t code, type;
    bool any, done;
    kt_case_fn *receive;
    void *context;
};

static bool is_worth_showing(const struct chooser *chooser, const struct kt_case *c)
{
    enum { FEWEST_ELEMENTS = 8 };
    const struct kt_subgraph *subgraph = c->model->subgraphs[0];
    const struct kt_tensor *output = &subgraph->tensors[subgraph->outputs[0]];
    return subgraph->tensors[subgraph->inputs[0]].type == chooser->type &&
           kt_elements(output) >= FEWEST_ELEMENTS;
}

static void choose(void *context, const struct kt_case *c)
{
    struct chooser *chooser = context;
    if (!chooser->done && c->code == chooser->code &&
        (chooser->any || is_worth_showing(chooser, c))) {
        chooser->done = true;
        chooser->receive(chooser->context, c);
    }
}

static bool first_case(struct chooser *chooser)
{
    for (const struct kt_family *family = kt_families; family->name && !chooser->done; family++) {
        kt_family_each(family, choose, chooser);
    }
    return chooser->done;
}

/* "conv_2d.f32": the operator's code, and the type. */
static int32_t operator_code(const char *name, int32_t *type)
{
    enum { NAME_BYTES = 64 };
    char op[NAME_BYTES];
    size_t length = strcspn(name, ".");
    *type = strcmp(name + length, ".f32") == 0 ? KT_F32 : KT_I8;
    if (length >= sizeof(op) || (name[length] && *type != KT_F32)) {
        return -1;
    }
    memcpy(op, name, length);
    op[length] = '\0';
    return kt_builtin_code(op);
}

bool kt_small_model(const char *name, kt_case_fn *receive, void *context)
{
    if (strcmp(name, "keyword") == 0) {
        const struct kt_family family = {"keyword", keyword};
        kt_family_each(&family, receive, context);
        return true;
    }
    struct chooser chooser = {.receive = receive, .context = context};
    chooser.code = operator_code(name, &chooser.type);
    if (chooser.code < 0 || first_case(&chooser)) {
        return chooser.done;
    }
    chooser.any = chooser.type == KT_I8;
    return chooser.any && first_case(&chooser);
}
