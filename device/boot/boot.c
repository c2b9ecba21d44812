/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/boot.h"

#include <stddef.h>

#include "boot/swap.h"
#include "kinglet/counters.h"

/* More actions than any way to an image takes: a flash that keeps nothing ends the boot. */
enum { ACTIONS_MAX = 16 };

/* One boot. */
struct run {
    const struct kl_boot *boot;
    struct kl_journal journal;
    struct kl_boot_view view;
    struct kl_update_view update_view;
    struct kl_image primary, update, backup;
    bool is_primary_known; /* it was verified since it last changed */
    uint32_t counter;
};

static int check_map(const struct kl_flash_map *map)
{
    const struct kl_flash_area *a = &map->image[0], *b = &map->image[1];
    bool is_right = kl_area_valid(a) && kl_area_valid(b) && kl_area_valid(&map->security) &&
                    a->bytes == b->bytes && a->flash->sector_bytes == b->flash->sector_bytes &&
                    kl_image_room(a) > 0;
    return is_right ? KL_BOOT_OK : KL_BOOT_FLASH;
}

/* Is there firmware for this device that leaves room for a swap? */
static bool is_valid(const struct run *run, const struct kl_flash_area *area,
                     kl_image_read_fn *read, struct kl_image *image)
{
    const struct kl_boot *boot = run->boot;
    const struct kl_verify_rules rules = {.keys = boot->keys,
                                          .key_count = boot->key_count,
                                          .device = boot->device,
                                          .kind = KL_IMAGE_FIRMWARE,
                                          .least_counter = run->counter,
                                          .read = read,
                                          .context = boot->port->context};
    return kl_image_open(area, image) == KL_IMAGE_OK &&
           kl_image_bytes(image) <= kl_image_room(&boot->map->image[0]) &&
           kl_verify(image, &rules) == KL_VERIFY_OK;
}

static bool is_update_valid(struct run *run)
{
    struct kl_image *image = &run->update;
    kl_update_view_init(&run->update_view, run->boot->map, 0);
    if (kl_image_open(&run->update_view.area, image) != KL_IMAGE_OK) {
        return false;
    }
    bool is_encrypted = image->header.flags & KL_IMAGE_ENCRYPTED_AES128;
    kl_image_read_fn *read = is_encrypted ? run->boot->port->read_update : NULL;
    return (!is_encrypted || read) && is_valid(run, &run->update_view.area, read, image);
}

/* Verifying takes long: only what a rule may ask for is verified. */
static int look(struct run *run)
{
    const struct kl_flash_map *map = run->boot->map;
    struct kl_boot_view *v = &run->view;
    uint8_t kind = run->journal.last.kind;
    bool is_swapping = kind == KL_JOURNAL_BEGIN || kind == KL_JOURNAL_STEP;
    bool is_trial = kind == KL_JOURNAL_SWAPPED || kind == KL_JOURNAL_STARTED;
    if (kl_journal_settle(&run->journal)) {
        return KL_BOOT_FLASH;
    }
    v->journal = run->journal.last;
    v->request = kl_trailer_request(&map->image[1]);
    v->is_ok = kl_trailer_is_ok(&map->image[0]);
    if (is_swapping) {
        return KL_BOOT_OK;
    }
    if (!run->is_primary_known) {
        v->primary_valid = is_valid(run, &map->image[0], NULL, &run->primary);
        run->is_primary_known = true;
    }
    v->update_valid =
        (!v->primary_valid || (!is_trial && v->request != KL_SWAP_NONE)) && is_update_valid(run);
    v->backup_valid =
        (!v->primary_valid || is_trial) && is_valid(run, &map->image[1], NULL, &run->backup);
    return KL_BOOT_OK;
}

static uint32_t sectors_of(const struct run *run, const struct kl_image *image, bool is_valid_image)
{
    uint32_t sector_bytes = run->boot->map->image[0].flash->sector_bytes;
    return is_valid_image ? (kl_image_bytes(image) + sector_bytes - 1) / sector_bytes : 0;
}

static int append(struct run *run, enum kl_journal_kind kind, uint32_t value)
{
    const struct kl_journal_entry entry = {(uint8_t)kind, run->journal.last.type, (uint16_t)value};
    return kl_journal_append(&run->journal, entry) ? KL_BOOT_FLASH : KL_BOOT_OK;
}

