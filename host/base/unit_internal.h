/* SPDX-License-Identifier: Apache-2.0 */
/* The units by name. Only for units.c. */
#ifndef KINGLET_BASE_UNIT_INTERNAL_H
#define KINGLET_BASE_UNIT_INTERNAL_H

#include "base/units.h"

struct kl_unit {
    const char *name;
    double factor; /* in base units */
    const struct kl_dimension *dimension;
};

/* The simple unit of this name, or NULL. */
const struct kl_unit *kl_unit_find(const char *name, size_t length);

#endif
