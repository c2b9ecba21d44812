/* SPDX-License-Identifier: Apache-2.0 */
/* The image group; see kinglet/image_group.h. */
#include "kinglet/image_group.h"

#include <string.h>

#include <bearssl_hash.h>

#include "kinglet/counters.h"

enum { IMAGES = 2, SHOWN_FLAGS = 8, VERSION_BYTES = 32, CHUNK_BYTES = 64 };

static const struct kl_flash_area *slot(const struct kl_image_service *service, uint32_t number)
{
    return &service->boot->map->image[number];
}

/* The part of the secondary slot that an update is written to. */
static struct kl_flash_area update_area(const struct kl_image_service *service)
{
    const struct kl_flash_area *s = slot(service, 1);
    uint32_t sector_bytes = s->flash->sector_bytes;
    return (struct kl_flash_area){s->flash, s->offset + sector_bytes, s->bytes - sector_bytes};
}

static void put_bool(struct kl_cbor_writer *response, const char *name, bool value)
{
    kl_cbor_put_text(response, name);
    kl_cbor_put_bool(response, value);
}

/* Decimal digits of a number, behind `text`; returns where they end. */
static char *put_number(char *text, uint32_t number)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *text++ = digits[--count];
    }
    return text;
}

/* "1.2.3", or "1.2.3.4" with a build number. */
static void put_version(struct kl_cbor_writer *response, const struct kl_image_version *v)
{
    char text[VERSION_BYTES];
    const uint32_t numbers[] = {v->major, v->minor, v->revision, v->build};
    char *at = text;
    for (int i = 0; i < (v->build ? 4 : 3); i++) {
        if (i > 0) {
            *at++ = '.';
        }
        at = put_number(at, numbers[i]);
    }
    kl_cbor_put_text(response, "version");
    kl_cbor_put_text_bytes(response, text, (uint32_t)(at - text));
}

/* What an image says its hash is; false when it says nothing. */
static bool stated_hash(const struct kl_image *image, uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    struct kl_tlv tlv;
    return kl_image_find(image, KL_TLV_SHA256, false, &tlv) == KL_IMAGE_OK &&
           tlv.bytes == KL_IMAGE_HASH_BYTES &&
           kl_area_read(image->area, tlv.offset, hash, tlv.bytes) == KL_FLASH_OK;
}

/* Where things stand, for both slots. */
struct standing {
    struct kl_journal_entry journal;
    enum kl_swap_type request;
    struct kl_flash_area update;
    struct kl_image image[IMAGES];
    bool is_there[IMAGES];
};

static enum kl_smp_rc look(const struct kl_image_service *service, struct standing *s)
{
    struct kl_journal journal;
    if (kl_journal_open(slot(service, 0), &journal)) {
        return KL_SMP_RC_UNKNOWN;
    }
    s->journal = journal.last;
    s->request = kl_trailer_request(slot(service, 1));
    s->update = update_area(service);
    s->is_there[0] = kl_image_open(slot(service, 0), &s->image[0]) == KL_IMAGE_OK;
    /* An update, or else what ran before. */
    s->is_there[1] = kl_image_open(&s->update, &s->image[1]) == KL_IMAGE_OK ||
                     kl_image_open(slot(service, 1), &s->image[1]) == KL_IMAGE_OK;
    return KL_SMP_RC_OK;
}

static bool is_on_trial(const struct standing *s)
{
    return s->journal.kind == KL_JOURNAL_STARTED || s->journal.kind == KL_JOURNAL_SWAPPED;
}

