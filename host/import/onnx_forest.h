/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decision trees of ai.onnx.ml, whatever the operator writes them as: nodes that test one
 * feature in several ways, and leaves that add to some of the targets. onnx_forest.c makes
 * operators of them.
 */
#ifndef KINGLET_IMPORT_ONNX_FOREST_H
#define KINGLET_IMPORT_ONNX_FOREST_H

#include "import/onnx_ml.h"

/* In the order in which TreeEnsemble numbers them. */
enum forest_mode {
    FOREST_LEQ,
    FOREST_LT,
    FOREST_GTE,
    FOREST_GT,
    FOREST_EQ,
    FOREST_NEQ,
    FOREST_MEMBER,
    FOREST_LEAF
};

enum forest_sum { FOREST_AVERAGE, FOREST_SUM, FOREST_MIN, FOREST_MAX };

/* A test is true or false for a feature; what is no number is true when `missing`, else it is
 * whatever a comparison with it is. */
struct forest_node {
    enum forest_mode mode;
    int32_t feature;
    bool missing;
    int32_t yes, no; /* nodes */
    double split;
    int32_t member, member_count; /* of FOREST_MEMBER: a range of `members` */
    int32_t entry, entry_count;   /* of leaves: a range of `entries` */
    bool reached;
};

struct forest_entry {
    int32_t target;
    double weight;
};

struct forest {
    int32_t feature_count, target_count;
    int32_t node_count, root_count, member_count, entry_count;
    struct forest_node *nodes;
    int32_t *roots;
    double *members;
    struct forest_entry *entries;
    enum forest_sum sum;
    struct onnx_numbers base; /* count: -1 or target_count */
};

/* Lists of the attributes nodes_NAME of TreeEnsembleClassifier and -Regressor, with the entries
 * in lists PREFIX_treeids, PREFIX_nodeids, PREFIX_ids, PREFIX_weights. */
enum kl_err onnx_forest_by_ids(struct onnx_node *node, const char *prefix,
                               struct forest *forest) KL_MUST_CHECK;

/* The attributes of TreeEnsemble. */
enum kl_err onnx_forest_by_index(struct onnx_node *node, struct forest *forest) KL_MUST_CHECK;

/* The scores [n, targets] of rows of features. */
enum kl_err onnx_forest_scores(struct onnx_node *node, struct forest *forest,
                               struct onnx_value rows, struct onnx_value *scores) KL_MUST_CHECK;

#endif
