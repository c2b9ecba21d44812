/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known name that is most like what was typed. */
#ifndef KINGLET_BASE_NEAREST_H
#define KINGLET_BASE_NEAREST_H

#include <stddef.h>

/*
 * The one of `count` names with the smallest edit distance to `name`, counting inserted, removed,
 * changed and exchanged letters. NULL when even that one differs in more than a third of its
 * letters, and more than two.
 */
const char *kl_nearest(const char *name, const char *const *names, size_t count);

#endif
