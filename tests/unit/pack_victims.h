/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valid packs to attack: small ones that together use every kernel, each a few times, and variants
 * of them that leave no room behind what a step touches, so that a byte too much is seen.
 */
#ifndef KINGLET_TESTS_PACK_VICTIMS_H
#define KINGLET_TESTS_PACK_VICTIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/pack.h"

enum {
    PACK_VICTIM_BYTES = 4096 /* of pack and arena: they run quickly whatever their sizes become */
};

struct pack_victim {
    unsigned char *pack; /* in memory of exactly its size */
    uint32_t bytes;
    uint32_t records; /* bytes up to the end of the step records */
    bool is_variant;  /* a variant of the victim before it */
};

/* All victims, and how many. Free them with pack_victims_free. */
int32_t pack_victims_make(struct pack_victim **victims);
void pack_victims_free(void);

/* Does a victim use this kernel (enum kl_kernel_id)? */
bool pack_victims_cover(int32_t kernel);

/* The records of a pack's steps, those of the reset among them. */
static inline const struct kl_pack_step *pack_victim_steps(const unsigned char *pack)
{
    const struct kl_pack *head = (const struct kl_pack *)(const void *)pack;
    return (const struct kl_pack_step *)(const void *)(pack + head->steps);
}

static inline uint32_t pack_victim_step_count(const unsigned char *pack)
{
    const struct kl_pack *head = (const struct kl_pack *)(const void *)pack;
    return (uint32_t)head->step_count + head->reset_count;
}

#endif
