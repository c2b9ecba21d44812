/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_models.h"

#include <math.h>
#include <string.h>

enum { NODES = 8, FEATURES = 4, VECTORS = 6, SIZE = 8, CHANNELS = 4, OUTPUTS = 3 };

/* Numbers around 0 without a pattern. */
static const float *numbers(struct kt_onnx *m, int32_t count)
{
    float *list = kl_arena_alloc(m->arena, (size_t)count, sizeof(float));
    for (int32_t i = 0; list && i < count; i++) {
        list[i] = (float)((i * 37 + 11) % 64 - 32) / 32.0f;
    }
    return list;
}

/* Every kind of test, missing values, text labels, SOFTMAX; the scores as a map. */
static struct kt_onnx *trees(void)
{
    static const int64_t tree[NODES] = {0, 0, 0, 0, 0, 1, 1, 1};
    static const int64_t id[NODES] = {0, 1, 2, 3, 4, 0, 1, 2};
    static const int64_t feature[NODES] = {0, 2, 0, 0, 0, 1}, missing[NODES] = {1};
    static const int64_t yes[NODES] = {1, 3, 0, 0, 0, 1}, no[NODES] = {2, 4, 0, 0, 0, 2};
    static const char *const modes[NODES] = {"BRANCH_LEQ", "BRANCH_EQ", "LEAF", "LEAF",
                                             "LEAF",       "BRANCH_GT", "LEAF", "LEAF"};
    static const float values[NODES] = {0.25f, 0.5f, 0, 0, 0, -0.5f};
    static const int64_t leaf_tree[5] = {0, 0, 0, 1, 1}, leaf[5] = {2, 3, 4, 1, 2};
    static const int64_t target[5] = {0, 1, 2, 2, 0};
    static const float weight[5] = {0.5f, 1.5f, -0.25f, 0.75f, 1.0f};
    static const char *const names[3] = {"idle", "running", "faulty"};
    struct kt_onnx *m = kt_onnx_create(13, 3);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, FEATURES));
    kt_onnx_node(m, "ai.onnx.ml", "TreeEnsembleClassifier", KT_NAMES("x", "->", "label", "s"));
    kt_onnx_set_ints(m, "nodes_treeids", tree, NODES);
    kt_onnx_set_ints(m, "nodes_nodeids", id, NODES);
    kt_onnx_set_ints(m, "nodes_featureids", feature, NODES);
    kt_onnx_set_ints(m, "nodes_missing_value_tracks_true", missing, NODES);
    kt_onnx_set_ints(m, "nodes_truenodeids", yes, NODES);
    kt_onnx_set_ints(m, "nodes_falsenodeids", no, NODES);
    kt_onnx_set_texts(m, "nodes_modes", modes, NODES);
    kt_onnx_set_floats(m, "nodes_values", values, NODES);
    kt_onnx_set_ints(m, "class_treeids", leaf_tree, 5);
    kt_onnx_set_ints(m, "class_nodeids", leaf, 5);
    kt_onnx_set_ints(m, "class_ids", target, 5);
    kt_onnx_set_floats(m, "class_weights", weight, 5);
    kt_onnx_set_texts(m, "classlabels_strings", names, 3);
    kt_onnx_set_text(m, "post_transform", "SOFTMAX");
    kt_onnx_node(m, "ai.onnx.ml", "ZipMap", KT_NAMES("s", "->", "scores"));
    kt_onnx_set_texts(m, "classlabels_strings", names, 3);
    kt_onnx_output(m, "label");
    kt_onnx_output(m, "scores");
    return m;
}

/* Tests and leaves apart, with sets; the largest of two trees. */
static struct kt_onnx *ensemble(void)
{
    static const int64_t feature[2] = {1, 2}, yes[2] = {0, 2}, no[2] = {1, 3}, leafs[2] = {1, 1};
    static const int64_t target[4] = {0, 0, 0, 0}, roots[2] = {0, 1};
    static const unsigned char modes[2] = {6, 3}; /* membership, > */
    struct kt_onnx *m = kt_onnx_create(0, 5);
    float *members = kl_arena_alloc(m->arena, 4, sizeof(float));
    memcpy(members, (float[4]){0.5f, -0.25f, 0.125f, NAN}, 4 * sizeof(float));
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, FEATURES));
    kt_onnx_node(m, "ai.onnx.ml", "TreeEnsemble", KT_NAMES("x", "->", "y"));
    kt_onnx_set_ints(m, "nodes_featureids", feature, 2);
    kt_onnx_set_ints(m, "nodes_truenodeids", yes, 2);
    kt_onnx_set_ints(m, "nodes_falsenodeids", no, 2);
    kt_onnx_set_ints(m, "nodes_trueleafs", leafs, 2);
    kt_onnx_set_ints(m, "nodes_falseleafs", leafs, 2);
    kt_onnx_set_byte_tensor(m, "nodes_modes", modes, 2);
    kt_onnx_set_float_tensor(m, "nodes_splits", numbers(m, 2), 2);
    kt_onnx_set_float_tensor(m, "membership_values", members, 4);
    kt_onnx_set_ints(m, "leaf_targetids", target, 4);
    kt_onnx_set_float_tensor(m, "leaf_weights", numbers(m, 4), 4);
    kt_onnx_set_ints(m, "tree_roots", roots, 2);
    kt_onnx_set_int(m, "n_targets", 1);
    kt_onnx_set_int(m, "aggregate_function", 3);
    kt_onnx_output(m, "y");
    return m;
}