static void put_image(struct kl_cbor_writer *response, const struct standing *s, uint32_t number)
{
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    const struct kl_image *image = &s->image[number];
    bool has_hash = stated_hash(image, hash);
    kl_cbor_put_map(response, SHOWN_FLAGS + has_hash);
    kl_cbor_put_text(response, "image");
    kl_cbor_put_uint(response, 0);
    kl_cbor_put_text(response, "slot");
    kl_cbor_put_uint(response, number);
    put_version(response, &image->header.version);
    if (has_hash) {
        kl_cbor_put_text(response, "hash");
        kl_cbor_put_bytes(response, hash, sizeof hash);
    }
    put_bool(response, "bootable", !(image->header.flags & KL_IMAGE_NON_BOOTABLE));
    put_bool(response, "pending", number == 1 && s->request != KL_SWAP_NONE);
    put_bool(response, "confirmed", number == 0 && !is_on_trial(s));
    put_bool(response, "active", number == 0);
    put_bool(response, "permanent", number == 1 && s->request == KL_SWAP_PERMANENT);
}

static enum kl_smp_rc put_state(const struct kl_image_service *service,
                                struct kl_cbor_writer *response)
{
    struct standing s;
    enum kl_smp_rc rc = look(service, &s);
    if (rc != KL_SMP_RC_OK) {
        return rc;
    }
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "images");
    kl_cbor_put_array(response, (uint32_t)s.is_there[0] + s.is_there[1]);
    for (uint32_t i = 0; i < IMAGES; i++) {
        if (s.is_there[i]) {
            put_image(response, &s, i);
        }
    }
    return KL_SMP_RC_OK;
}

/* {"rc": rc, "why": code}: which of the rules of kinglet/verify.h it does not meet. */
static enum kl_smp_rc refuse(struct kl_cbor_writer *response, int why)
{
    kl_cbor_put_map(response, 2);
    kl_cbor_put_text(response, "rc");
    kl_cbor_put_uint(response, KL_SMP_RC_DENIED);
    kl_cbor_put_text(response, "why");
    kl_cbor_put_int(response, why);
    return KL_SMP_RC_OK;
}

static int verify_update(const struct kl_image_service *service, const struct kl_image *image)
{
    const struct kl_boot *boot = service->boot;
    struct kl_verify_rules rules = {.keys = boot->keys,
                                    .key_count = boot->key_count,
                                    .device = boot->device,
                                    .kind = KL_IMAGE_FIRMWARE,
                                    .context = boot->port->context};
    int error = kl_counter_read(&boot->map->security, &rules.least_counter);
    if (error) {
        return error;
    }
    if (image->header.flags & KL_IMAGE_ENCRYPTED_AES128) {
        rules.read = boot->port->read_update;
        if (!rules.read) {
            return KL_VERIFY_ENCRYPTED;
        }
    }
    return kl_image_bytes(image) > kl_image_room(slot(service, 0)) ? KL_IMAGE_TRUNCATED
                                                                   : kl_verify(image, &rules);
}

/* Ask the boot for the update. */
static enum kl_smp_rc ask_for(const struct kl_image_service *service, enum kl_swap_type type,
                              struct kl_cbor_writer *response)
{
    struct kl_flash_area area = update_area(service);
    struct kl_image image;
    int why = kl_image_open(&area, &image);
    why = why ? why : verify_update(service, &image);
    if (why) {
        return refuse(response, why);
    }
    return kl_trailer_ask(slot(service, 1), type) ? KL_SMP_RC_UNKNOWN
                                                  : put_state(service, response);
}

static bool get_bool(const struct kl_smp_request *request, const char *key)
{
    enum { SIMPLE_TRUE = 21 };
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    return kl_cbor_map_find(request->body, request->body_bytes, key, &value) &&
           kl_cbor_next(&value, &item) && item.type == KL_CBOR_SIMPLE && item.value == SIMPLE_TRUE;
}

static bool is_hash_of(const struct kl_image *image, bool is_there, const uint8_t *hash)
{
    uint8_t stated[KL_IMAGE_HASH_BYTES];
    return is_there && stated_hash(image, stated) && memcmp(stated, hash, sizeof stated) == 0;
}

static enum kl_smp_rc confirm_running(const struct kl_image_service *service,
                                      struct kl_cbor_writer *response)
{
    return kl_trailer_confirm(slot(service, 0)) ? KL_SMP_RC_UNKNOWN : put_state(service, response);
}

