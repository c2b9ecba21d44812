/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_build.h"
#include "pack_cases.h"

/* The tensor with elements of a constant array. */
static struct kl_tensor *constant(struct kl_graph *graph, enum kl_dtype dtype,
                                  struct kl_shape shape, const void *data)
{
    struct kl_tensor *tensor = gb_tensor(graph, "constant", dtype, shape);
    gb_fill(graph, tensor, data);
    return tensor;
}

/* One operator whose only output is the graph's. */
static struct kl_op *operator_of(struct kl_graph *graph, enum kl_op_kind kind, int32_t count,
                                 struct kl_tensor *const *inputs, struct kl_tensor *out)
{
    struct kl_op *op = gb_op(graph, kind, count, inputs, 1, &out);
    gb_output(graph, out);
    return op;
}

static void scatter(struct kl_graph *graph, enum kl_dtype dtype, enum kl_combine combine)
{
    struct kl_tensor *data = gb_input(graph, "data", dtype, GB_SHAPE(4, 3, 2));
    struct kl_tensor *indices = gb_input(graph, "indices", KL_S32, GB_SHAPE(5, 2));
    struct kl_tensor *updates = gb_input(graph, "updates", dtype, GB_SHAPE(5, 2));
    struct kl_tensor *out = gb_tensor(graph, "out", dtype, GB_SHAPE(4, 3, 2));
    operator_of(graph, KL_OP_SCATTER_ND_UPDATE, GB_LIST(data, indices, updates), out)
        ->attr.scatter.combine = combine;
}

static void scatter_put(struct kl_graph *graph)
{
    scatter(graph, KL_S16, KL_COMBINE_REPLACE);
}

static void scatter_add(struct kl_graph *graph)
{
    scatter(graph, KL_F32, KL_COMBINE_ADD);
}

static void scatter_max(struct kl_graph *graph)
{
    scatter(graph, KL_S64, KL_COMBINE_MAX);
}

static void matmul(struct kl_graph *graph, enum kl_dtype dtype, bool adjoint)
{
    const struct kl_shape left = adjoint ? GB_SHAPE(2, 1, 4, 3) : GB_SHAPE(2, 1, 3, 4);
    struct kl_tensor *a = gb_input(graph, "a", dtype, left);
    struct kl_tensor *b = gb_input(graph, "b", dtype, GB_SHAPE(3, 4, 5));
    struct kl_tensor *out = gb_tensor(graph, "out", dtype, GB_SHAPE(2, 3, 3, 5));
    operator_of(graph, KL_OP_BATCH_MATMUL, GB_LIST(a, b), out)->attr.matmul.adj_x = adjoint;
}

static void matmul_f32(struct kl_graph *graph)
{
    matmul(graph, KL_F32, true);
}

static void matmul_s32(struct kl_graph *graph)
{
    matmul(graph, KL_S32, false);
}

static void cumsum(struct kl_graph *graph, enum kl_dtype dtype)
{
    struct kl_tensor *in = gb_input(graph, "in", dtype, GB_SHAPE(2, 5, 3));
    struct kl_tensor *out = gb_tensor(graph, "out", dtype, GB_SHAPE(2, 5, 3));
    operator_of(graph, KL_OP_CUMSUM, GB_LIST(in, gb_scalar(graph, 1)), out)->attr.cumsum.reverse =
        dtype == KL_F32;
}

static void cumsum_f32(struct kl_graph *graph)
{
    cumsum(graph, KL_F32);
}

static void cumsum_s64(struct kl_graph *graph)
{
    cumsum(graph, KL_S64);
}

static void top_s64(struct kl_graph *graph)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_S64, GB_SHAPE(2, 7));
    struct kl_tensor *values = gb_tensor(graph, "values", KL_S64, GB_SHAPE(2, 4));
    struct kl_tensor *places = gb_tensor(graph, "places", KL_S64, GB_SHAPE(2, 4));
    struct kl_op *op =
        gb_op(graph, KL_OP_TOPK_V2, GB_LIST(in, gb_scalar(graph, 4)), GB_LIST(values, places));
    op->attr.topk.axis = 1;
    op->attr.topk.smallest = true;
    gb_output(graph, values);
    gb_output(graph, places);
}

