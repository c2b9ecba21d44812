/* SPDX-License-Identifier: Apache-2.0 */
#include "small_models.h"

#include <stdio.h>
#include <string.h>

enum { KEYWORD_CHANNELS = 32, KEYWORD_CLASSES = 12 };

/* A window of the keyword spotter. */
struct keyword_window {
    int32_t code, k_h, k_w, stride;
    bool int4;
};

static int32_t window_layer(struct kt_build *b, int32_t input, struct keyword_window w)
{
    struct kt_layer layer = {.code = w.code,
                             .out_c = KEYWORD_CHANNELS,
                             .k_h = w.k_h,
                             .k_w = w.k_w,
                             .weights = w.int4 ? KT_WEIGHTS_S4 : KT_WEIGHTS_CHANNEL,
                             .out_scale = 0.05f,
                             .options = kt_options_default()};
    layer.options.stride_h = w.stride;
    layer.options.stride_w = w.stride;
    layer.options.activation = KT_ACT_RELU;
    return kt_build_layer(b, &layer, input);
}

static void keyword_of(struct kt_sink *sink, bool int4)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SOFTMAX);
    struct kt_options pool = kt_options_default();
    struct kt_layer dense = {.code = KT_FULLY_CONNECTED,
                             .out_c = KEYWORD_CLASSES,
                             .weights = int4 ? KT_WEIGHTS_S4_TENSOR : KT_WEIGHTS_TENSOR,
                             .out_scale = 0.06f,
                             .options = kt_options_default()};
    pool.padding = KT_VALID;
    pool.filter_h = pool.stride_h = 25;
    pool.filter_w = pool.stride_w = 5;
    int32_t input = kt_build_quantized(&b, "features", KT_I8, 0.58f, 83, KT_LIST(1, 49, 10, 1));
    int32_t x = window_layer(&b, input, (struct keyword_window){KT_CONV_2D, 10, 4, 2, int4});
    for (int32_t block = 0; block < 2; block++) {
        x = window_layer(&b, x, (struct keyword_window){KT_DEPTHWISE_CONV_2D, 3, 3, 1, int4});
        x = window_layer(&b, x, (struct keyword_window){KT_CONV_2D, 1, 1, 1, int4});
    }
    x = kt_build_pool(&b, KT_AVERAGE_POOL_2D, pool, x);
    int32_t flat = kt_build_like(&b, "flat", x, KT_LIST(1, KEYWORD_CHANNELS));
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(x), flat);
    int32_t output = kt_build_softmax(&b, 1.0f, kt_build_layer(&b, &dense, flat));
    snprintf(c.label, sizeof(c.label), "keyword spotter with random weights of %s",
             int4 ? "int4" : "int8");
    kt_case_end(sink, &c, input, output);
}

static void keyword(struct kt_sink *sink)
{
    keyword_of(sink, false);
}

static void keyword_int4(struct kt_sink *sink)
{
    keyword_of(sink, true);
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

/* Models of several operators. */
static const struct kt_family networks[] = {
    {"keyword", keyword}, {"keyword.int4", keyword_int4}, {"transformer", kt_generate_transformer}};

bool kt_small_model(const char *name, kt_case_fn *receive, void *context)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        if (strcmp(name, networks[i].name) == 0) {
            kt_family_each(&networks[i], receive, context);
            return true;
        }
    }
    struct chooser chooser = {.receive = receive, .context = context};
    chooser.code = operator_code(name, &chooser.type);
    if (chooser.code < 0 || first_case(&chooser)) {
        return chooser.done;
    }
    chooser.any = chooser.type == KT_I8;
    return chooser.any && first_case(&chooser);
}