/* {hash, confirm}: the running image is confirmed, or the other one is asked for. */
static enum kl_smp_rc set_state(const struct kl_image_service *service,
                                const struct kl_smp_request *request,
                                struct kl_cbor_writer *response)
{
    const uint8_t *hash;
    uint32_t bytes;
    bool is_confirmed = get_bool(request, "confirm");
    struct standing s;
    enum kl_smp_rc rc = look(service, &s);
    if (rc != KL_SMP_RC_OK) {
        return rc;
    }
    if (!kl_cbor_map_string(request->body, request->body_bytes, "hash", KL_CBOR_BYTES, &hash,
                            &bytes)) {
        return is_confirmed ? confirm_running(service, response) : KL_SMP_RC_INVALID;
    }
    if (bytes != KL_IMAGE_HASH_BYTES) {
        return KL_SMP_RC_INVALID;
    }
    if (is_hash_of(&s.image[0], s.is_there[0], hash)) {
        return is_confirmed ? confirm_running(service, response) : KL_SMP_RC_BAD_STATE;
    }
    if (!is_hash_of(&s.image[1], s.is_there[1], hash)) {
        return KL_SMP_RC_NO_ENTRY;
    }
    return is_on_trial(&s)
               ? KL_SMP_RC_BAD_STATE
               : ask_for(service, is_confirmed ? KL_SWAP_PERMANENT : KL_SWAP_TEST, response);
}

/* Write a unit at a place of the update; a sector is erased when its first byte comes. */
static int write_unit(const struct kl_flash_area *area, uint32_t at, const uint8_t *unit)
{
    uint32_t sector_bytes = area->flash->sector_bytes;
    int error = at % sector_bytes == 0 ? kl_area_erase(area, at, sector_bytes) : KL_FLASH_OK;
    return error ? error : kl_area_write(area, at, unit, area->flash->write_bytes);
}

static int take_bytes(const struct kl_flash_area *area, struct kl_image_upload *upload,
                      const uint8_t *data, uint32_t bytes)
{
    uint32_t unit = area->flash->write_bytes;
    int error = KL_FLASH_OK;
    for (uint32_t i = 0; i < bytes && !error; i++) {
        upload->tail[upload->offset++ % unit] = data[i];
        if (upload->offset % unit == 0) {
            error = write_unit(area, upload->offset - unit, upload->tail);
        }
    }
    uint32_t rest = upload->offset % unit;
    if (!error && rest > 0 && upload->offset == upload->total_bytes) {
        memset(upload->tail + rest, 0xff, unit - rest);
        error = write_unit(area, upload->offset - rest, upload->tail);
    }
    return error;
}

/* Is what lies in the slot what the client said that it would send? */
static bool matches(const struct kl_flash_area *area, const struct kl_image_upload *upload)
{
    br_sha256_context sha;
    uint8_t chunk[CHUNK_BYTES], digest[KL_IMAGE_HASH_BYTES];
    br_sha256_init(&sha);
    for (uint32_t at = 0; at < upload->total_bytes;) {
        uint32_t left = upload->total_bytes - at;
        uint32_t count = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (kl_area_read(area, at, chunk, count)) {
            return false;
        }
        br_sha256_update(&sha, chunk, count);
        at += count;
    }
    br_sha256_out(&sha, digest);
    return memcmp(digest, upload->hash, sizeof digest) == 0;
}

/* The first packet: a new upload, or the one that is under way. */
static enum kl_smp_rc begin_upload(struct kl_image_service *service,
                                   const struct kl_smp_request *request)
{
    struct kl_image_upload *upload = &service->upload;
    const uint8_t *hash;
    uint32_t total, hash_bytes;
    struct standing s;
    if (!kl_cbor_map_uint(request->body, request->body_bytes, "len", &total) ||
        !kl_cbor_map_string(request->body, request->body_bytes, "sha", KL_CBOR_BYTES, &hash,
                            &hash_bytes) ||
        hash_bytes != KL_IMAGE_HASH_BYTES || total == 0) {
        return KL_SMP_RC_INVALID;
    }
    if (total > kl_image_room(slot(service, 0))) {
        return KL_SMP_RC_NO_MEMORY;
    }
    enum kl_smp_rc rc = look(service, &s);
    if (rc != KL_SMP_RC_OK || is_on_trial(&s) || s.request != KL_SWAP_NONE) {
        return rc != KL_SMP_RC_OK ? rc : KL_SMP_RC_BAD_STATE;
    }
    bool is_same = upload->is_open && upload->total_bytes == total &&
                   memcmp(upload->hash, hash, sizeof upload->hash) == 0;
    if (!is_same) {
        *upload = (struct kl_image_upload){.is_open = true, .total_bytes = total};
        memcpy(upload->hash, hash, sizeof upload->hash);
    }
    return KL_SMP_RC_OK;
}

