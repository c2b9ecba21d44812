/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of attributes in which ai.onnx.ml keeps decision trees. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/classical_model.h"
#include "import/onnx_forest.h"

/* A list of integers that must have `count` entries. */
static enum kl_err need_ints(const struct onnx_node *node, const char *name, int32_t count,
                             const int64_t **at)
{
    int32_t found;
    *at = onnx_ml_ints(node, name, &found);
    if (found != count) {
        return onnx_fail(node, KL_EINPUT, "'%s' has %d entries, it must have %d", name,
                         found < 0 ? 0 : found, count);
    }
    return KL_OK;
}

static enum kl_err make_nodes(const struct onnx_node *node, int64_t count, struct forest *f)
{
    if (count < 1 || count > CM_MAX_NODES) {
        return onnx_fail(node, count < 1 ? KL_EINPUT : KL_ELIMIT,
                         "%lld nodes of trees; 1 to %d are read", (long long)count, CM_MAX_NODES);
    }
    f->node_count = (int32_t)count;
    f->nodes = KL_NEW(node->import->arena, struct forest_node, (size_t)count);
    f->roots = KL_NEW(node->import->arena, int32_t, (size_t)count);
    return f->nodes && f->roots ? KL_OK : onnx_no_memory(node->import);
}

/* The feature and the threshold of a test. */
static enum kl_err check_test(const struct onnx_node *node, int32_t index, int64_t feature,
                              struct forest *f)
{
    if (isnan(f->nodes[index].split) && f->nodes[index].mode != FOREST_MEMBER) {
        return onnx_fail(node, KL_EINPUT, "the threshold of node %d is not a number", index);
    }
    if (feature < 0 || feature >= f->feature_count) {
        return onnx_fail(node, KL_EINPUT, "node %d tests feature %lld, the input has %d", index,
                         (long long)feature, f->feature_count);
    }
    f->nodes[index].feature = (int32_t)feature;
    return KL_OK;
}

static enum kl_err check_entry(const struct onnx_node *node, int64_t target, double weight,
                               struct forest *f, struct forest_entry *entry)
{
    if (target < 0 || target >= f->target_count) {
        return onnx_fail(node, KL_EINPUT, "a leaf adds to target %lld, there are %d",
                         (long long)target, f->target_count);
    }
    *entry = (struct forest_entry){(int32_t)target, weight};
    return KL_OK;
}

/* --- nodes that are called by a tree and a number --- */

struct node_key {
    int64_t tree, id;
    int32_t index;
};

