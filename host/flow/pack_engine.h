/* SPDX-License-Identifier: Apache-2.0 */
/* The device's engine for model packs, on the host: all kernels. */
#ifndef KINGLET_FLOW_PACK_ENGINE_H
#define KINGLET_FLOW_PACK_ENGINE_H

#include "kinglet/pack.h"

extern const struct kl_engine kl_host_engine;

/* "CONV2D_S8" of KL_KERNEL_CONV2D_S8. */
const char *kl_kernel_id_name(enum kl_kernel_id kernel);

/* What a refused pack did wrong, for people: follows "model.klm: ". */
const char *kl_pack_error_text(enum kl_pack_error error);

#endif