static void put_offset(const struct kl_image_service *service, const struct kl_flash_area *area,
                       struct kl_cbor_writer *response)
{
    const struct kl_image_upload *upload = &service->upload;
    bool is_complete = upload->offset == upload->total_bytes;
    kl_cbor_put_map(response, 1 + (uint32_t)is_complete);
    kl_cbor_put_text(response, "off");
    kl_cbor_put_uint(response, upload->offset);
    if (is_complete) {
        put_bool(response, "match", matches(area, upload));
    }
}

/* {off, data, len and sha with off 0} -> {off, match}: where to go on. */
static enum kl_smp_rc take_upload(struct kl_image_service *service,
                                  const struct kl_smp_request *request,
                                  struct kl_cbor_writer *response)
{
    struct kl_image_upload *upload = &service->upload;
    const struct kl_flash_area area = update_area(service);
    const uint8_t *data;
    uint32_t offset, bytes;
    if (!kl_cbor_map_uint(request->body, request->body_bytes, "off", &offset) ||
        !kl_cbor_map_string(request->body, request->body_bytes, "data", KL_CBOR_BYTES, &data,
                            &bytes)) {
        return KL_SMP_RC_INVALID;
    }
    enum kl_smp_rc rc = offset == 0 ? begin_upload(service, request) : KL_SMP_RC_OK;
    if (rc != KL_SMP_RC_OK || !upload->is_open) {
        return rc != KL_SMP_RC_OK ? rc : KL_SMP_RC_BAD_STATE;
    }
    /* What was not asked for is answered with what is. */
    if (offset == upload->offset) {
        if (bytes > upload->total_bytes - offset) {
            return KL_SMP_RC_INVALID;
        }
        if (take_bytes(&area, upload, data, bytes)) {
            upload->is_open = false;
            return KL_SMP_RC_UNKNOWN;
        }
    }
    put_offset(service, &area, response);
    return KL_SMP_RC_OK;
}

/* Forget the update, and erase where it begins. */
static enum kl_smp_rc erase_update(struct kl_image_service *service)
{
    const struct kl_flash_area area = update_area(service);
    struct standing s;
    enum kl_smp_rc rc = look(service, &s);
    if (rc != KL_SMP_RC_OK || is_on_trial(&s)) {
        return rc != KL_SMP_RC_OK ? rc : KL_SMP_RC_BAD_STATE;
    }
    service->upload.is_open = false;
    return kl_trailer_erase_flags(slot(service, 1)) ||
                   kl_area_erase(&area, 0, area.flash->sector_bytes)
               ? KL_SMP_RC_UNKNOWN
               : KL_SMP_RC_OK;
}

enum kl_smp_rc kl_image_group(void *context, const struct kl_smp_request *request,
                              struct kl_cbor_writer *response)
{
    struct kl_image_service *service = context;
    bool is_write = request->op == KL_SMP_WRITE;
    if (request->command == KL_SMP_IMAGE_STATE) {
        return is_write ? set_state(service, request, response) : put_state(service, response);
    }
    if (request->command == KL_SMP_IMAGE_UPLOAD && is_write) {
        return take_upload(service, request, response);
    }
    return request->command == KL_SMP_IMAGE_ERASE && is_write ? erase_update(service)
                                                              : KL_SMP_RC_UNSUPPORTED;
}