static int compare_keys(const void *a, const void *b)
{
    const struct node_key *x = a, *y = b;
    if (x->tree != y->tree) {
        return x->tree < y->tree ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

struct key_list {
    struct node_key *keys;
    int32_t count;
};

static enum kl_err find_node(const struct onnx_node *node, const struct key_list *list,
                             int64_t tree, int64_t id, int32_t *index)
{
    const struct node_key wanted = {tree, id, 0};
    const struct node_key *found =
        bsearch(&wanted, list->keys, (size_t)list->count, sizeof wanted, compare_keys);
    if (!found) {
        return onnx_fail(node, KL_EINPUT, "tree %lld has no node %lld", (long long)tree,
                         (long long)id);
    }
    *index = found->index;
    return KL_OK;
}

static enum kl_err sort_keys(const struct onnx_node *node, const int64_t *trees, const int64_t *ids,
                             struct key_list *list)
{
    list->keys = KL_NEW(node->import->arena, struct node_key, (size_t)list->count);
    if (!list->keys) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < list->count; i++) {
        list->keys[i] = (struct node_key){trees[i], ids[i], i};
    }
    qsort(list->keys, (size_t)list->count, sizeof list->keys[0], compare_keys);
    for (int32_t i = 1; i < list->count; i++) {
        if (compare_keys(&list->keys[i - 1], &list->keys[i]) == 0) {
            return onnx_fail(node, KL_EINPUT, "tree %lld has node %lld twice",
                             (long long)list->keys[i].tree, (long long)list->keys[i].id);
        }
    }
    return KL_OK;
}

static enum kl_err read_mode(const struct onnx_node *node, const Onnx__AttributeProto *modes,
                             int32_t index, enum forest_mode *mode)
{
    static const char *const words[] = {
        [FOREST_LEQ] = "BRANCH_LEQ",   [FOREST_LT] = "BRANCH_LT", [FOREST_GTE] = "BRANCH_GTE",
        [FOREST_GT] = "BRANCH_GT",     [FOREST_EQ] = "BRANCH_EQ", [FOREST_NEQ] = "BRANCH_NEQ",
        [FOREST_MEMBER] = "BRANCH_ME", [FOREST_LEAF] = "LEAF"};
    const ProtobufCBinaryData *text = &modes->strings[index];
    for (int32_t i = 0; i <= FOREST_LEAF; i++) {
        if (i != FOREST_MEMBER && text->len == strlen(words[i]) &&
            memcmp(text->data, words[i], text->len) == 0) {
            *mode = (enum forest_mode)i;
            return KL_OK;
        }
    }
    return onnx_fail(node, KL_EINPUT, "the mode of node %d is none that is defined", index);
}

/* Modes, features and thresholds. */
static enum kl_err read_tests(const struct onnx_node *node, struct forest *f)
{
    const Onnx__AttributeProto *modes = onnx_attribute(node, "nodes_modes");
    struct onnx_numbers values;
    const int64_t *features, *missing;
    int32_t missing_count;
    if (!modes || modes->n_strings != (size_t)f->node_count) {
        return onnx_fail(node, KL_EINPUT, "'nodes_modes' must have %d entries", f->node_count);
    }
    KL_TRY(onnx_ml_any_numbers(node, "nodes_values", &values));
    KL_TRY(need_ints(node, "nodes_featureids", f->node_count, &features));
    missing = onnx_ml_ints(node, "nodes_missing_value_tracks_true", &missing_count);
    if (values.count != f->node_count || (missing_count > 0 && missing_count != f->node_count)) {
        return onnx_fail(node, KL_EINPUT,
                         "'nodes_values' or 'nodes_missing_value_tracks_true' has another length "
                         "than 'nodes_treeids'");
    }
    for (int32_t i = 0; i < f->node_count; i++) {
        struct forest_node *n = &f->nodes[i];
        KL_TRY(read_mode(node, modes, i, &n->mode));
        n->missing = missing_count > 0 && missing[i] != 0;
        n->split = values.at[i];
        if (n->mode != FOREST_LEAF) {
            KL_TRY(check_test(node, i, features[i], f));
        }
    }
    return KL_OK;
}

/* Where each test leads, and the one node of each tree to which none leads. */
static enum kl_err link_nodes(const struct onnx_node *node, const int64_t *trees,
                              const struct key_list *list, struct forest *f)
{
    const int64_t *yes, *no;
    bool *child = KL_NEW(node->import->arena, bool, (size_t)f->node_count);
    KL_TRY(need_ints(node, "nodes_truenodeids", f->node_count, &yes));
    KL_TRY(need_ints(node, "nodes_falsenodeids", f->node_count, &no));
    if (!child) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < f->node_count; i++) {
        struct forest_node *n = &f->nodes[i];
        if (n->mode != FOREST_LEAF) {
            KL_TRY(find_node(node, list, trees[i], yes[i], &n->yes));
            KL_TRY(find_node(node, list, trees[i], no[i], &n->no));
            child[n->yes] = child[n->no] = true;
        }
    }
    for (int32_t i = 0; i < list->count; i++) {
        const struct node_key *key = &list->keys[i];
        bool first = i == 0 || key->tree != list->keys[i - 1].tree;
        int32_t roots = first ? 0 : -1;
        for (int32_t k = i; first && k < list->count && list->keys[k].tree == key->tree; k++) {
            if (!child[list->keys[k].index]) {
                f->roots[f->root_count] = list->keys[k].index;
                roots++;
            }
        }
        if (first && roots != 1) {
            return onnx_fail(node, KL_EINPUT, "tree %lld has %d roots", (long long)key->tree,
                             roots);
        }
        f->root_count += first ? 1 : 0;
    }
    return KL_OK;
}

