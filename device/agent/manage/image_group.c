/* SPDX-License-Identifier: Apache-2.0 */
/* The image group; see kinglet/image_group.h. */
#include "kinglet/image_group.h"

#include "agent/manage/describe.h"
#include "kinglet/counters.h"

enum { IMAGES = 2, SHOWN_FLAGS = 8 };

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
    bool has_hash = describe_hash(image, hash);
    kl_cbor_put_map(response, SHOWN_FLAGS + has_hash);
    describe_number(response, "image", 0);
    describe_number(response, "slot", number);
    describe_version(response, &image->header.version);
    if (has_hash) {
        kl_cbor_put_text(response, "hash");
        kl_cbor_put_bytes(response, hash, sizeof hash);
    }
    describe_bool(response, "bootable", !(image->header.flags & KL_IMAGE_NON_BOOTABLE));
    describe_bool(response, "pending", number == 1 && s->request != KL_SWAP_NONE);
    describe_bool(response, "confirmed", number == 0 && !is_on_trial(s));
    describe_bool(response, "active", number == 0);
    describe_bool(response, "permanent", number == 1 && s->request == KL_SWAP_PERMANENT);
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
        return describe_refusal(response, why);
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
    if (s.is_there[0] && describe_is_hash(&s.image[0], hash)) {
        return is_confirmed ? confirm_running(service, response) : KL_SMP_RC_BAD_STATE;
    }
    if (!s.is_there[1] || !describe_is_hash(&s.image[1], hash)) {
        return KL_SMP_RC_NO_ENTRY;
    }
    return is_on_trial(&s)
               ? KL_SMP_RC_BAD_STATE
               : ask_for(service, is_confirmed ? KL_SWAP_PERMANENT : KL_SWAP_TEST, response);
}

/* May an upload begin? */
static enum kl_smp_rc begin_upload(struct kl_image_service *service,
                                   const struct kl_smp_request *request)
{
    struct standing s;
    bool is_new;
    enum kl_smp_rc rc = look(service, &s);
    if (rc != KL_SMP_RC_OK || is_on_trial(&s) || s.request != KL_SWAP_NONE) {
        return rc != KL_SMP_RC_OK ? rc : KL_SMP_RC_BAD_STATE;
    }
    return kl_upload_begin(&service->upload, request, kl_image_room(slot(service, 0)), &is_new);
}

/* {off, data, len and sha with off 0} -> {off, match}: where to go on. */
static enum kl_smp_rc take_upload(struct kl_image_service *service,
                                  const struct kl_smp_request *request,
                                  struct kl_cbor_writer *response)
{
    struct kl_upload *upload = &service->upload;
    const struct kl_flash_area area = update_area(service);
    struct kl_upload_packet packet;
    enum kl_smp_rc rc = kl_upload_read(request, &packet);
    if (rc == KL_SMP_RC_OK && packet.offset == 0) {
        rc = begin_upload(service, request);
    }
    if (rc == KL_SMP_RC_OK && !upload->is_open) {
        rc = KL_SMP_RC_BAD_STATE;
    }
    if (rc == KL_SMP_RC_OK && kl_upload_wants(upload, &packet)) {
        rc = kl_upload_take(upload, &area, &packet);
    }
    if (rc != KL_SMP_RC_OK) {
        return rc;
    }
    bool is_complete = kl_upload_is_complete(upload);
    kl_cbor_put_map(response, 1 + (uint32_t)is_complete);
    describe_number(response, "off", upload->offset);
    if (is_complete) {
        describe_bool(response, "match", kl_upload_matches(upload, &area));
    }
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
