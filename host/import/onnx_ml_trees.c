/* SPDX-License-Identifier: Apache-2.0 */
/* TreeEnsembleRegressor, TreeEnsembleClassifier and TreeEnsemble. */
#include <string.h>

#include "import/classical_model.h"
#include "import/onnx_forest.h"

static enum kl_err read_targets(const struct onnx_node *node, const char *name, int64_t otherwise,
                                struct forest *f)
{
    int64_t targets = onnx_int(node, name, otherwise);
    if (targets < 1 || targets > CM_MAX_OUTPUTS) {
        return onnx_fail(node, KL_EINPUT, "%lld targets; 1 to %d make sense", (long long)targets,
                         CM_MAX_OUTPUTS);
    }
    f->target_count = (int32_t)targets;
    return KL_OK;
}

static enum kl_err read_rows(struct onnx_node *node, struct onnx_value *rows, struct forest *f)
{
    KL_TRY(onnx_ml_rows(node, rows));
    f->feature_count = onnx_shape(rows).dim[1];
    return KL_OK;
}

/* One per target; one of all makes sense when there is one target. */
static enum kl_err read_base(const struct onnx_node *node, struct forest *f)
{
    KL_TRY(onnx_ml_numbers(node, "base_values", &f->base));
    if (f->base.count == 0) {
        f->base.count = -1;
    }
    if (f->base.count > 0 && f->base.count != f->target_count) {
        return onnx_fail(node, KL_EINPUT, "'base_values' has %d entries for %d targets",
                         f->base.count, f->target_count);
    }
    return KL_OK;
}

enum kl_err onnx_op_tree_ensemble_regressor(struct onnx_node *node)
{
    static const char *const sums[] = {"AVERAGE", "SUM", "MIN", "MAX", NULL};
    struct forest f = {0};
    struct onnx_value rows, scores;
    int32_t sum;
    KL_TRY(read_rows(node, &rows, &f));
    KL_TRY(read_targets(node, "n_targets", 1, &f));
    KL_TRY(onnx_ml_word(node, "aggregate_function", sums, FOREST_SUM, &sum));
    f.sum = (enum forest_sum)sum;
    KL_TRY(read_base(node, &f));
    KL_TRY(onnx_forest_by_ids(node, "target", &f));
    KL_TRY(onnx_forest_scores(node, &f, rows, &scores));
    return onnx_ml_transform(node, scores, &node->out[0]);
}

enum kl_err onnx_op_tree_ensemble(struct onnx_node *node)
{
    struct forest f = {.base.count = -1};
    struct onnx_value rows, scores;
    int64_t sum = onnx_int(node, "aggregate_function", FOREST_SUM);
    if (sum < FOREST_AVERAGE || sum > FOREST_MAX) {
        return onnx_fail(node, KL_EINPUT, "'aggregate_function' is %lld", (long long)sum);
    }
    f.sum = (enum forest_sum)sum;
    KL_TRY(read_rows(node, &rows, &f));
    KL_TRY(read_targets(node, "n_targets", 1, &f));
    KL_TRY(onnx_forest_by_index(node, &f));
    KL_TRY(onnx_forest_scores(node, &f, rows, &scores));
    return onnx_ml_transform(node, scores, &node->out[0]);
}

/*
 * Two classes may have one score, under any class: it is for the second class. When no weight is
 * below zero and no function follows, it is a share, and the first class has the rest.
 */
static enum kl_err one_score(struct onnx_node *node, struct forest *f, struct onnx_value rows)
{
    struct onnx_value score, both;
    bool shares = true;
    int32_t id = f->entries[0].target;
    for (int32_t i = 0; i < f->entry_count; i++) {
        shares = shares && f->entries[i].weight >= 0;
        f->entries[i].target = 0;
    }
    f->target_count = 1;
    if (f->base.count > 1) {
        f->base.at += id;
    }
    f->base.count = f->base.count > 0 ? 1 : -1;
    shares = shares && !onnx_ml_has_transform(node);
    shares = shares || onnx_is_text(node, "post_transform", "PROBIT", false);
    KL_TRY(onnx_forest_scores(node, f, rows, &score));
    KL_TRY(onnx_ml_two_classes(node->import, score, shares, &both));
    return onnx_ml_classify(node, both, both);
}

static bool is_one_score(const struct forest *f)
{
    for (int32_t i = 1; i < f->entry_count; i++) {
        if (f->entries[i].target != f->entries[0].target) {
            return false;
        }
    }
    return f->target_count == 2 && f->entry_count > 0;
}

enum kl_err onnx_op_tree_ensemble_classifier(struct onnx_node *node)
{
    struct forest f = {.sum = FOREST_SUM};
    struct onnx_value rows, scores;
    KL_TRY(read_rows(node, &rows, &f));
    f.target_count = onnx_ml_label_count(node);
    if (f.target_count < 2 || f.target_count > CM_MAX_OUTPUTS) {
        return onnx_refuse(node, "%d class labels; 2 to %d are supported", f.target_count,
                           CM_MAX_OUTPUTS);
    }
    KL_TRY(onnx_ml_numbers(node, "base_values", &f.base));
    KL_TRY(onnx_forest_by_ids(node, "class", &f));
    bool single = is_one_score(&f);
    if (f.base.count > 0 && f.base.count != f.target_count && !(single && f.base.count == 1)) {
        return onnx_fail(node, KL_EINPUT, "'base_values' has %d entries for %d classes",
                         f.base.count, f.target_count);
    }
    if (single) {
        return one_score(node, &f, rows);
    }
    f.base.count = f.base.count > 0 ? f.base.count : -1;
    KL_TRY(onnx_forest_scores(node, &f, rows, &scores));
    return onnx_ml_classify(node, scores, scores);
}