/* Begin a swap of as many sectors as the larger image has. */
static int begin(struct run *run, enum kl_swap_type type)
{
    const struct kl_boot_view *v = &run->view;
    uint32_t out = sectors_of(run, &run->primary, v->primary_valid);
    uint32_t in = type == KL_SWAP_REVERT ? sectors_of(run, &run->backup, v->backup_valid)
                                         : sectors_of(run, &run->update, v->update_valid);
    const struct kl_journal_entry entry = {KL_JOURNAL_BEGIN, (uint8_t)type,
                                           (uint16_t)(out > in ? out : in)};
    return kl_journal_begin(&run->journal, entry) ? KL_BOOT_FLASH : KL_BOOT_OK;
}

static int confirm(struct run *run)
{
    int error = append(run, KL_JOURNAL_CONFIRMED, 0);
    if (!error && kl_journal_settle(&run->journal)) {
        error = KL_BOOT_FLASH;
    }
    kl_trailer_note(&run->boot->map->image[0], KL_JOURNAL_CONFIRMED);
    return error;
}

static int resume(struct run *run)
{
    run->is_primary_known = false;
    return kl_swap_resume(run->boot, &run->journal);
}

/* What was confirmed is the least that will be taken from now on. */
static int raise_counter(struct run *run)
{
    uint32_t counter;
    bool is_trial = run->journal.last.kind == KL_JOURNAL_STARTED;
    if (is_trial || kl_image_security_counter(&run->primary, &counter)) {
        return KL_BOOT_OK;
    }
    return kl_counter_raise(&run->boot->map->security, counter) ? KL_BOOT_FLASH : KL_BOOT_OK;
}

static int start_trial(struct run *run)
{
    const struct kl_boot_port *port = run->boot->port;
    struct kl_journal_entry last = run->journal.last;
    uint32_t before = last.kind == KL_JOURNAL_STARTED ? last.value : 0;
    int error = append(run, KL_JOURNAL_STARTED, before + 1);
    kl_trailer_note(&run->boot->map->image[0], KL_JOURNAL_SWAPPED);
    if (!error && port->watchdog_start) {
        port->watchdog_start(port->context);
    }
    return error;
}

static int act(struct run *run, enum kl_boot_action action)
{
    switch (action) {
    case KL_BOOT_RESUME: return resume(run);
    case KL_BOOT_CONFIRM: return confirm(run);
    case KL_BOOT_TRY: return start_trial(run);
    case KL_BOOT_REVERT: return begin(run, KL_SWAP_REVERT);
    case KL_BOOT_TEST: return begin(run, KL_SWAP_TEST);
    case KL_BOOT_REPLACE: return begin(run, KL_SWAP_PERMANENT);
    case KL_BOOT_DROP:
        return kl_trailer_erase_flags(&run->boot->map->image[1]) ? KL_BOOT_FLASH : KL_BOOT_OK;
    case KL_BOOT_START: return raise_counter(run);
    case KL_BOOT_HALT: break;
    }
    return KL_BOOT_NO_IMAGE;
}

static int prepare(struct run *run, const struct kl_boot *boot)
{
    *run = (struct run){.boot = boot};
    int error = check_map(boot->map);
    if (!error && kl_counter_read(&boot->map->security, &run->counter)) {
        error = KL_BOOT_FLASH;
    }
    if (!error && kl_journal_open(&boot->map->image[0], &run->journal)) {
        error = KL_BOOT_FLASH;
    }
    return error;
}

/* One look, one action. Is an image to be started now? */
static int advance(struct run *run, bool *is_ready)
{
    const struct kl_boot_port *port = run->boot->port;
    int error = look(run);
    if (error) {
        return error;
    }
    enum kl_boot_action action = kl_boot_decide(&run->view);
    error = act(run, action);
    if (port->note) {
        port->note(port->context, action, error);
    }
    *is_ready = action == KL_BOOT_START || action == KL_BOOT_TRY;
    return error;
}

int kl_boot_run(const struct kl_boot *boot, struct kl_image *image)
{
    struct run run;
    bool is_ready = false;
    int error = prepare(&run, boot);
    for (int i = 0; i < ACTIONS_MAX && !error && !is_ready; i++) {
        error = advance(&run, &is_ready);
    }
    *image = run.primary;
    return error || is_ready ? error : KL_BOOT_FLASH;
}
