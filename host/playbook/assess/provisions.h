/* SPDX-License-Identifier: Apache-2.0 */
/* Provisions of standards and laws on security: their numbers, and what they are about in our own
 * words. The text that counts is that of the source. */
#ifndef KINGLET_PLAYBOOK_ASSESS_PROVISIONS_H
#define KINGLET_PLAYBOOK_ASSESS_PROVISIONS_H

#include <stdbool.h>
#include <stddef.h>

struct kl_provision {
    const char *number, *title;
    bool mandatory; /* as the source has it; some only under a condition */
};

struct kl_provisions {
    const char *id;   /* "en303645": of the table and the metrics */
    const char *path; /* of the mapping in the playbook */
    const char *title, *source;
    const struct kl_provision *items;
    size_t count;
};

extern const struct kl_provisions kl_provision_lists[];
extern const size_t kl_provision_lists_count;

#endif
