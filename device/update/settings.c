/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/settings.h"

#include <string.h>

#include "update/bytes.h"
#include "update/marks.h"

/*
 * A sector: marks that it is complete, marks that it is closed, then entries. An entry: number
 * (u16), length (u8), kind (u8), check of all else (u32), the value with zeros up to a multiple of
 * 8, at least 8, and the mark that it is whole. So it is never a single unit to write, which would
 * read as a whole entry at one time, and as none at another.
 */
enum {
    PLACES = 8, /* for marks of a kind */
    MARKS_BYTES = PLACES * KL_MARK_BYTES,
    ENTRIES_AT = 2 * MARKS_BYTES,
    HEAD_BYTES = 8,
    ENTRY_MAX = HEAD_BYTES + KL_SETTING_BYTES_MAX + KL_MARK_BYTES,
    COMPLETE_SEED = 0x4b4c5331,
    CLOSED_SEED = 0x4b4c5332,
    WHOLE_SEED = 0x4b4c5333,
    ENTRY_SEED = 0x4b4c5334
};
enum kind { VALUE = 1, DELETED = 2 };

struct entry {
    uint32_t at; /* in the sector */
    uint16_t number;
    uint8_t bytes, kind;
    bool is_whole; /* its mark is seen */
    uint8_t value[KL_SETTING_BYTES_MAX];
};

static uint32_t value_room(uint32_t bytes)
{
    return bytes == 0 ? 8 : (bytes + 7) / 8 * 8;
}

static uint32_t entry_room(uint32_t bytes)
{
    return HEAD_BYTES + value_room(bytes) + KL_MARK_BYTES;
}

/* `value` has its zeros behind it. */
static uint32_t check_entry(const uint8_t *head, const uint8_t *value)
{
    uint32_t check = kl_check_word(kl_get_u32(head), ENTRY_SEED);
    for (uint32_t i = 0; i < value_room(head[2]); i++) {
        check = kl_check_word(check << 5 ^ check >> 27 ^ value[i], ENTRY_SEED);
    }
    return check;
}

static struct kl_marks entry_mark(const struct kl_flash_area *sector, uint32_t at, uint32_t bytes)
{
    return (struct kl_marks){.area = sector,
                             .offset = at + HEAD_BYTES + value_room(bytes),
                             .places = 1,
                             .seed = WHOLE_SEED,
                             .word = at};
}

/* Read the entry at an offset. 1, 0: none is there that reads right, or an enum kl_flash_error. */
static int read_entry(const struct kl_flash_area *sector, uint32_t at, struct entry *entry)
{
    uint8_t head[HEAD_BYTES];
    int error = kl_area_read(sector, at, head, sizeof head);
    *entry = (struct entry){at, kl_get_u16(head), head[2], head[3], false, {0}};
    if (error || (entry->kind != VALUE && entry->kind != DELETED) ||
        entry->bytes > KL_SETTING_BYTES_MAX || entry_room(entry->bytes) > sector->bytes - at) {
        return error;
    }
    struct kl_marks mark = entry_mark(sector, at, entry->bytes);
    error = kl_area_read(sector, at + HEAD_BYTES, entry->value, value_room(entry->bytes));
    if (!error) {
        error = kl_marks_read(&mark);
    }
    entry->is_whole = mark.seen == 1;
    return error ? error : check_entry(head, entry->value) == kl_get_u32(head + 4);
}

/* The entry that counts at or behind *at; *at is then behind it, or at the end. 1, 0 at the end, or
 * an enum kl_flash_error. */
static int next_entry(const struct kl_settings *settings, uint32_t *at, struct entry *entry)
{
    while (*at + HEAD_BYTES <= settings->end) {
        int found = read_entry(&settings->sector, *at, entry);
        bool counts = *at < settings->whole || entry->is_whole;
        *at += found > 0 ? entry_room(entry->bytes) : HEAD_BYTES;
        if (found < 0 || (found && counts)) {
            return found;
        }
    }
    return 0;
}

/* The last entry with a number: 1, 0, or an enum kl_flash_error. */
static int find(const struct kl_settings *settings, uint16_t number, struct entry *last)
{
    struct entry entry;
    int found, any = 0;
    for (uint32_t at = ENTRIES_AT; (found = next_entry(settings, &at, &entry)) > 0;) {
        if (entry.number == number) {
            *last = entry;
            any = 1;
        }
    }
    return found ? found : any;
}

/* What is set under a number: 1, 0: nothing, or KL_SETTINGS_FLASH. */
static int look_up(const struct kl_settings *settings, uint16_t number, struct entry *entry)
{
    int found = find(settings, number, entry);
    return found < 0 ? KL_SETTINGS_FLASH : found && entry->kind == VALUE;
}