static void resample(struct kl_graph *graph)
{
    static const int32_t first[] = {0, 1, 1, 2};
    static const float weight[] = {0.5f, 0.5f, 0.25f, 0.75f, 1.0f, 0.0f, 0.125f, 0.875f};
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 4, 3));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 4, 3));
    operator_of(
        graph, KL_OP_RESAMPLE,
        GB_LIST(in, gb_ints(graph, 4, first), constant(graph, KL_F32, GB_SHAPE(4, 2), weight)), out)
        ->attr.resample.axis = 1;
}

/* The lists of a TREE_ENSEMBLE. */
struct forest {
    int32_t features, nodes, trees, leaves;
    const int32_t *feature, *left, *right, *root, *column;
    const float *threshold;
};

/* Leaves of two values, three outputs. */
static void forest(struct kl_graph *graph, const struct forest *f)
{
    enum { MAX_LEAVES = 256 };
    static float values[2 * MAX_LEAVES];
    const float base[3] = {0.5f, -0.5f, 0.0f};
    const struct kl_shape nodes = GB_SHAPE(f->nodes), trees = GB_SHAPE(f->trees);
    for (int32_t i = 0; i < 2 * f->leaves; i++) {
        values[i] = (float)i;
    }
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(1, f->features));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(1, 3));
    operator_of(
        graph, KL_OP_TREE_ENSEMBLE,
        GB_LIST(in, constant(graph, KL_S32, nodes, f->feature),
                constant(graph, KL_F32, nodes, f->threshold),
                constant(graph, KL_S32, nodes, f->left), constant(graph, KL_S32, nodes, f->right),
                constant(graph, KL_S32, trees, f->root), constant(graph, KL_S32, trees, f->column),
                constant(graph, KL_F32, GB_SHAPE(f->leaves, 2), values),
                constant(graph, KL_F32, GB_SHAPE(3), base)),
        out);
}

/* A tree of three splits and one that is a leaf. Words of 16 bits. */
static void trees_narrow(struct kl_graph *graph)
{
    static const int32_t feature[8] = {1, 0, -1, 2, -1, -1, -1, -1};
    static const float threshold[8] = {0.5f, -1.0f, 0.0f, 0.25f};
    static const int32_t left[8] = {1, 2, 0, 4, 1, 3, 2, 3}, right[8] = {3, 6, 0, 5};
    static const int32_t root[2] = {0, 7}, column[2] = {0, 1};
    const struct forest f = {3, 8, 2, 4, feature, left, right, root, column, threshold};
    forest(graph, &f);
}

/* A chain of four splits with two answers, a split and a leaf; two columns for each feature. */
static void trees_chained(struct kl_graph *graph)
{
    static const int32_t feature[8] = {0, 3, 0, 3, 1, -1, -1, -1};
    static const float threshold[8] = {1.0f, 0.75f, 0.5f, 0.25f, 2.0f};
    static const int32_t left[8] = {1, 2, 3, 4, 6, 1, 2, 3}, right[8] = {4, 5, 4, 5, 7};
    static const int32_t root[1] = {0}, column[1] = {1};
    const struct forest f = {3, 8, 1, 4, feature, left, right, root, column, threshold};
    forest(graph, &f);
}

/* So many features and thresholds of one that words have 32 bits: split i is node 2 * i. */
static void trees_wide(struct kl_graph *graph)
{
    enum { SPLITS = 130, NODES = 2 * SPLITS + 1 };
    int32_t feature[NODES], left[NODES], right[NODES] = {0};
    float threshold[NODES] = {0};
    const int32_t root[1] = {0}, column[1] = {1};
    for (int32_t i = 0; i < NODES; i++) {
        const bool split = i % 2 == 0 && i < NODES - 1;
        feature[i] = split ? 7 : -1;
        threshold[i] = (float)i / 100.0f - 1.0f;
        left[i] = split ? i + 1 : i / 2;
        right[i] = split ? i + 2 : 0;
    }
    const struct forest f = {256,  NODES, 1,    SPLITS + 1, feature,
                             left, right, root, column,     threshold};
    forest(graph, &f);
}

