/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of ai.onnx.ml as lists: random ones, a plain walk over them, and operators that have them
 * as attributes. All weights are quarters, so that sums are exact.
 */
#ifndef KINGLET_TESTS_ONNX_TREES_H
#define KINGLET_TESTS_ONNX_TREES_H

#include <stdbool.h>
#include <stdint.h>

#include "onnx_writer.h"

enum {
    MAX_NODES = 400,
    MAX_ENTRIES = 1200,
    MAX_TREES = 5,
    MAX_TARGETS = 4,
    MAX_FEATURES = 5,
    MAX_MEMBERS = 4
};

/* MEMBER: one of a set of values. */
enum onnx_tree_mode { LEQ, LT, GTE, GT, EQ, NEQ, MEMBER, LEAF };

enum onnx_tree_sum { AVERAGE, SUM, MIN, MAX };

/* Lists as the file has them. */
struct onnx_trees {
    int32_t features, targets, trees, nodes, entries, members;
    enum onnx_tree_sum sum;
    bool partial; /* leaves may have no value for some target */
    bool with_members;
    int64_t tree[MAX_NODES], id[MAX_NODES], feature[MAX_NODES], yes[MAX_NODES], no[MAX_NODES];
    int64_t missing[MAX_NODES], root[MAX_TREES];
    enum onnx_tree_mode mode[MAX_NODES];
    float value[MAX_NODES];
    int32_t member[MAX_NODES], member_count[MAX_NODES];
    float member_value[2 * MAX_NODES * MAX_MEMBERS];
    int64_t entry_tree[MAX_ENTRIES], entry_id[MAX_ENTRIES], entry_target[MAX_ENTRIES];
    float entry_weight[MAX_ENTRIES];
    float base[MAX_TARGETS];
};

/* Random numbers low .. high, always the same sequence. */
int32_t onnx_trees_random(int32_t low, int32_t high);

/* Random numbers of features, targets and trees; the caller may change them before
 * onnx_trees_plant makes the trees themselves. */
void onnx_trees_begin(struct onnx_trees *l, enum onnx_tree_sum sum);
void onnx_trees_plant(struct onnx_trees *l);

/* Another order of the nodes, which says nothing. */
void onnx_trees_shuffle(struct onnx_trees *l);

/* The node of a tree with that id. */
int32_t onnx_trees_node(const struct onnx_trees *l, int64_t tree, int64_t id);

/* Values of features, with every special number among them. */
void onnx_trees_features(float *x, int32_t count);

/* The targets y [targets] of the features x, by a walk over the lists. */
void onnx_trees_evaluate(const struct onnx_trees *l, const float *x, float *y);

/* A model of one operator of that type, x -> y, without its attributes. */
struct kt_onnx *onnx_trees_model(const char *type, int32_t rows, int32_t features,
                                 int64_t ml_opset);

/* The attributes nodes_*, and those of leaves: prefix_treeids and so on. */
void onnx_trees_set_nodes(struct kt_onnx *m, const struct onnx_trees *l);
void onnx_trees_set_leaves(struct kt_onnx *m, const struct onnx_trees *l, const char *prefix);

/* TreeEnsembleRegressor with the lists. */
struct kt_onnx *onnx_trees_regressor(const struct onnx_trees *l, int32_t rows);

#endif
