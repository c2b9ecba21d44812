/* SPDX-License-Identifier: Apache-2.0 */
#include "release/image_write.h"

#include <string.h>

#include <openssl/sha.h>

#include "release/encrypt.h"
#include "release/image_file.h"

/* Areas of TLVs have 16 bits for their length. */
enum { AREA_MAX = UINT16_MAX, ENCRYPTED_BLOCK = 16 };

static void put_number(struct kl_buffer *buffer, uint64_t value, size_t bytes)
{
    unsigned char little[8];
    for (size_t i = 0; i < bytes; i++) {
        little[i] = (unsigned char)(value >> 8 * i);
    }
    kl_buffer_append(buffer, little, bytes);
}

static void put_entry(struct kl_buffer *area, enum kl_tlv_type type, const void *data, size_t bytes)
{
    put_number(area, (uint64_t)type, 2);
    put_number(area, bytes, 2);
    kl_buffer_append(area, data, bytes);
}

static void put_number_entry(struct kl_buffer *area, enum kl_tlv_type type, uint64_t value,
                             size_t bytes)
{
    put_number(area, (uint64_t)type, 2);
    put_number(area, bytes, 2);
    put_number(area, value, bytes);
}

/* An area without its info so far; put_area adds that. */
static void put_area(struct kl_buffer *image, uint16_t magic, const struct kl_buffer *entries)
{
    put_number(image, magic, 2);
    put_number(image, entries->size + KL_IMAGE_TLV_INFO_BYTES, 2);
    kl_buffer_append(image, entries->data, entries->size);
}

static void put_engine(struct kl_buffer *area, const struct kl_image_spec *spec)
{
    unsigned char bits[2 + (KL_KERNEL_COUNT + 7) / 8] = {0};
    bits[0] = (unsigned char)spec->engine_abi;
    bits[1] = (unsigned char)(spec->engine_abi >> 8);
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        bits[2 + k / 8] |= (unsigned char)(spec->kernels[k] << k % 8);
    }
    put_entry(area, KL_TLV_ENGINE, bits, sizeof bits);
}

static enum kl_err put_text(struct kl_buffer *area, enum kl_tlv_type type, const char *text,
                            struct kl_diag *diag)
{
    size_t bytes = text ? strlen(text) : 0;
    if (text && (bytes == 0 || bytes > KL_IMAGE_TEXT_MAX)) {
        return kl_fail(diag, KL_EUSAGE, "'%.80s': a name in an image has 1 to %d bytes", text,
                       KL_IMAGE_TEXT_MAX);
    }
    if (text) {
        put_entry(area, type, text, bytes);
    }
    return KL_OK;
}

static enum kl_err put_protected(struct kl_buffer *area, const struct kl_image_spec *spec,
                                 struct kl_diag *diag)
{
    put_number_entry(area, KL_TLV_SECURITY_COUNTER, spec->security_counter, 4);
    if (spec->vendor) {
        put_entry(area, KL_TLV_VENDOR_UUID, spec->vendor, KL_IMAGE_UUID_BYTES);
    }
    if (spec->product) {
        put_entry(area, KL_TLV_CLASS_UUID, spec->product, KL_IMAGE_UUID_BYTES);
    }
    KL_TRY(put_text(area, KL_TLV_BOARD, spec->board, diag));
    put_number_entry(area, KL_TLV_KIND, (uint64_t)spec->kind, 1);
    if (spec->has_engine) {
        put_engine(area, spec);
    }
    if (spec->self_test_bytes > 0) {
        put_number(area, KL_TLV_SELF_TEST, 2);
        put_number(area, 8, 2);
        put_number(area, spec->self_test_offset, 4);
        put_number(area, spec->self_test_bytes, 4);
    }
    KL_TRY(put_text(area, KL_TLV_NAME, spec->name, diag));
    put_number_entry(area, KL_TLV_MADE, spec->made, 8);
    return KL_OK;
}

static void put_body(struct kl_buffer *image, const struct kl_image_spec *spec, size_t padding)
{
    static const unsigned char zeros[ENCRYPTED_BLOCK];
    kl_buffer_append(image, spec->body.data, spec->body.size);
    kl_buffer_append(image, zeros, padding);
}

static void put_header(struct kl_buffer *image, const struct kl_image_spec *spec, size_t body_bytes,
                       size_t protected_bytes)
{
    unsigned char bytes[KL_IMAGE_HEADER_BYTES];
    const struct kl_image_header header = {
        .load_address = spec->load_address,
        .header_bytes = spec->header_bytes,
        .protected_bytes = (uint16_t)protected_bytes,
        .body_bytes = (uint32_t)body_bytes,
        .flags = (spec->kind == KL_IMAGE_FIRMWARE ? 0u : KL_IMAGE_NON_BOOTABLE) |
                 (spec->is_encrypted ? KL_IMAGE_ENCRYPTED_AES128 : 0u),
        .version = spec->version,
    };
    kl_image_header_write(bytes, &header);
    kl_buffer_append(image, bytes, sizeof bytes);
    for (size_t i = sizeof bytes; i < spec->header_bytes; i++) {
        kl_buffer_append(image, "", 1);
    }
}

