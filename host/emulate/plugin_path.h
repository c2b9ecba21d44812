/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KINGLET_EMULATE_PLUGIN_PATH_H
#define KINGLET_EMULATE_PLUGIN_PATH_H

#include "base/arena.h"
#include "base/diag.h"

/*
 * A plugin, such as kinglet-count.so: in the folder that the environment variable
 * KINGLET_PLUGIN_DIR names; when that is not set, beside this program, in lib/kinglet beside it,
 * or in ../lib/kinglet, where an installation has it.
 */
enum kl_err kl_plugin_path(const char *name, struct kl_arena *arena, const char **path,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The one that counts, the one that cuts the power, and the one that forgets code at a reset. */
#define KL_PLUGIN_COUNT "kinglet-count.so"
#define KL_PLUGIN_CUT "kinglet-cut.so"
#define KL_PLUGIN_RENEW "kinglet-renew.so"

#endif
