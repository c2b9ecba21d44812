/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of two signed model packs runs: the newest one that is genuine and passed its self-test,
 * else the other one. The last sector of a slot holds marks on its pack, units of 8 bytes: tried,
 * passed, failed. They name the pack by its hash, so that marks on an earlier pack do not count.
 *
 * Why power cuts do no harm. A mark that a cut left behind may be read at one time and not at
 * another. Tried: the self-test runs once more or less often. Failed: the self-test runs again,
 * and fails again. Passed: it is written twice, and whoever sees it once writes the second; until
 * then the self-test may run again. Without a result KL_MODEL_TRIES tests are begun and no more:
 * a pack that makes the device hang in its test is left alone after that.
 */
#ifndef KINGLET_MODEL_SLOTS_H
#define KINGLET_MODEL_SLOTS_H

#include "kinglet/verify.h"

enum { KL_MODEL_TRIES = 3 };

enum kl_model_slot_error {
    KL_MODEL_NONE = -128,       /* neither slot holds a pack that may run */
    KL_MODEL_SLOT_FLASH = -129, /* the flash fails, or there is no room for marks */
};

/* The self-test of a genuine pack: does it give the outputs that it carries? Also the place to
 * check that the engine can run it. 0, or a negative code why not; kinglet/model_runner.h has one.
 */
typedef int kl_model_test_fn(void *context, const struct kl_image *image);

struct kl_model_slots {
    const struct kl_flash_map *map;
    struct kl_verify_rules rules; /* of kind KL_IMAGE_MODEL */
    kl_model_test_fn *test;
    void *context;
};

/* What is known of a pack. */
enum kl_model_standing { KL_MODEL_NEW, KL_MODEL_TRIED, KL_MODEL_PASSED, KL_MODEL_FAILED };

/* The pack in a slot, when it is genuine, and what is known of it. 0; KL_MODEL_SLOT_FLASH; or why
 * it is refused, an enum kl_image_error or kl_verify_error. */
int kl_model_slots_look(const struct kl_model_slots *slots, int number, struct kl_image *image,
                        enum kl_model_standing *standing);

/* Bytes of a pack's image that a slot has room for; the last sector is for marks. */
uint32_t kl_model_slots_room(const struct kl_model_slots *slots, int number);

/* Forget what is known of the pack in a slot, before another one comes. 0, KL_MODEL_SLOT_FLASH. */
int kl_model_slots_forget(const struct kl_model_slots *slots, int number);

/* Choose the slot that runs, after its self-test where that has not passed yet. Returns 0 or 1, and
 * its image; or an enum kl_model_slot_error. */
int kl_model_slots_choose(const struct kl_model_slots *slots, struct kl_image *image);

/* A pack that ran turned out to be bad: it is not chosen again. 0, or KL_MODEL_SLOT_FLASH. */
int kl_model_slots_fail(const struct kl_image *image);

#endif