/* The entries of each leaf, side by side in the order of the file. */
static enum kl_err read_entries(const struct onnx_node *node, const char *prefix,
                                const struct key_list *list, struct forest *f)
{
    char names[4][40];
    static const char *const parts[4] = {"treeids", "nodeids", "ids", "weights"};
    const int64_t *trees, *ids, *targets;
    struct onnx_numbers weights;
    for (int32_t i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], "%s_%s", prefix, parts[i]);
    }
    KL_TRY(onnx_ml_numbers(node, names[3], &weights));
    f->entry_count = weights.count < 0 ? 0 : weights.count;
    KL_TRY(need_ints(node, names[0], f->entry_count, &trees));
    KL_TRY(need_ints(node, names[1], f->entry_count, &ids));
    KL_TRY(need_ints(node, names[2], f->entry_count, &targets));
    int32_t *leaf = KL_NEW(node->import->arena, int32_t, (size_t)f->entry_count + 1);
    f->entries = KL_NEW(node->import->arena, struct forest_entry, (size_t)f->entry_count + 1);
    if (!leaf || !f->entries) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < f->entry_count; i++) {
        KL_TRY(find_node(node, list, trees[i], ids[i], &leaf[i]));
        f->nodes[leaf[i]].entry_count++;
        if (f->nodes[leaf[i]].mode != FOREST_LEAF) {
            return onnx_fail(node, KL_EINPUT, "node %lld of tree %lld has a weight and is no leaf",
                             (long long)ids[i], (long long)trees[i]);
        }
    }
    for (int32_t i = 0, at = 0; i < f->node_count; i++) {
        f->nodes[i].entry = at;
        at += f->nodes[i].entry_count;
        f->nodes[i].entry_count = 0;
    }
    for (int32_t i = 0; i < f->entry_count; i++) {
        struct forest_node *n = &f->nodes[leaf[i]];
        KL_TRY(check_entry(node, targets[i], weights.at[i], f,
                           &f->entries[n->entry + n->entry_count]));
        n->entry_count++;
    }
    return KL_OK;
}

enum kl_err onnx_forest_by_ids(struct onnx_node *node, const char *prefix, struct forest *f)
{
    struct key_list list;
    const int64_t *trees = onnx_ml_ints(node, "nodes_treeids", &list.count), *ids;
    KL_TRY(make_nodes(node, list.count, f));
    KL_TRY(need_ints(node, "nodes_nodeids", list.count, &ids));
    KL_TRY(sort_keys(node, trees, ids, &list));
    KL_TRY(read_tests(node, f));
    KL_TRY(link_nodes(node, trees, &list, f));
    return read_entries(node, prefix, &list, f);
}

/* --- nodes that are called by their place, leaves apart --- */

/* The modes of TreeEnsemble: bytes of a tensor. */
static enum kl_err read_mode_bytes(const struct onnx_node *node, int32_t count, struct forest *f)
{
    const Onnx__AttributeProto *a = onnx_attribute(node, "nodes_modes");
    const Onnx__TensorProto *t = a ? a->t : NULL;
    bool raw = t && t->has_raw_data && t->raw_data.len == (size_t)count;
    if (!raw && (!t || t->n_int32_data != (size_t)count)) {
        return onnx_fail(node, KL_EINPUT, "'nodes_modes' must have %d entries", count);
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t mode = raw ? t->raw_data.data[i] : t->int32_data[i];
        if (mode < 0 || mode >= FOREST_LEAF) {
            return onnx_fail(node, KL_EINPUT, "the mode of node %d is none that is defined", i);
        }
        f->nodes[i].mode = (enum forest_mode)mode;
    }
    return KL_OK;
}

/* Sets, one for each node that tests for membership, each ended by what is no number. */
static enum kl_err read_members(const struct onnx_node *node, int32_t count, struct forest *f)
{
    struct onnx_numbers values;
    KL_TRY(onnx_ml_any_numbers(node, "membership_values", &values));
    f->members =
        KL_NEW(node->import->arena, double, values.count < 0 ? 1 : (size_t)values.count + 1);
    if (!f->members) {
        return onnx_no_memory(node->import);
    }
    int32_t next = 0;
    for (int32_t i = 0; i < count; i++) {
        struct forest_node *n = &f->nodes[i];
        n->member = f->member_count;
        while (n->mode == FOREST_MEMBER && next < values.count && !isnan(values.at[next])) {
            f->members[f->member_count++] = values.at[next++];
        }
        next += n->mode == FOREST_MEMBER ? 1 : 0;
        n->member_count = f->member_count - n->member;
        if (n->mode == FOREST_MEMBER && n->member_count == 0) {
            return onnx_fail(node, KL_EINPUT, "node %d tests for membership of an empty set", i);
        }
    }
    return KL_OK;
}

