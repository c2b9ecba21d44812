/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed packs that run in place: may this firmware's engine execute the pack in an image, does it
 * pass the self-test that it carries, and then an inference.
 */
#ifndef KINGLET_MODEL_RUNNER_H
#define KINGLET_MODEL_RUNNER_H

#include "kinglet/image.h"
#include "kinglet/pack.h"

enum kl_model_runner_error {
    KL_MODEL_RUNNER_OK = 0,
    KL_MODEL_RUNNER_PLACE = -200,  /* the image cannot be read in place, or is not aligned to 16 */
    KL_MODEL_RUNNER_ABI = -201,    /* made for another engine */
    KL_MODEL_RUNNER_KERNEL = -202, /* needs a kernel that this firmware does not have */
    KL_MODEL_RUNNER_PACK = -203,   /* not a pack that this firmware can run; kinglet/pack.h */
    KL_MODEL_RUNNER_VECTOR = -204, /* no self-test, or one of another length */
    KL_MODEL_RUNNER_RESULT = -205, /* the self-test gave other outputs */
};

/* An engine and its arena, of engine->arena_bytes, aligned to KL_ARENA_ALIGN (kinglet/model.h). */
struct kl_model_runner {
    const struct kl_engine *engine;
    unsigned char *arena;
};

/*
 * The pack in an image, once it is clear that it can run: entries of the image first, which say
 * what it needs, then all of its bytes. The image lies in flash that is mapped. 0, or an enum
 * kl_model_runner_error.
 */
int kl_model_runner_open(const struct kl_model_runner *runner, const struct kl_image *image,
                         const struct kl_pack **pack);

/* Open, and run once with the inputs of the self-test: the outputs must be the same bytes. A
 * kl_model_test_fn (kinglet/model_slots.h) with a struct kl_model_runner as context. */
int kl_model_runner_test(void *context, const struct kl_image *image);

#endif
