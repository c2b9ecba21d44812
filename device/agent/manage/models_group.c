/* SPDX-License-Identifier: Apache-2.0 */
/* The models group; see kinglet/models_group.h. */
#include "kinglet/models_group.h"

#include <string.h>

#include "agent/manage/describe.h"

enum { SLOTS = 2, SHOWN = 4, BLOCK_BYTES = 256 };

void kl_models_choose(struct kl_models_service *service)
{
    service->running = kl_model_slots_choose(service->slots, &service->image);
    service->changes++;
}

/* The slot that an upload goes to. */
static int free_slot(const struct kl_models_service *service)
{
    return service->running == 0 ? 1 : 0;
}

static void put_name(struct kl_cbor_writer *response, const struct kl_image *image)
{
    uint8_t text[KL_IMAGE_TEXT_MAX];
    struct kl_tlv tlv;
    bool is_there = kl_image_find(image, KL_TLV_NAME, true, &tlv) == KL_IMAGE_OK &&
                    tlv.bytes <= sizeof text &&
                    kl_area_read(image->area, tlv.offset, text, tlv.bytes) == KL_FLASH_OK;
    kl_cbor_put_text(response, "name");
    kl_cbor_put_text_bytes(response, text, is_there ? tlv.bytes : 0);
}

static void put_pack(const struct kl_models_service *service, struct kl_cbor_writer *response,
                     int number)
{
    static const char *const texts[] = {"new", "tried", "passed", "failed"};
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    enum kl_model_standing standing;
    struct kl_image image;
    int why = kl_model_slots_look(service->slots, number, &image, &standing);
    if (why) {
        kl_cbor_put_map(response, 2);
        describe_number(response, "slot", (uint32_t)number);
        kl_cbor_put_text(response, "why");
        kl_cbor_put_int(response, why);
        return;
    }
    bool has_hash = describe_hash(&image, hash);
    kl_cbor_put_map(response, SHOWN + 1 + (uint32_t)has_hash);
    describe_number(response, "slot", (uint32_t)number);
    put_name(response, &image);
    describe_version(response, &image.header.version);
    if (has_hash) {
        kl_cbor_put_text(response, "hash");
        kl_cbor_put_bytes(response, hash, sizeof hash);
    }
    kl_cbor_put_text(response, "test");
    kl_cbor_put_text(response, texts[standing]);
    describe_bool(response, "active", number == service->running);
}

static enum kl_smp_rc put_state(const struct kl_models_service *service,
                                struct kl_cbor_writer *response)
{
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "models");
    kl_cbor_put_array(response, SLOTS);
    for (int i = 0; i < SLOTS; i++) {
        put_pack(service, response, i);
    }
    return KL_SMP_RC_OK;
}

/* The first packet of an encrypted pack has its header, and the wrapped key beside it. */
static int begin_decrypt(struct kl_models_service *service, const struct kl_smp_request *request,
                         const struct kl_upload_packet *packet)
{
    const uint8_t *entry;
    uint32_t bytes;
    service->is_encrypted = false;
    int error = packet->bytes < KL_IMAGE_HEADER_BYTES
                    ? KL_IMAGE_HEADER
                    : kl_image_header_read(packet->data, &service->header);
    if (error ||
        !(service->header.flags & (KL_IMAGE_ENCRYPTED_AES128 | KL_IMAGE_ENCRYPTED_AES256))) {
        return error;
    }
    if (!service->secret) {
        return KL_VERIFY_ENCRYPTED;
    }
    if ((service->header.flags & KL_IMAGE_ENCRYPTED_AES256) ||
        !kl_cbor_map_string(request->body, request->body_bytes, "enc", KL_CBOR_BYTES, &entry,
                            &bytes) ||
        bytes != KL_DECRYPT_ENTRY_BYTES) {
        return KL_DECRYPT_FORM;
    }
    error = kl_decrypt_unwrap(entry, service->secret, &service->decrypt);
    service->is_encrypted = error == KL_DECRYPT_OK;
    return error;
}

/* *why: the image is refused for that. */
static enum kl_smp_rc begin_upload(struct kl_models_service *service,
                                   const struct kl_smp_request *request,
                                   const struct kl_upload_packet *packet, int *why)
{
    int slot = free_slot(service);
    uint32_t room = kl_model_slots_room(service->slots, slot);
    bool is_new;
    enum kl_smp_rc rc = kl_upload_begin(&service->upload, request, room, &is_new);
    if (rc != KL_SMP_RC_OK || !is_new) {
        return rc;
    }
    *why = begin_decrypt(service, request, packet);
    if (*why == 0 && kl_model_slots_forget(service->slots, slot)) {
        rc = KL_SMP_RC_UNKNOWN;
    }
    service->upload.is_open = *why == 0 && rc == KL_SMP_RC_OK;
    return rc;
}

