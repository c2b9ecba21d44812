/* SPDX-License-Identifier: Apache-2.0 */
#include "power/world.h"

#include <assert.h>
#include <string.h>

enum { VERSIONS = 4, BODY_BYTES = 380, MASKED_VERSION = 4, MASK = 0x5a };

const struct kl_device_class world_device = {{1}, {2}, "world"};

const struct test_key *world_key(void)
{
    static struct test_key key;
    static bool is_made;
    if (!is_made) {
        test_key_make(7, &key);
        is_made = true;
    }
    return &key;
}

static void make_image(int version, uint8_t mask, struct test_image *image)
{
    const struct test_image_wish wish = {.kind = KL_IMAGE_FIRMWARE,
                                         .version = {(uint8_t)version, 0, 0, 0},
                                         .body_bytes = BODY_BYTES + 200 * (version % 2 == 0),
                                         .counter = (uint32_t)version,
                                         .device = &world_device,
                                         .key = world_key(),
                                         .mask = mask};
    test_image_make(&wish, image);
}

/* Mask the body of the masked version, or take the mask away. */
static void mask_body(struct test_image *image, int version)
{
    uint32_t body_bytes = (uint32_t)(image->bytes[12] | image->bytes[13] << 8);
    for (uint32_t i = 0; version == MASKED_VERSION && i < body_bytes; i++) {
        image->bytes[32 + i] ^= MASK;
    }
}

/* As it lies in the primary slot: with the flag, and yet in plain text. */
const struct test_image *world_image(int version)
{
    static struct test_image images[VERSIONS];
    struct test_image *image = &images[version - 1];
    if (image->size == 0) {
        make_image(version, version == MASKED_VERSION ? MASK : 0, image);
        mask_body(image, version);
    }
    return image;
}

const struct test_image *world_upload_image(int version)
{
    static struct test_image masked;
    if (version != MASKED_VERSION) {
        return world_image(version);
    }
    if (masked.size == 0) {
        masked = *world_image(version);
        mask_body(&masked, version);
    }
    return &masked;
}

/* In the place of decryption. */
static int read_masked(void *context, const struct kl_image *image, uint32_t offset, void *data,
                       uint32_t bytes)
{
    uint32_t begin = image->header.header_bytes, end = begin + image->header.body_bytes;
    uint8_t *to = data;
    (void)context;
    if (kl_area_read(image->area, offset, data, bytes)) {
        return KL_IMAGE_READ;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        to[i] ^= offset + i >= begin && offset + i < end ? MASK : 0;
    }
    return KL_IMAGE_OK;
}

static void start_watchdog(void *context)
{
    ((struct world *)context)->watchdog_starts++;
}

/* Whole write units of an image, at a place of a slot. */
static int put_image(const struct kl_flash_area *slot, uint32_t offset,
                     const struct test_image *image)
{
    uint8_t bytes[TEST_IMAGE_MAX];
    uint32_t size = (image->size + WORLD_WRITE - 1) / WORLD_WRITE * WORLD_WRITE;
    memset(bytes, 0xff, sizeof bytes);
    memcpy(bytes, image->bytes, image->size);
    return kl_area_write(slot, offset, bytes, size);
}

void world_init(struct world *w, int version, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    assert(kl_flash_model_bytes(WORLD_FLASH, WORLD_SECTOR, WORLD_WRITE) <= sizeof w->memory);
    kl_flash_model_init(&w->model, w->memory, WORLD_FLASH, WORLD_SECTOR, WORLD_WRITE, seed);
    w->map.image[0] = (struct kl_flash_area){&w->model.flash, 0, WORLD_SLOT};
    w->map.image[1] = (struct kl_flash_area){&w->model.flash, WORLD_SLOT, WORLD_SLOT};
    w->map.security = (struct kl_flash_area){&w->model.flash, 2 * WORLD_SLOT, WORLD_SECURITY};
    w->port = (struct kl_boot_port){
        .context = w, .read_update = read_masked, .watchdog_start = start_watchdog};
    w->boot = (struct kl_boot){&w->map, &world_key()->public_key, 1, &world_device, &w->port};
    int error = put_image(&w->map.image[0], 0, world_image(version));
    assert(!error);
    (void)error;
}

int world_upload(struct world *w, int version)
{
    const struct kl_flash_area *slot = &w->map.image[1];
    uint32_t room = kl_image_room(slot);
    int error = kl_area_erase(slot, WORLD_SECTOR, room);
    return error ? error : put_image(slot, WORLD_SECTOR, world_upload_image(version));
}

bool world_is_trailer(const struct world *w, uint32_t offset)
{
    uint32_t bytes = kl_trailer_sectors(&w->map.image[0]) * WORLD_SECTOR;
    return offset < 2 * WORLD_SLOT && offset % WORLD_SLOT >= WORLD_SLOT - bytes;
}

int world_version(struct world *w)
{
    struct kl_image image;
    return kl_image_open(&w->map.image[0], &image) == KL_IMAGE_OK ? image.header.version.major : 0;
}