/* Write an entry behind the last one, and its mark. */
static int append(struct kl_settings *settings, const struct entry *entry)
{
    uint8_t bytes[ENTRY_MAX] = {0};
    struct entry written;
    uint32_t at = settings->end;
    kl_put_u16(bytes, entry->number);
    bytes[2] = entry->bytes;
    bytes[3] = entry->kind;
    kl_put_u32(bytes + 4, check_entry(bytes, entry->value));
    memcpy(bytes + HEAD_BYTES, entry->value, entry->bytes);
    settings->end += entry_room(entry->bytes);
    if (kl_area_write(&settings->sector, at, bytes, HEAD_BYTES + value_room(entry->bytes)) ||
        read_entry(&settings->sector, at, &written) != 1) {
        return KL_SETTINGS_FLASH;
    }
    kl_put_u32(bytes, at);
    kl_put_u32(bytes + 4, kl_check_word(at, WHOLE_SEED));
    if (kl_area_write(&settings->sector, settings->end - KL_MARK_BYTES, bytes, KL_MARK_BYTES) ||
        read_entry(&settings->sector, at, &written) != 1 || !written.is_whole) {
        return KL_SETTINGS_FLASH;
    }
    settings->whole = settings->end;
    return KL_SETTINGS_OK;
}

static uint32_t sector_count(const struct kl_settings *settings)
{
    return settings->area->bytes / settings->area->flash->sector_bytes;
}

static struct kl_flash_area nth_sector(const struct kl_flash_area *area, uint32_t number)
{
    uint32_t bytes = area->flash->sector_bytes;
    return (struct kl_flash_area){area->flash, area->offset + number * bytes, bytes};
}

static struct kl_marks complete_marks(const struct kl_flash_area *sector, uint32_t generation)
{
    return (struct kl_marks){
        .area = sector, .places = PLACES, .seed = COMPLETE_SEED, .word = generation};
}

static struct kl_marks closed_marks(const struct kl_flash_area *sector, uint32_t generation)
{
    return (struct kl_marks){.area = sector,
                             .offset = MARKS_BYTES,
                             .places = PLACES,
                             .seed = CLOSED_SEED,
                             .word = generation};
}

/* Write marks until what they say is settled, or until there is no place for more. */
static int settle(struct kl_marks marks)
{
    bool is_settled = kl_marks_read(&marks) == 0 && (!kl_marks_complete(&marks) || marks.seen > 0);
    return is_settled ? KL_SETTINGS_OK : KL_SETTINGS_FLASH;
}

/* Begin a sector; it does not count before it is completed. */
static int begin_sector(struct kl_settings *settings, uint32_t number, uint32_t generation)
{
    settings->sector = nth_sector(settings->area, number);
    settings->generation = generation;
    settings->whole = settings->end = ENTRIES_AT;
    return kl_area_erase(&settings->sector, 0, settings->sector.bytes) ? KL_SETTINGS_FLASH
                                                                       : KL_SETTINGS_OK;
}

/* Copy what counts, and behind it *last, which takes the place of what has its number; what was
 * deleted is left behind. */
static int copy_values(const struct kl_settings *from, struct kl_settings *to,
                       const struct entry *last)
{
    struct entry entry, latest;
    int found;
    for (uint32_t at = ENTRIES_AT; (found = next_entry(from, &at, &entry)) > 0;) {
        if (last && last->number == entry.number) {
            continue;
        }
        if (find(from, entry.number, &latest) != 1) {
            return KL_SETTINGS_FLASH;
        }
        if (latest.at == entry.at && entry.kind == VALUE && append(to, &entry)) {
            return KL_SETTINGS_FLASH;
        }
    }
    return found || (last && last->kind == VALUE && append(to, last)) ? KL_SETTINGS_FLASH
                                                                      : KL_SETTINGS_OK;
}

/* Move everything into the next sector, and *last behind it; NULL: nothing. */
static int move(struct kl_settings *settings, const struct entry *last)
{
    struct kl_settings next = *settings;
    uint32_t number = (settings->sector.offset - settings->area->offset) / settings->sector.bytes;
    if (settle(closed_marks(&settings->sector, settings->generation)) ||
        begin_sector(&next, (number + 1) % sector_count(settings), settings->generation + 1) ||
        copy_values(settings, &next, last) ||
        settle(complete_marks(&next.sector, next.generation))) {
        return KL_SETTINGS_FLASH;
    }
    *settings = next;
    return KL_SETTINGS_OK;
}

/* The latest complete sector; generation 0: there is none. */
static int choose_sector(struct kl_settings *settings)
{
    for (uint32_t i = 0; i < sector_count(settings); i++) {
        struct kl_flash_area sector = nth_sector(settings->area, i);
        struct kl_marks complete = complete_marks(&sector, 0);
        if (kl_marks_find(&complete)) {
            return KL_SETTINGS_FLASH;
        }
        if (complete.seen > 0 && complete.word > settings->generation) {
            settings->sector = sector;
            settings->generation = complete.word;
        }
    }
    return KL_SETTINGS_OK;
}

/* Find the end of what is written, and move it all when a cut may have left something behind. The
 * last entry, when it has no mark, is read once: it may read otherwise the next time. Those before
 * it are whole, since nothing is written behind one that may not be. */