static void distances(struct kl_graph *graph, bool weighted)
{
    static const float table[12] = {0.0f, 1.0f, -1.0f, 2.0f, 0.5f,  -0.5f,
                                    3.0f, 1.5f, 0.25f, 1.0f, -2.0f, 0.75f};
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 3));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 4));
    struct kl_tensor *centres = constant(graph, KL_F32, GB_SHAPE(4, 3), table);
    struct kl_tensor *weights = constant(graph, KL_F32, GB_SHAPE(4, 3), table);
    struct kl_tensor *bias = constant(graph, KL_F32, GB_SHAPE(4), table);
    struct kl_tensor *const all[] = {in, centres, weights, bias};
    operator_of(graph, KL_OP_SQUARED_DISTANCE, weighted ? 4 : 2, all, out);
}

static void distances_plain(struct kl_graph *graph)
{
    distances(graph, false);
}

static void distances_weighted(struct kl_graph *graph)
{
    distances(graph, true);
}

static void votes(struct kl_graph *graph)
{
    static const int32_t label[6] = {0, 2, 1, 1, 2, 0};
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 6));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 3));
    struct kl_op *op =
        operator_of(graph, KL_OP_NEAREST_VOTE, GB_LIST(in, gb_ints(graph, 6, label)), out);
    op->attr.nearest_vote.k = 3;
    op->attr.nearest_vote.classes = 3;
}

/* The operators of feature pipelines, each on a small signal. */
static void frame(struct kl_graph *graph, enum kl_dtype in_type, enum kl_dtype out_type)
{
    static const float window[5] = {0.25f, 0.75f, 1.0f, 0.75f, 0.25f};
    struct kl_tensor *in = gb_input(graph, "in", in_type, GB_SHAPE(17, 2));
    struct kl_tensor *number = gb_input(graph, "number", KL_S32, GB_SHAPE(1));
    struct kl_tensor *out = gb_tensor(graph, "out", out_type, GB_SHAPE(2, 5));
    struct kl_tensor *const all[] = {in, number, constant(graph, KL_F32, GB_SHAPE(5), window)};
    operator_of(graph, KL_OP_FRAME, out_type == KL_F32 ? 3 : 2, all, out)->attr.frame.hop = 4;
}

static void frame_f32(struct kl_graph *graph)
{
    frame(graph, KL_F32, KL_F32);
}

static void frame_s16_f32(struct kl_graph *graph)
{
    frame(graph, KL_S16, KL_F32);
}

static void frame_s16(struct kl_graph *graph)
{
    frame(graph, KL_S16, KL_S16);
}

static void transform(struct kl_graph *graph, int32_t length)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, length - 3));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, length / 2 + 1, 2));
    operator_of(graph, KL_OP_REAL_FFT, GB_LIST(in), out)->attr.real_fft.length = length;
}

static void transform_short(struct kl_graph *graph)
{
    transform(graph, 8);
}

static void transform_long(struct kl_graph *graph)
{
    transform(graph, 64);
}

static void magnitudes(struct kl_graph *graph)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 5, 2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 5));
    operator_of(graph, KL_OP_SQUARED_MAGNITUDE, GB_LIST(in), out);
}

static void bands(struct kl_graph *graph)
{
    static const float weight[3 * 6] = {0.0f, 0.5f, 1.0f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f,  0.0f,
                                        0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.25f, 1.0f};
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 6));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 3));
    operator_of(graph, KL_OP_BAND_SUMS,
                GB_LIST(in, constant(graph, KL_F32, GB_SHAPE(3, 6), weight)), out);
}

