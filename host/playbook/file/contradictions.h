/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot hold together in a playbook. Only for contradictions*.c and references.c. */
#ifndef KINGLET_PLAYBOOK_FILE_CONTRADICTIONS_H
#define KINGLET_PLAYBOOK_FILE_CONTRADICTIONS_H

#include "playbook/file/load.h"

/* A value as the playbook states it. */
struct kl_stated {
    const struct kl_yaml *node; /* NULL: not stated, or not with this dimension */
    double value;               /* in base units; 0 when not stated */
};

/* The number at a path such as "requirements.latency". */
struct kl_stated kl_stated_at(const struct kl_loader *loader, const char *path,
                              struct kl_dimension dimension);

/* The same inside a map. */
struct kl_stated kl_stated_in(const struct kl_yaml *map, const char *path,
                              struct kl_dimension dimension);

/* The day below a map; false when it is not stated. */
bool kl_stated_date(const struct kl_yaml *map, const char *key, struct kl_date *date);

/* Is the flag at a path stated, and has it this value? */
bool kl_stated_flag(const struct kl_loader *loader, const char *path, bool value);

/* The list at a path; NULL when there is none. */
const struct kl_yaml *kl_stated_list(const struct kl_loader *loader, const char *path);

/* One file each: requirements against each other; plans and dates; security and privacy;
 * names that must exist. */
void kl_contradictions_of_requirements(struct kl_loader *loader);
void kl_contradictions_of_plans(struct kl_loader *loader);
void kl_contradictions_of_protection(struct kl_loader *loader);
void kl_load_references(struct kl_loader *loader);

/* currency.c: amounts that are not in the product's currency. */
void kl_load_currency(struct kl_loader *loader);

#endif
