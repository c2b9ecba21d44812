/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swap using offset. Each sector takes two steps, and a step only erases what the step before has
 * brought into safety, so that each may be done again as often as power fails:
 *
 *     in, sector i = 0, 1, ..     primary i -> secondary i;       secondary i + 1 -> primary i
 *     back, i = n - 1, n - 2, ..  primary i -> secondary i + 1;   secondary i     -> primary i
 */
#include "boot/swap.h"

#include <stddef.h>

enum { COPY_BYTES = 256 };

static int read_view(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    const struct kl_update_view *view = context;
    uint32_t sector_bytes = view->flash.sector_bytes;
    uint8_t *to = data;
    while (bytes > 0) {
        uint32_t left = sector_bytes - offset % sector_bytes;
        uint32_t count = bytes < left ? bytes : left;
        bool is_moved = offset / sector_bytes < view->moved;
        int error = is_moved ? kl_area_read(&view->map->image[0], offset, to, count)
                             : kl_area_read(&view->map->image[1], offset + sector_bytes, to, count);
        if (error) {
            return error;
        }
        offset += count;
        to += count;
        bytes -= count;
    }
    return KL_FLASH_OK;
}

void kl_update_view_init(struct kl_update_view *view, const struct kl_flash_map *map,
                         uint32_t moved)
{
    const struct kl_flash *flash = map->image[1].flash;
    uint32_t bytes = map->image[1].bytes - flash->sector_bytes;
    *view = (struct kl_update_view){
        .map = map,
        .moved = moved,
        .flash = {.bytes = bytes,
                  .sector_bytes = flash->sector_bytes,
                  .write_bytes = flash->write_bytes,
                  .context = view,
                  .read = read_view},
    };
    view->area = (struct kl_flash_area){&view->flash, 0, bytes};
}

/* Where a sector's bytes come from. */
struct source {
    const struct kl_flash_area *area;
    uint32_t offset;
    kl_image_read_fn *read; /* NULL: as they lie there */
    void *context;
    const struct kl_image
        *image; /* that they belong to, for `read`; offset counts in its area then */
};

static int copy_sector(const struct source *from, const struct kl_flash_area *to, uint32_t sector)
{
    uint32_t sector_bytes = to->flash->sector_bytes, at = sector * sector_bytes;
    uint8_t buffer[COPY_BYTES];
    if (kl_area_erase(to, at, sector_bytes)) {
        return KL_BOOT_FLASH;
    }
    for (uint32_t done = 0; done < sector_bytes;) {
        uint32_t left = sector_bytes - done;
        uint32_t count = left < COPY_BYTES ? left : COPY_BYTES;
        int error = from->read
                        ? from->read(from->context, from->image, from->offset + done, buffer, count)
                        : kl_area_read(from->area, from->offset + done, buffer, count);
        if (error || kl_area_write(to, at + done, buffer, count)) {
            return KL_BOOT_FLASH;
        }
        done += count;
    }
    return KL_BOOT_OK;
}

static int copy_plain(const struct kl_flash_area *from, uint32_t from_sector,
                      const struct kl_flash_area *to, uint32_t to_sector)
{
    const struct source source = {.area = from, .offset = from_sector * from->flash->sector_bytes};
    return copy_sector(&source, to, to_sector);
}

/* A sector of the update into the primary slot; decrypted on the way when it is encrypted. */
static int bring_in(const struct kl_boot *boot, uint32_t sector)
{
    const struct kl_flash_map *map = boot->map;
    struct kl_update_view view;
    struct kl_image image;
    kl_update_view_init(&view, map, sector);
    bool is_encrypted = kl_image_open(&view.area, &image) == KL_IMAGE_OK &&
                        (image.header.flags & KL_IMAGE_ENCRYPTED_AES128);
    const struct source source = {.area = &view.area,
                                  .offset = sector * view.flash.sector_bytes,
                                  .read = is_encrypted ? boot->port->read_update : NULL,
                                  .context = boot->port->context,
                                  .image = &image};
    return copy_sector(&source, &map->image[0], sector);
}

/* One step of a swap in, or of the way back. */
static int do_step(const struct kl_boot *boot, const struct kl_journal *journal, uint32_t step)
{
    const struct kl_flash_area *primary = &boot->map->image[0], *secondary = &boot->map->image[1];
    bool is_back = journal->last.type == KL_SWAP_REVERT, is_out = step % 2 == 0;
    uint32_t i = is_back ? journal->sectors - 1 - step / 2 : step / 2;
    return is_out    ? copy_plain(primary, i, secondary, is_back ? i + 1 : i)
           : is_back ? copy_plain(secondary, i, primary, i)
                     : bring_in(boot, i);
}

/* Before the first step both slots' flags are erased: the request is in the journal by now. */
static int begin(const struct kl_boot *boot)
{
    if (kl_trailer_erase_flags(&boot->map->image[1]) ||
        kl_trailer_erase_flags(&boot->map->image[0])) {
        return KL_BOOT_FLASH;
    }
    kl_trailer_note(&boot->map->image[0], KL_JOURNAL_BEGIN);
    return KL_BOOT_OK;
}

int kl_swap_resume(const struct kl_boot *boot, struct kl_journal *journal)
{
    struct kl_journal_entry entry = {KL_JOURNAL_STEP, journal->last.type, 0};
    uint32_t steps = 2 * journal->sectors;
    uint32_t done = journal->last.kind == KL_JOURNAL_STEP ? journal->last.value : 0;
    int error = done == 0 ? begin(boot) : KL_BOOT_OK;
    while (!error && done < steps) {
        error = do_step(boot, journal, done);
        entry.value = (uint16_t)++done;
        if (!error && kl_journal_append(journal, entry)) {
            error = KL_BOOT_FLASH;
        }
    }
    entry.kind = KL_JOURNAL_SWAPPED;
    entry.value = 0;
    if (!error && kl_journal_append(journal, entry)) {
        error = KL_BOOT_FLASH;
    }
    return error;
}