/* Scaled features, and a machine with a kernel between three classes. */
static struct kt_onnx *svm(void)
{
    static const int64_t per_class[3] = {2, 3, 1}, labels[3] = {7, 8, 9};
    static const float kernel[3] = {0.5f, 0, 3};
    struct kt_onnx *m = kt_onnx_create(0, 1);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, FEATURES));
    kt_onnx_node(m, "ai.onnx.ml", "Scaler", KT_NAMES("x", "->", "z"));
    kt_onnx_set_floats(m, "offset", numbers(m, FEATURES), FEATURES);
    kt_onnx_set_floats(m, "scale", numbers(m, 1), 1);
    kt_onnx_node(m, "ai.onnx.ml", "SVMClassifier", KT_NAMES("z", "->", "label", "decisions"));
    kt_onnx_set_text(m, "kernel_type", "RBF");
    kt_onnx_set_floats(m, "kernel_params", kernel, 3);
    kt_onnx_set_floats(m, "support_vectors", numbers(m, VECTORS * FEATURES), VECTORS * FEATURES);
    kt_onnx_set_floats(m, "coefficients", numbers(m, 2 * VECTORS), 2 * VECTORS);
    kt_onnx_set_floats(m, "rho", numbers(m, 3), 3);
    kt_onnx_set_ints(m, "vectors_per_class", per_class, 3);
    kt_onnx_set_ints(m, "classlabels_ints", labels, 3);
    kt_onnx_output(m, "label");
    kt_onnx_output(m, "decisions");
    return m;
}

/* A convolution, its normalisation, a pool, and a fully connected layer behind Flatten. */
static struct kt_onnx *image(void)
{
    static const int64_t ones[4] = {1, 1, 1, 1}, twos[2] = {2, 2};
    enum { COUNT = CHANNELS * SIZE * SIZE / 4 };
    struct kt_onnx *m = kt_onnx_create(13, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 2, SIZE, SIZE));
    kt_onnx_floats(m, "w", KT_DIMS(CHANNELS, 2, 3, 3), numbers(m, CHANNELS * 18), CHANNELS * 18);
    kt_onnx_floats(m, "b", KT_DIMS(CHANNELS), numbers(m, CHANNELS), CHANNELS);
    kt_onnx_floats(m, "fc", KT_DIMS(OUTPUTS, COUNT), numbers(m, OUTPUTS * COUNT), OUTPUTS * COUNT);
    kt_onnx_node(m, "", "Conv", KT_NAMES("x", "w", "b", "->", "c"));
    kt_onnx_set_ints(m, "pads", ones, 4);
    kt_onnx_node(m, "", "Relu", KT_NAMES("c", "->", "r"));
    kt_onnx_node(m, "", "MaxPool", KT_NAMES("r", "->", "p"));
    kt_onnx_set_ints(m, "kernel_shape", twos, 2);
    kt_onnx_set_ints(m, "strides", twos, 2);
    kt_onnx_node(m, "", "Flatten", KT_NAMES("p", "->", "f"));
    kt_onnx_node(m, "", "Gemm", KT_NAMES("f", "fc", "->", "g"));
    kt_onnx_set_int(m, "transB", 1);
    kt_onnx_node(m, "", "Softmax", KT_NAMES("g", "->", "y"));
    kt_onnx_output(m, "y");
    return m;
}

const char *const kt_onnx_model_names[] = {"trees", "ensemble", "svm", "image", NULL};

struct kt_onnx *kt_onnx_model(const char *name)
{
    static struct kt_onnx *(*const makers[])(void) = {trees, ensemble, svm, image};
    for (int32_t i = 0; kt_onnx_model_names[i]; i++) {
        if (strcmp(kt_onnx_model_names[i], name) == 0) {
            return makers[i]();
        }
    }
    return NULL;
}