/* Write the next packet, as it is or decrypted. */
static enum kl_smp_rc take_packet(struct kl_models_service *service,
                                  const struct kl_upload_packet *packet)
{
    const struct kl_flash_area *area = &service->slots->map->model[free_slot(service)];
    if (!service->is_encrypted) {
        return kl_upload_take(&service->upload, area, packet);
    }
    enum kl_smp_rc rc = KL_SMP_RC_OK;
    for (uint32_t done = 0; done < packet->bytes && rc == KL_SMP_RC_OK;) {
        uint8_t block[BLOCK_BYTES];
        uint32_t left = packet->bytes - done, count = left < sizeof block ? left : sizeof block;
        memcpy(block, packet->data + done, count);
        kl_decrypt_bytes(&service->decrypt, &service->header, packet->offset + done, block, count);
        rc = kl_upload_take(&service->upload, area,
                            &(struct kl_upload_packet){packet->offset + done, count, block});
        done += count;
    }
    return rc;
}

/* {off, data; len, sha and perhaps enc with off 0} -> {off, match}: where to go on. */
static enum kl_smp_rc take_upload(struct kl_models_service *service,
                                  const struct kl_smp_request *request,
                                  struct kl_cbor_writer *response)
{
    struct kl_upload *upload = &service->upload;
    struct kl_upload_packet packet;
    int why = 0;
    enum kl_smp_rc rc = kl_upload_read(request, &packet);
    if (rc == KL_SMP_RC_OK && packet.offset == 0) {
        rc = begin_upload(service, request, &packet, &why);
    }
    if (why) {
        return describe_refusal(response, why);
    }
    if (rc == KL_SMP_RC_OK && !upload->is_open) {
        rc = KL_SMP_RC_BAD_STATE;
    }
    if (rc == KL_SMP_RC_OK && kl_upload_wants(upload, &packet)) {
        rc = packet.bytes > upload->total_bytes - upload->offset ? KL_SMP_RC_INVALID
                                                                 : take_packet(service, &packet);
    }
    if (rc != KL_SMP_RC_OK) {
        return rc;
    }
    /* What was decrypted is not what was sent: its signature will tell. */
    bool can_match = kl_upload_is_complete(upload) && !service->is_encrypted;
    kl_cbor_put_map(response, 1 + (uint32_t)can_match);
    describe_number(response, "off", upload->offset);
    if (can_match) {
        const struct kl_flash_area *area = &service->slots->map->model[free_slot(service)];
        describe_bool(response, "match", kl_upload_matches(upload, area));
    }
    return KL_SMP_RC_OK;
}

/* 0: the pack, which is genuine, is newer than the one that runs, and passes its self-test. The
 * test uses the arena: what the pack that runs kept there is lost. */
static int check(struct kl_models_service *service, const struct kl_image *image)
{
    if (service->running >= 0 &&
        kl_image_version_compare(&image->header.version, &service->image.header.version) <= 0) {
        return KL_MODELS_OLDER;
    }
    service->changes++;
    return service->slots->test(service->slots->context, image);
}

/* The pack in the other slot, which has that hash. */
static enum kl_smp_rc run_other(struct kl_models_service *service, const uint8_t *hash,
                                struct kl_cbor_writer *response)
{
    enum kl_model_standing standing;
    struct kl_image image;
    if (kl_image_open(&service->slots->map->model[free_slot(service)], &image) ||
        !describe_is_hash(&image, hash)) {
        return KL_SMP_RC_NO_ENTRY;
    }
    int why = kl_model_slots_look(service->slots, free_slot(service), &image, &standing);
    why = why ? why : check(service, &image);
    if (why) {
        return describe_refusal(response, why);
    }
    service->upload.is_open = false;
    kl_models_choose(service);
    return service->running >= 0 && describe_is_hash(&service->image, hash)
               ? put_state(service, response)
               : KL_SMP_RC_UNKNOWN;
}

/* The pack that runs, which has that hash, is not to run again. */
static enum kl_smp_rc fail_running(struct kl_models_service *service, const uint8_t *hash,
                                   struct kl_cbor_writer *response)
{
    if (service->running < 0 || !describe_is_hash(&service->image, hash)) {
        return KL_SMP_RC_NO_ENTRY;
    }
    if (kl_model_slots_fail(&service->image)) {
        return KL_SMP_RC_UNKNOWN;
    }
    service->upload.is_open = false;
    kl_models_choose(service);
    return put_state(service, response);
}

enum kl_smp_rc kl_models_group(void *context, const struct kl_smp_request *request,
                               struct kl_cbor_writer *response)
{
    struct kl_models_service *service = context;
    bool is_write = request->op == KL_SMP_WRITE;
    const uint8_t *hash;
    uint32_t bytes;
    if (request->command == KL_SMP_MODELS_STATE && !is_write) {
        return put_state(service, response);
    }
    if (request->command == KL_SMP_MODELS_UPLOAD && is_write) {
        return take_upload(service, request, response);
    }
    bool is_run = request->command == KL_SMP_MODELS_RUN;
    if (!is_write || (!is_run && request->command != KL_SMP_MODELS_FAIL)) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    if (!kl_cbor_map_string(request->body, request->body_bytes, "hash", KL_CBOR_BYTES, &hash,
                            &bytes) ||
        bytes != KL_IMAGE_HASH_BYTES) {
        return KL_SMP_RC_INVALID;
    }
    return is_run ? run_other(service, hash, response) : fail_running(service, hash, response);
}