static enum kl_err finish(const struct kl_buffer *image, struct kl_diag *diag)
{
    return image->failed
               ? kl_fail(diag, KL_ELIMIT, "an image has at most %d bytes", KL_IMAGE_FILE_MAX)
               : KL_OK;
}

enum kl_err kl_image_write(const struct kl_image_spec *spec, struct kl_buffer *image,
                           struct kl_diag *diag)
{
    struct kl_buffer area = KL_BUFFER(AREA_MAX - KL_IMAGE_TLV_INFO_BYTES);
    size_t padding = spec->is_encrypted
                         ? (ENCRYPTED_BLOCK - spec->body.size % ENCRYPTED_BLOCK) % ENCRYPTED_BLOCK
                         : 0;
    if (spec->header_bytes < KL_IMAGE_HEADER_BYTES || spec->header_bytes % 16 != 0) {
        return kl_fail(diag, KL_EUSAGE, "a header has %d bytes or more, and a multiple of 16",
                       KL_IMAGE_HEADER_BYTES);
    }
    if (spec->body.size == 0 || spec->body.size > KL_IMAGE_FILE_MAX) {
        return kl_fail(diag, KL_ELIMIT, "an image's body has 1 to %d bytes", KL_IMAGE_FILE_MAX);
    }
    enum kl_err err = put_protected(&area, spec, diag);
    if (err == KL_OK && area.failed) {
        err = KL_FAIL_MEMORY(diag);
    }
    if (err == KL_OK) {
        put_header(image, spec, spec->body.size + padding, area.size + KL_IMAGE_TLV_INFO_BYTES);
        put_body(image, spec, padding);
        put_area(image, KL_IMAGE_PROTECTED_MAGIC, &area);
        err = finish(image, diag);
    }
    kl_buffer_free(&area);
    return err;
}

static void put_signature(struct kl_buffer *area, const struct kl_key *signer,
                          const uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    uint8_t signature[KL_P256_SIGNATURE_MAX];
    put_entry(area, KL_TLV_SHA256, digest, KL_IMAGE_HASH_BYTES);
    if (signer) {
        size_t bytes = kl_key_sign(signer, digest, signature);
        put_entry(area, KL_TLV_KEYHASH, signer->public_key.id, KL_IMAGE_HASH_BYTES);
        put_entry(area, KL_TLV_ECDSA, signature, bytes);
    }
}

static enum kl_err encrypt(struct kl_buffer *image, const struct kl_image_header *header,
                           const struct kl_public_key *reader, struct kl_buffer *area,
                           struct kl_diag *diag)
{
    struct kl_envelope_key key;
    KL_TRY(kl_encrypt_new_key(reader, &key, diag));
    put_entry(area, KL_TLV_ENC_EC256, key.wrapped, sizeof key.wrapped);
    enum kl_err err = kl_encrypt_body(&key, (uint8_t *)image->data + header->header_bytes,
                                      header->body_bytes, diag);
    kl_encrypt_forget(&key);
    return err;
}

enum kl_err kl_image_seal(struct kl_buffer *image, const struct kl_key *signer,
                          const struct kl_public_key *reader, struct kl_diag *diag)
{
    struct kl_buffer area = KL_BUFFER(AREA_MAX - KL_IMAGE_TLV_INFO_BYTES);
    struct kl_image_header header;
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    if (image->size < KL_IMAGE_HEADER_BYTES ||
        kl_image_header_read((const uint8_t *)image->data, &header) != KL_IMAGE_OK) {
        return kl_fail(diag, KL_EINPUT, "not an image: its header is missing");
    }
    if (!(header.flags & KL_IMAGE_ENCRYPTED_AES128) != !reader) {
        return kl_fail(diag, KL_EUSAGE, "%s",
                       reader ? "the image was made to be readable, and cannot be encrypted now"
                              : "the image is encrypted: to whom is missing (--encrypt-for)");
    }
    SHA256((const unsigned char *)image->data, image->size, digest);
    put_signature(&area, signer, digest);
    enum kl_err err = reader ? encrypt(image, &header, reader, &area, diag) : KL_OK;
    if (err == KL_OK) {
        put_area(image, KL_IMAGE_TLV_MAGIC, &area);
        err = area.failed ? KL_FAIL_MEMORY(diag) : finish(image, diag);
    }
    kl_buffer_free(&area);
    return err;
}

enum kl_err kl_image_unseal(struct kl_bytes file, struct kl_buffer *image, struct kl_diag *diag)
{
    struct kl_image_file opened;
    KL_TRY(kl_image_file_open(file, "image", &opened, diag));
    if (opened.image.header.flags & KL_IMAGE_ENCRYPTED_AES128) {
        return kl_fail(diag, KL_EUSAGE,
                       "an encrypted image cannot be signed anew: sign it when it is built");
    }
    kl_buffer_append(image, file.data, opened.image.hashed_bytes);
    return finish(image, diag);
}
