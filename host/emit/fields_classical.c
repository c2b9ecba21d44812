/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of classical models. */
#include "emit/fields_internal.h"

const struct kl_field kl_tree_ensemble_fields[] = {
    I32(kl_tree_ensemble, features),   I32(kl_tree_ensemble, columns),
    I32(kl_tree_ensemble, trees),      I32(kl_tree_ensemble, outputs),
    I32(kl_tree_ensemble, leaf_width), I32(kl_tree_ensemble, node_bytes),
    I32(kl_tree_ensemble, rank_bits),  I32(kl_tree_ensemble, nan_key),
    POINTER(kl_tree_ensemble, keys),   POINTER(kl_tree_ensemble, key_start),
    POINTER(kl_tree_ensemble, nodes),  POINTER(kl_tree_ensemble, root),
    POINTER(kl_tree_ensemble, column), POINTER(kl_tree_ensemble, leaves),
    POINTER(kl_tree_ensemble, base),   END};

const struct kl_field kl_distance_f32_fields[] = {I32(kl_distance_f32, in_c),
                                                  I32(kl_distance_f32, count),
                                                  POINTER(kl_distance_f32, centres), END};

const struct kl_field kl_weighted_distance_f32_fields[] = {
    I32(kl_weighted_distance_f32, in_c),        I32(kl_weighted_distance_f32, count),
    POINTER(kl_weighted_distance_f32, centres), POINTER(kl_weighted_distance_f32, weights),
    POINTER(kl_weighted_distance_f32, bias),    END};

const struct kl_field kl_nearest_vote_fields[] = {
    I32(kl_nearest_vote, count), I32(kl_nearest_vote, k), I32(kl_nearest_vote, classes),
    POINTER(kl_nearest_vote, label), END};
