/* SPDX-License-Identifier: Apache-2.0 */
/* The settings group of the management protocol: short values under numbers, which the device
 * keeps; docs/spec/management.md. */
#ifndef KINGLET_SETTINGS_GROUP_H
#define KINGLET_SETTINGS_GROUP_H

#include "kinglet/settings.h"
#include "kinglet/smp.h"

enum { KL_SMP_GROUP_SETTINGS = 67, KL_SMP_SETTINGS_VALUE = 0, KL_SMP_SETTINGS_LIST = 1 };

kl_smp_handler kl_settings_group; /* context: struct kl_settings * */

#endif
