/* SPDX-License-Identifier: Apache-2.0 */
/* A device in a few kilobytes: modelled flash, the real boot and update code, and an application of
 * a few lines, for tests that cut its power. */
#ifndef KINGLET_TEST_POWER_WORLD_H
#define KINGLET_TEST_POWER_WORLD_H

#include "image_make.h"
#include "kinglet/boot.h"
#include "port/host/flash_model.h"

enum {
    WORLD_SECTOR = 256,
    WORLD_WRITE = 8,
    WORLD_SLOT_SECTORS = 24,
    WORLD_SLOT = WORLD_SLOT_SECTORS * WORLD_SECTOR,
    WORLD_SECURITY = 2 * WORLD_SECTOR,
    WORLD_FLASH = 2 * WORLD_SLOT + WORLD_SECURITY
};

struct world {
    struct kl_flash_model model;
    struct kl_flash_map map;
    struct kl_boot boot;
    struct kl_boot_port port;
    struct kl_image running; /* that the boot started last */
    int watchdog_starts;
    uint32_t memory[WORLD_FLASH];
};

/* Versions 1, 2, 3 and 4 of a firmware of about three sectors, signed by one key. What is uploaded
 * of version 4 is masked, in the place of encryption. */
const struct test_image *world_image(int version);
const struct test_image *world_upload_image(int version);

/* Who signs them, and what the device is. */
const struct test_key *world_key(void);
extern const struct kl_device_class world_device;

/* An erased device with image `version` in its primary slot; torn bits are drawn from the seed. */
void world_init(struct world *world, int version, uint64_t seed);

/* Put an image into the secondary slot, as an upload does. 0, or negative when power failed. */
int world_upload(struct world *world, int version);

/* Does this place of the flash belong to a trailer? */
bool world_is_trailer(const struct world *world, uint32_t offset);

/* The major version of the image in the primary slot; 0: none. */
int world_version(struct world *world);

#endif
