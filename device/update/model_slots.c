/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/model_slots.h"

#include <string.h>

#include "update/bytes.h"

enum { MARK_BYTES = 8, COPIES = 2, SLOTS = 2 };
enum mark { MARK_TRIED = 1, MARK_PASSED, MARK_FAILED, MARKS };

/* The marks on a pack. */
struct marks {
    const struct kl_flash_area *area;
    uint32_t seed;          /* of the check, from the pack's hash */
    uint32_t start, used;   /* of the last sector, and bytes of it that do not seem erased */
    uint32_t counts[MARKS]; /* that are seen */
};

static void make_mark(const struct marks *marks, uint32_t kind, uint8_t bytes[MARK_BYTES])
{
    kl_put_u32(bytes, kind);
    kl_put_u32(bytes + 4, kl_check_word(kind, marks->seed));
}

static int find_seed(const struct kl_image *image, uint32_t *seed)
{
    uint8_t bytes[4];
    struct kl_tlv tlv;
    if (kl_image_find(image, KL_TLV_SHA256, false, &tlv) ||
        kl_area_read(image->area, tlv.offset, bytes, sizeof bytes)) {
        return KL_MODEL_SLOT_FLASH;
    }
    *seed = kl_get_u32(bytes);
    return 0;
}

static int read_marks(const struct kl_image *image, struct marks *marks)
{
    uint32_t sector = image->area->flash->sector_bytes;
    *marks = (struct marks){.area = image->area, .start = image->area->bytes - sector};
    if (find_seed(image, &marks->seed)) {
        return KL_MODEL_SLOT_FLASH;
    }
    for (uint32_t at = 0; at < sector; at += MARK_BYTES) {
        uint8_t found[MARK_BYTES], mark[MARK_BYTES];
        if (kl_area_read(image->area, marks->start + at, found, sizeof found)) {
            return KL_MODEL_SLOT_FLASH;
        }
        if ((kl_get_u32(found) & kl_get_u32(found + 4)) != UINT32_MAX) {
            marks->used = at + MARK_BYTES;
        }
        uint32_t kind = kl_get_u32(found);
        make_mark(marks, kind, mark);
        if (kind > 0 && kind < MARKS && memcmp(found, mark, sizeof mark) == 0) {
            marks->counts[kind]++;
        }
    }
    return 0;
}

/* Write marks of a kind until `wanted` are seen; where power failed, a place may only seem erased.
 */
static int write_marks(struct marks *marks, enum mark kind, uint32_t wanted)
{
    uint8_t mark[MARK_BYTES], found[MARK_BYTES];
    make_mark(marks, kind, mark);
    while (marks->counts[kind] < wanted && marks->start + marks->used < marks->area->bytes) {
        uint32_t at = marks->start + marks->used;
        marks->used += MARK_BYTES;
        marks->counts[kind] += kl_area_write(marks->area, at, mark, sizeof mark) == KL_FLASH_OK &&
                               kl_area_read(marks->area, at, found, sizeof found) == KL_FLASH_OK &&
                               memcmp(found, mark, sizeof mark) == 0;
    }
    return marks->counts[kind] < wanted ? KL_MODEL_SLOT_FLASH : 0;
}

uint32_t kl_model_slots_room(const struct kl_model_slots *slots, int number)
{
    const struct kl_flash_area *area = &slots->map->model[number];
    return kl_area_valid(area) && area->bytes > area->flash->sector_bytes
               ? area->bytes - area->flash->sector_bytes
               : 0;
}

int kl_model_slots_forget(const struct kl_model_slots *slots, int number)
{
    const struct kl_flash_area *area = &slots->map->model[number];
    uint32_t room = kl_model_slots_room(slots, number);
    return room == 0 || kl_area_erase(area, room, area->flash->sector_bytes) ? KL_MODEL_SLOT_FLASH
                                                                             : 0;
}

/* The pack in a slot, when it is genuine. */
static int open_slot(const struct kl_model_slots *slots, int number, struct kl_image *image)
{
    uint32_t room = kl_model_slots_room(slots, number);
    int error = room == 0 ? KL_MODEL_SLOT_FLASH : kl_image_open(&slots->map->model[number], image);
    if (!error && kl_image_bytes(image) > room) {
        error = KL_IMAGE_TRUNCATED;
    }
    return error ? error : kl_verify(image, &slots->rules);
}

int kl_model_slots_look(const struct kl_model_slots *slots, int number, struct kl_image *image,
                        enum kl_model_standing *standing)
{
    struct marks marks;
    int error = open_slot(slots, number, image);
    if (!error) {
        error = read_marks(image, &marks);
    }
    if (!error) {
        *standing = marks.counts[MARK_FAILED] > 0   ? KL_MODEL_FAILED
                    : marks.counts[MARK_PASSED] > 0 ? KL_MODEL_PASSED
                    : marks.counts[MARK_TRIED] > 0  ? KL_MODEL_TRIED
                                                    : KL_MODEL_NEW;
    }
    return error;
}

/* May this genuine pack run? Tests it when that is not known. 1, 0, or KL_MODEL_SLOT_FLASH. */
static int is_good(const struct kl_model_slots *slots, const struct kl_image *image)
{
    struct marks marks;
    int error = read_marks(image, &marks);
    if (error || marks.counts[MARK_FAILED] > 0) {
        return error;
    }
    bool is_passed = marks.counts[MARK_PASSED] > 0;
    if (!is_passed) {
        if (marks.counts[MARK_TRIED] >= KL_MODEL_TRIES) {
            return 0;
        }
        error = write_marks(&marks, MARK_TRIED, marks.counts[MARK_TRIED] + 1);
        if (error) {
            return error;
        }
        is_passed = slots->test(slots->context, image) == 0;
    }
    error = write_marks(&marks, is_passed ? MARK_PASSED : MARK_FAILED, COPIES);
    return error ? error : is_passed;
}

int kl_model_slots_choose(const struct kl_model_slots *slots, struct kl_image *image)
{
    struct kl_image images[SLOTS];
    bool is_there[SLOTS] = {open_slot(slots, 0, &images[0]) == 0,
                            open_slot(slots, 1, &images[1]) == 0};
    int first =
        is_there[1] && (!is_there[0] || kl_image_version_compare(&images[1].header.version,
                                                                 &images[0].header.version) > 0);
    int result = KL_MODEL_NONE;
    for (int i = 0; i < SLOTS; i++) {
        int number = i == 0 ? first : 1 - first;
        int good = is_there[number] ? is_good(slots, &images[number]) : 0;
        if (good > 0) {
            *image = images[number];
            return number;
        }
        result = good < 0 ? good : result;
    }
    return result;
}

int kl_model_slots_fail(const struct kl_image *image)
{
    struct marks marks;
    int error = read_marks(image, &marks);
    return error ? error : write_marks(&marks, MARK_FAILED, COPIES);
}