static int look_through(struct kl_settings *settings)
{
    struct kl_marks closed = closed_marks(&settings->sector, settings->generation);
    uint32_t at = ENTRIES_AT, size = settings->sector.bytes;
    struct entry entry, last = {.is_whole = true};
    int found = 0;
    while (at < size && (found = read_entry(&settings->sector, at, &entry)) > 0) {
        last = entry;
        at += entry_room(entry.bytes);
    }
    int is_erased = kl_area_is_erased(&settings->sector, at, size - at);
    if (kl_marks_read(&closed) || found < 0 || is_erased < 0) {
        return KL_SETTINGS_FLASH;
    }
    settings->whole = last.is_whole ? at : last.at;
    settings->end = is_erased ? at : size;
    return is_erased && last.is_whole && closed.seen == 0
               ? KL_SETTINGS_OK
               : move(settings, last.is_whole ? NULL : &last);
}

int kl_settings_open(struct kl_settings *settings, const struct kl_flash_area *area)
{
    *settings = (struct kl_settings){.area = area};
    if (!kl_area_valid(area) || sector_count(settings) < 2 ||
        area->flash->sector_bytes < ENTRIES_AT + ENTRY_MAX || choose_sector(settings)) {
        return KL_SETTINGS_FLASH;
    }
    if (settings->generation == 0 && begin_sector(settings, 0, 1)) {
        return KL_SETTINGS_FLASH;
    }
    return settle(complete_marks(&settings->sector, settings->generation)) ? KL_SETTINGS_FLASH
                                                                           : look_through(settings);
}

int kl_settings_get(const struct kl_settings *settings, uint16_t number, void *value,
                    uint32_t capacity)
{
    struct entry entry;
    int found = look_up(settings, number, &entry);
    if (found != 1) {
        return found < 0 ? found : KL_SETTINGS_NONE;
    }
    if (entry.bytes > capacity) {
        return KL_SETTINGS_SIZE;
    }
    memcpy(value, entry.value, entry.bytes);
    return entry.bytes;
}

int kl_settings_next(const struct kl_settings *settings, uint32_t from)
{
    struct entry entry, last;
    int found, first = KL_SETTINGS_NONE;
    for (uint32_t at = ENTRIES_AT; (found = next_entry(settings, &at, &entry)) > 0;) {
        bool is_nearer = entry.number >= from && (first < 0 || entry.number < first);
        if (is_nearer && find(settings, entry.number, &last) == 1 && last.kind == VALUE) {
            first = entry.number;
        }
    }
    return found < 0 ? KL_SETTINGS_FLASH : first;
}

/* Room of all values in a sector, of `number` as an entry of that room. */
static int live_bytes(const struct kl_settings *settings, uint16_t number, uint32_t room,
                      uint32_t *bytes)
{
    int other = -1;
    *bytes = room;
    while ((other = kl_settings_next(settings, (uint32_t)(other + 1))) >= 0) {
        struct entry entry;
        if (other != number && find(settings, (uint16_t)other, &entry) == 1) {
            *bytes += entry_room(entry.bytes);
        }
    }
    return other == KL_SETTINGS_NONE ? KL_SETTINGS_OK : KL_SETTINGS_FLASH;
}

/* Append, into the next sector when this one has no room or does not take it. */
static int put(struct kl_settings *settings, const struct entry *entry)
{
    uint32_t room = entry_room(entry->bytes), live;
    if (live_bytes(settings, entry->number, room, &live)) {
        return KL_SETTINGS_FLASH;
    }
    if (live > settings->sector.bytes - ENTRIES_AT) {
        return KL_SETTINGS_FULL;
    }
    uint32_t end = settings->end;
    if (room <= settings->sector.bytes - end && !append(settings, entry)) {
        return KL_SETTINGS_OK;
    }
    settings->end = end;
    return move(settings, entry);
}

int kl_settings_set(struct kl_settings *settings, uint16_t number, const void *value,
                    uint32_t bytes)
{
    struct entry entry;
    if (bytes > KL_SETTING_BYTES_MAX) {
        return KL_SETTINGS_SIZE;
    }
    int found = look_up(settings, number, &entry);
    bool is_same = found == 1 && entry.bytes == bytes && memcmp(entry.value, value, bytes) == 0;
    if (found < 0 || is_same) {
        return found < 0 ? found : KL_SETTINGS_OK;
    }
    entry = (struct entry){.number = number, .bytes = (uint8_t)bytes, .kind = VALUE};
    memcpy(entry.value, value, bytes);
    return put(settings, &entry);
}

int kl_settings_delete(struct kl_settings *settings, uint16_t number)
{
    struct entry entry;
    int found = look_up(settings, number, &entry);
    if (found != 1) {
        return found < 0 ? found : KL_SETTINGS_NONE;
    }
    entry = (struct entry){.number = number, .kind = DELETED};
    return put(settings, &entry);
}
