/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "learn/classical.h"

enum { DEPTH_MAX = 32 };

/* Items of a node sorted by one feature. */
struct pair {
    float value;
    int32_t label;
};

struct split {
    int32_t feature; /* -1: none is better than no split */
    double threshold, score;
};

/* Items begin .. end - 1 of the list wait to become node `node`. */
struct work {
    int32_t begin, end, node, depth;
};

/* One tree under way. */
struct tree {
    const struct kl_feature_rows *rows;
    const struct kl_forest_options *options;
    uint64_t stream, drawn;
    int32_t *items, *order; /* rows of this tree; features in a random order */
    struct pair *pairs;
    int64_t *left, *right; /* counts of classes beside a split */
    int32_t nodes;
    int64_t all_nodes, all_shares; /* of the forest so far */
    json_t *lists[5];              /* feature, threshold, left, right, value */
};

static int by_value(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = (x->value > y->value) - (x->value < y->value);
    return order ? order : (x->label > y->label) - (x->label < y->label);
}

static int32_t draw(struct tree *t, int32_t limit)
{
    return (int32_t)kl_random_below(t->stream, t->drawn++, (uint32_t)limit);
}

static float value_of(const struct tree *t, int32_t item, int32_t feature)
{
    return t->rows->values[(ptrdiff_t)item * t->rows->features + feature];
}

/* sum of squares of counts: Gini impurity is 1 - that / n^2. */
static double squares(const int64_t *counts, int32_t classes)
{
    double sum = 0;
    for (int32_t c = 0; c < classes; c++) {
        sum += (double)counts[c] * (double)counts[c];
    }
    return sum;
}

/* The best threshold of a feature: the larger squares / n on both sides, the purer they are. */
static void try_feature(struct tree *t, const struct work *w, int32_t feature, struct split *best)
{
    int32_t count = w->end - w->begin, classes = t->rows->classes;
    memset(t->left, 0, (size_t)classes * sizeof t->left[0]);
    memset(t->right, 0, (size_t)classes * sizeof t->right[0]);
    for (int32_t i = 0; i < count; i++) {
        int32_t item = t->items[w->begin + i];
        t->pairs[i] = (struct pair){value_of(t, item, feature), t->rows->labels[item]};
        t->right[t->pairs[i].label]++;
    }
    qsort(t->pairs, (size_t)count, sizeof t->pairs[0], by_value);
    for (int32_t i = 1; i < count; i++) {
        t->left[t->pairs[i - 1].label]++;
        t->right[t->pairs[i - 1].label]--;
        bool between = t->pairs[i - 1].value < t->pairs[i].value && i >= t->options->leaf &&
                       count - i >= t->options->leaf;
        double score =
            between ? squares(t->left, classes) / i + squares(t->right, classes) / (count - i) : 0;
        if (score > best->score) {
            double low = (double)t->pairs[i - 1].value, high = (double)t->pairs[i].value;
            *best = (struct split){feature, low + (high - low) / 2, score};
        }
    }
}

static struct split find_split(struct tree *t, const struct work *w)
{
    int32_t features = t->rows->features;
    int32_t tried = (int32_t)ceil(sqrt((double)features));
    memset(t->left, 0, (size_t)t->rows->classes * sizeof t->left[0]);
    for (int32_t i = w->begin; i < w->end; i++) {
        t->left[t->rows->labels[t->items[i]]]++;
    }
    /* A split must be better than none by more than rounding. */
    double alone = squares(t->left, t->rows->classes) / (w->end - w->begin);
    struct split best = {.feature = -1, .score = alone * (1 + 1e-9)};
    for (int32_t i = 0; i < features && (i < tried || best.feature < 0); i++) {
        int32_t other = i + draw(t, features - i);
        int32_t kept = t->order[i];
        t->order[i] = t->order[other];
        t->order[other] = kept;
        try_feature(t, w, t->order[i], &best);
    }
    return best;
}

static json_t *shares(const struct tree *t, const struct work *w)
{
    json_t *list = json_array();
    memset(t->left, 0, (size_t)t->rows->classes * sizeof t->left[0]);
    for (int32_t i = w->begin; i < w->end; i++) {
        t->left[t->rows->labels[t->items[i]]]++;
    }
    for (int32_t c = 0; c < t->rows->classes; c++) {
        json_array_append_new(list, json_real((double)t->left[c] / (w->end - w->begin)));
    }
    return list;
}

/* Those that go left first; where the others begin. */
static int32_t partition(struct tree *t, const struct work *w, const struct split *s)
{
    int32_t middle = w->begin;
    for (int32_t i = w->begin; i < w->end; i++) {
        int32_t item = t->items[i];
        if ((double)value_of(t, item, s->feature) <= s->threshold) {
            t->items[i] = t->items[middle];
            t->items[middle++] = item;
        }
    }
    return middle;
}

