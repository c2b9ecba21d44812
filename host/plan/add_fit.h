/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants for struct kl_add_linear_s8 with which it equals an ADD or SUB. Both are functions of
 * two int8 only: the kernels themselves are run on all 65,536 pairs.
 */
#ifndef KINGLET_PLAN_ADD_FIT_H
#define KINGLET_PLAN_ADD_FIT_H

#include <stdbool.h>

#include "kinglet/nn.h"

/* Find constants; false when none are found. `ew` is copied. */
bool kl_add_fit(const struct kl_add_s8 *add, struct kl_add_linear_s8 *fit);

/* Do both give the same results for all pairs? */
bool kl_add_fit_holds(const struct kl_add_s8 *add, const struct kl_add_linear_s8 *fit);

#endif