/* One side of a test: the leaf behind all nodes, or the node. */
static enum kl_err read_side(const struct onnx_node *node, int64_t id, bool leaf, int32_t nodes,
                             const struct forest *f, int32_t *to)
{
    int32_t limit = leaf ? f->node_count - nodes : nodes;
    if (id < 0 || id >= limit) {
        return onnx_fail(node, KL_EINPUT, "a test leads to %s %lld, there are %d",
                         leaf ? "leaf" : "node", (long long)id, limit);
    }
    *to = (int32_t)id + (leaf ? nodes : 0);
    return KL_OK;
}

static enum kl_err read_sides(const struct onnx_node *node, int32_t count, struct forest *f)
{
    const int64_t *yes, *no, *yes_leaf, *no_leaf;
    KL_TRY(need_ints(node, "nodes_truenodeids", count, &yes));
    KL_TRY(need_ints(node, "nodes_falsenodeids", count, &no));
    KL_TRY(need_ints(node, "nodes_trueleafs", count, &yes_leaf));
    KL_TRY(need_ints(node, "nodes_falseleafs", count, &no_leaf));
    for (int32_t i = 0; i < count; i++) {
        struct forest_node *n = &f->nodes[i];
        KL_TRY(read_side(node, yes[i], yes_leaf[i] != 0, count, f, &n->yes));
        KL_TRY(read_side(node, no[i], no_leaf[i] != 0, count, f, &n->no));
    }
    return KL_OK;
}

static enum kl_err read_leaves(const struct onnx_node *node, int32_t nodes, int32_t leaves,
                               struct forest *f)
{
    const int64_t *targets;
    struct onnx_numbers weights;
    KL_TRY(need_ints(node, "leaf_targetids", leaves, &targets));
    KL_TRY(onnx_ml_need_numbers(node, "leaf_weights", leaves, &weights));
    f->entries = KL_NEW(node->import->arena, struct forest_entry, (size_t)leaves + 1);
    if (!f->entries) {
        return onnx_no_memory(node->import);
    }
    f->entry_count = leaves;
    for (int32_t i = 0; i < leaves; i++) {
        struct forest_node *n = &f->nodes[nodes + i];
        *n = (struct forest_node){.mode = FOREST_LEAF, .entry = i, .entry_count = 1};
        KL_TRY(check_entry(node, targets[i], weights.at[i], f, &f->entries[i]));
    }
    return KL_OK;
}

static enum kl_err read_roots(const struct onnx_node *node, int32_t nodes, struct forest *f)
{
    const int64_t *roots = onnx_ml_ints(node, "tree_roots", &f->root_count);
    if (f->root_count < 1 || f->root_count > f->node_count) {
        return onnx_fail(node, KL_EINPUT, "'tree_roots' has %d entries", f->root_count);
    }
    for (int32_t i = 0; i < f->root_count; i++) {
        KL_TRY(read_side(node, roots[i], false, nodes, f, &f->roots[i]));
    }
    return KL_OK;
}

enum kl_err onnx_forest_by_index(struct onnx_node *node, struct forest *f)
{
    int32_t nodes, leaves, missing_count;
    struct onnx_numbers splits;
    const int64_t *features = onnx_ml_ints(node, "nodes_featureids", &nodes);
    const int64_t *missing = onnx_ml_ints(node, "nodes_missing_value_tracks_true", &missing_count);
    onnx_ml_ints(node, "leaf_targetids", &leaves);
    if (nodes < 1 || leaves < 1 || (missing_count > 0 && missing_count != nodes)) {
        return onnx_fail(node, KL_EINPUT, "its lists of nodes do not suit each other");
    }
    KL_TRY(make_nodes(node, (int64_t)nodes + leaves, f));
    KL_TRY(onnx_ml_any_numbers(node, "nodes_splits", &splits));
    if (splits.count != nodes) {
        return onnx_fail(node, KL_EINPUT, "'nodes_splits' has %d numbers, it must have %d",
                         splits.count, nodes);
    }
    KL_TRY(read_mode_bytes(node, nodes, f));
    for (int32_t i = 0; i < nodes; i++) {
        f->nodes[i].split = splits.at[i];
        f->nodes[i].missing = missing_count > 0 && missing[i] != 0;
        KL_TRY(check_test(node, i, features[i], f));
    }
    KL_TRY(read_sides(node, nodes, f));
    KL_TRY(read_leaves(node, nodes, leaves, f));
    KL_TRY(read_members(node, nodes, f));
    return read_roots(node, nodes, f);
}