static void put_node(struct tree *t, int32_t node, int32_t feature, double threshold, int32_t left,
                     int32_t right, json_t *value)
{
    json_t *entries[5] = {json_integer(feature), json_real(threshold), json_integer(left),
                          json_integer(right), value};
    for (int i = 0; i < 5; i++) {
        json_array_set_new(t->lists[i], (size_t)node, entries[i]);
    }
}

static bool is_too_large(const struct tree *t)
{
    return t->all_nodes > KL_FOREST_NODES || t->all_shares > KL_FOREST_SHARES;
}

static int32_t new_node(struct tree *t)
{
    t->all_nodes++;
    for (int i = 0; i < 5; i++) {
        json_array_append_new(t->lists[i], json_integer(0));
    }
    return t->nodes++;
}

static void grow(struct tree *t, int32_t count)
{
    struct work stack[DEPTH_MAX + 2] = {{0, count, new_node(t), 0}};
    int32_t waiting = 1;
    while (waiting > 0 && !is_too_large(t)) {
        struct work w = stack[--waiting];
        struct split s = {.feature = -1};
        if (w.depth < t->options->depth) {
            s = find_split(t, &w);
        }
        if (s.feature < 0) {
            t->all_shares += t->rows->classes;
            put_node(t, w.node, -1, 0, 0, 0, shares(t, &w));
            continue;
        }
        int32_t middle = partition(t, &w, &s);
        int32_t left = new_node(t);
        int32_t right = new_node(t);
        put_node(t, w.node, s.feature, s.threshold, left, right, json_integer(0));
        stack[waiting++] = (struct work){middle, w.end, right, w.depth + 1};
        stack[waiting++] = (struct work){w.begin, middle, left, w.depth + 1};
    }
}

static json_t *train_tree(struct tree *t, int32_t number)
{
    static const char *const names[5] = {"feature", "threshold", "left", "right", "value"};
    json_t *tree = json_object();
    t->stream = kl_random_stream(t->options->seed, (uint64_t)number);
    t->drawn = 0;
    t->nodes = 0;
    for (int i = 0; i < 5; i++) {
        t->lists[i] = json_array();
        json_object_set_new(tree, names[i], t->lists[i]);
    }
    for (int32_t i = 0; i < t->rows->features; i++) {
        t->order[i] = i;
    }
    for (int32_t i = 0; i < t->rows->count; i++) {
        t->items[i] = draw(t, t->rows->count);
    }
    grow(t, t->rows->count);
    return tree;
}

static bool open_tree(struct tree *t, struct kl_arena *arena)
{
    size_t count = (size_t)t->rows->count, classes = (size_t)t->rows->classes;
    t->items = KL_NEW(arena, int32_t, count);
    t->order = KL_NEW(arena, int32_t, (size_t)t->rows->features);
    t->pairs = KL_NEW(arena, struct pair, count);
    t->left = KL_NEW(arena, int64_t, classes);
    t->right = KL_NEW(arena, int64_t, classes);
    return t->items && t->order && t->pairs && t->left && t->right;
}

json_t *kl_forest_train(const struct kl_feature_rows *rows, const struct kl_forest_options *options,
                        struct kl_arena *arena, struct kl_diag *diag)
{
    struct tree t = {.rows = rows, .options = options};
    json_t *trees = json_array();
    if (rows->features > KL_CLASSICAL_FEATURES || !open_tree(&t, arena)) {
        json_decref(trees);
        kl_fail(diag, KL_ELIMIT, "a forest takes at most %d features and needs memory for its rows",
                KL_CLASSICAL_FEATURES);
        return NULL;
    }
    for (int32_t i = 0; i < options->trees; i++) {
        json_array_append_new(trees, train_tree(&t, i));
        if (is_too_large(&t)) {
            json_decref(trees);
            kl_fail(diag, KL_ELIMIT,
                    "after %d of %d trees the forest has %lld nodes, and %lld shares of its %d "
                    "classes in the leaves; at most %d and %d fit: take fewer trees, a smaller "
                    "depth, or larger leaves",
                    i + 1, options->trees, (long long)t.all_nodes, (long long)t.all_shares,
                    rows->classes, KL_FOREST_NODES, KL_FOREST_SHARES);
            return NULL;
        }
    }
    return json_pack("{s:i, s:i, s:{s:s, s:i, s:i, s:b, s:o}}", "kinglet_classical", 1, "features",
                     rows->features, "model", "kind", "trees", "outputs", rows->classes,
                     "leaf_width", rows->classes, "average", 1, "trees", trees);
}
