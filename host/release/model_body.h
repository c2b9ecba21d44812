/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a model's image: the pack, and a self-test that the device repeats. */
#ifndef KINGLET_RELEASE_MODEL_BODY_H
#define KINGLET_RELEASE_MODEL_BODY_H

#include "base/file.h"
#include "kinglet/pack.h"

struct kl_model_body {
    struct kl_bytes bytes;
    uint32_t self_test_offset, self_test_bytes;
};

/*
 * Run a validated pack once from its initial state, with pseudo-random inputs, the same for
 * all packs of their shapes, and put inputs and outputs behind it. Floats are from -1 to 1. The
 * same pack gives the same bytes, and each device the same outputs: all kernels do. In the arena.
 */
enum kl_err kl_model_body_make(const struct kl_pack *pack, struct kl_arena *arena,
                               struct kl_model_body *body, struct kl_diag *diag) KL_MUST_CHECK;

/* Repeat the self-test of a body; KL_ECHECK when another output comes out, KL_EINPUT when it is not
 * one. *pack is the validated pack, at an address where it can be executed, in the arena. */
enum kl_err kl_model_body_check(const struct kl_model_body *body, const char *name,
                                struct kl_arena *arena, const struct kl_pack **pack,
                                struct kl_diag *diag) KL_MUST_CHECK;

#endif
