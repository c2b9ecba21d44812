/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statistics group of the management protocol, as standard clients know it: named groups of
 * counters, which the firmware counts where it likes. Source: Zephyr,
 * doc/services/device_mgmt/smp_groups/smp_group_2.rst.
 */
#ifndef KINGLET_STAT_GROUP_H
#define KINGLET_STAT_GROUP_H

#include "kinglet/smp.h"

enum { KL_SMP_GROUP_STAT = 2, KL_SMP_STAT_SHOW = 0, KL_SMP_STAT_LIST = 1 };

struct kl_stat {
    const char *name;
    const uint32_t *value;
};

/* Counters under a name; all of it lives as long as the agent. */
struct kl_stat_set {
    const char *name;
    const struct kl_stat *stats;
    uint32_t count;
};

struct kl_stat_service {
    const struct kl_stat_set *sets;
    uint32_t count;
};

kl_smp_handler kl_stat_group; /* context: struct kl_stat_service * */

#endif