static void peaks(struct kl_graph *graph)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 9));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 3, 2));
    operator_of(graph, KL_OP_PEAKS, GB_LIST(in), out)->attr.peaks.bin_width = 31.25f;
}

static void statistics(struct kl_graph *graph)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 7));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 9));
    operator_of(graph, KL_OP_STATISTICS, GB_LIST(in), out)->attr.statistics.which = 0x1ff;
}

static void filters(struct kl_graph *graph)
{
    static const float c[10] = {0.5f, 0.25f, 0.125f, -0.5f, 0.25f, 1.0f, -1.0f, 0.0f, 0.0f, 0.0f};
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 6, 3));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 6, 3));
    operator_of(graph, KL_OP_BIQUAD, GB_LIST(in, constant(graph, KL_F32, GB_SHAPE(2, 5), c)), out)
        ->attr.biquad.axis = 1;
}

/* A convolution of one tap, from rows of `width` pixels to 4. */
static void one_tap(struct kl_graph *graph, int32_t height, int32_t width, int32_t stride_w)
{
    enum { IN = 16, OUT = 5, OUT_WIDTH = 4 };
    int8_t weights[OUT * IN];
    for (int32_t i = 0; i < OUT * IN; i++) {
        weights[i] = (int8_t)(i * 37);
    }
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(1, height, width, IN));
    struct kl_tensor *filter = constant(graph, KL_S8, GB_SHAPE(OUT, 1, 1, IN), weights);
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(1, height, OUT_WIDTH, OUT));
    gb_quantise(graph, in, 0.5f, 3);
    gb_quantise(graph, filter, 0.25f, 0);
    gb_quantise(graph, out, 8.0f, -5);
    operator_of(graph, KL_OP_CONV_2D, GB_LIST(in, filter), out)->attr.window.stride_w = stride_w;
}

/* The vector kernel reads its inputs where they are. */
static void pointwise(struct kl_graph *graph)
{
    one_tap(graph, 3, 4, 1);
}

/* With one row, no size limits the other stride. */
static void pointwise_row(struct kl_graph *graph)
{
    one_tap(graph, 1, 8, 2);
}

static const struct {
    const char *label;
    void (*build)(struct kl_graph *graph);
} graphs[] = {
    {"scatter int16", scatter_put},
    {"scatter, add float32", scatter_add},
    {"scatter, largest int64", scatter_max},
    {"matmul float32, adjoint", matmul_f32},
    {"matmul int32", matmul_s32},
    {"running sums float32", cumsum_f32},
    {"running sums int64", cumsum_s64},
    {"least int64", top_s64},
    {"resample", resample},
    {"trees", trees_narrow},
    {"trees in 32 bits", trees_wide},
    {"trees with a chain", trees_chained},
    {"distances", distances_plain},
    {"weighted distances", distances_weighted},
    {"votes", votes},
    {"frames float32", frame_f32},
    {"frames int16 to float32", frame_s16_f32},
    {"frames int16", frame_s16},
    {"transform of 8", transform_short},
    {"transform of 64", transform_long},
    {"squared magnitudes", magnitudes},
    {"bands", bands},
    {"peaks", peaks},
    {"statistics", statistics},
    {"filters", filters},
    {"convolution of pixels", pointwise},
    {"convolution of pixels in a row", pointwise_row},
};

static void make_for_set(size_t number, enum kl_kernel_set kernels, pack_case_fn *receive,
                         void *context)
{
    struct pack_case made;
    struct kl_graph *graph = gb_create();
    graphs[number].build(graph);
    gb_accept(graph);
    pack_case_make_graph(&made, graph, graphs[number].label, kernels);
    receive(context, graphs[number].label, &made);
    pack_case_free(&made);
}

void pack_case_each_graph(pack_case_fn *receive, void *context)
{
    for (size_t i = 0; i < sizeof graphs / sizeof graphs[0]; i++) {
        for (int set = KL_KERNELS_PORTABLE; set < KL_KERNEL_SET_COUNT; set++) {
            make_for_set(i, (enum kl_kernel_set)set, receive, context);
        }
    }
}
