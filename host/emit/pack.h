/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as a model pack, model.klm (docs/spec/model-pack.md). */
#ifndef KINGLET_EMIT_PACK_H
#define KINGLET_EMIT_PACK_H

#include "kinglet/pack.h"
#include "plan/plan.h"

struct kl_pack_options {
    const char *name;   /* of the model, any text */
    const char *sha256; /* of the model file, 64 hexadecimal digits; anything else leaves zeros */
};

/* Append the pack to `pack`, which is empty. The same plan gives the same bytes. KL_ELIMIT when
 * a part of the plan is beyond what the format can say. */
enum kl_err kl_emit_pack(const struct kl_plan *plan, const struct kl_pack_options *options,
                         struct kl_buffer *pack, struct kl_diag *diag) KL_MUST_CHECK;

#endif
