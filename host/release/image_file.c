/* SPDX-License-Identifier: Apache-2.0 */
#include "release/image_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/model_runner.h"
#include "kinglet/models_group.h"
#include "release/encrypt.h"
#include "release/image_write.h"

static int read_bytes(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    const struct kl_image_file *file = context;
    memcpy(data, file->bytes.data + offset, bytes);
    return KL_FLASH_OK;
}

static int refuse_write(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    (void)context;
    (void)offset;
    (void)data;
    (void)bytes;
    return KL_FLASH_FAILED;
}

static int refuse_erase(void *context, uint32_t offset, uint32_t bytes)
{
    (void)context;
    (void)offset;
    (void)bytes;
    return KL_FLASH_FAILED;
}

bool kl_is_image(struct kl_bytes file)
{
    struct kl_image_header header;
    return file.size >= KL_IMAGE_HEADER_BYTES &&
           kl_image_header_read(file.data, &header) != KL_IMAGE_NONE;
}

enum kl_err kl_image_file_open(struct kl_bytes bytes, const char *name, struct kl_image_file *file,
                               struct kl_diag *diag)
{
    if (bytes.size > KL_IMAGE_FILE_MAX) {
        return kl_fail(diag, KL_ELIMIT, "%.300s: an image has at most %d bytes", name,
                       KL_IMAGE_FILE_MAX);
    }
    if (bytes.size < KL_IMAGE_HEADER_BYTES) {
        return kl_fail(diag, KL_EINPUT, "%.300s: %s", name,
                       kl_image_error_text(KL_IMAGE_TRUNCATED));
    }
    *file = (struct kl_image_file){
        .bytes = bytes,
        .flash = {.bytes = (uint32_t)bytes.size,
                  .sector_bytes = (uint32_t)bytes.size,
                  .write_bytes = 1,
                  .mapped = bytes.data,
                  .context = file,
                  .read = read_bytes,
                  .write = refuse_write,
                  .erase = refuse_erase},
        .area = {&file->flash, 0, (uint32_t)bytes.size},
    };
    int error = kl_image_open(&file->area, &file->image);
    if (error) {
        return kl_fail(diag, KL_EINPUT, "%.300s: %s", name, kl_image_error_text(error));
    }
    if (kl_image_bytes(&file->image) != bytes.size) {
        return kl_fail(diag, KL_EINPUT, "%.300s: %zu bytes follow the image", name,
                       bytes.size - kl_image_bytes(&file->image));
    }
    return KL_OK;
}

static const struct {
    int code;
    const char *name, *text;
} errors[] = {
    {KL_IMAGE_READ, "KL_IMAGE_READ", "it cannot be read"},
    {KL_IMAGE_NONE, "KL_IMAGE_NONE", "not an image: another magic"},
    {KL_IMAGE_HEADER, "KL_IMAGE_HEADER", "its header is too short"},
    {KL_IMAGE_TRUNCATED, "KL_IMAGE_TRUNCATED", "it is truncated: a part reaches beyond its end"},
    {KL_IMAGE_TLV, "KL_IMAGE_TLV", "an entry behind its body is malformed"},
    {KL_IMAGE_ABSENT, "KL_IMAGE_ABSENT", "an entry is missing"},
    {KL_VERIFY_HASH, "KL_VERIFY_HASH",
     "header, body or protected entries are not what was signed: it was altered or damaged"},
    {KL_VERIFY_UNSIGNED, "KL_VERIFY_UNSIGNED", "it is not signed: `kinglet release sign` signs it"},
    {KL_VERIFY_UNKNOWN_KEY, "KL_VERIFY_UNKNOWN_KEY", "it is signed by a key that is not trusted"},
    {KL_VERIFY_REVOKED_KEY, "KL_VERIFY_REVOKED_KEY", "it is signed by a revoked key"},
    {KL_VERIFY_SIGNATURE, "KL_VERIFY_SIGNATURE", "its signature is wrong"},
    {KL_VERIFY_KIND, "KL_VERIFY_KIND", "it is of another kind than is wanted here"},
    {KL_VERIFY_BOARD, "KL_VERIFY_BOARD", "it is for another board"},
    {KL_VERIFY_VENDOR, "KL_VERIFY_VENDOR", "it is of another vendor"},
    {KL_VERIFY_PRODUCT, "KL_VERIFY_PRODUCT", "it is for another product"},
    {KL_VERIFY_ROLLBACK, "KL_VERIFY_ROLLBACK",
     "its security counter is below what is asked for: a way back to a version with known faults"},
    {KL_VERIFY_ENCRYPTED, "KL_VERIFY_ENCRYPTED",
     "it is encrypted, and the device has no key for it"},
    {KL_DECRYPT_FORM, "KL_DECRYPT_FORM", "it is encrypted in a way that the device does not know"},
    {KL_DECRYPT_KEY, "KL_DECRYPT_KEY", "it is encrypted for another device, or was altered"},
    {KL_MODEL_RUNNER_PLACE, "KL_MODEL_RUNNER_PLACE", "the device cannot run it where it lies"},
    {KL_MODEL_RUNNER_ABI, "KL_MODEL_RUNNER_ABI", "it is made for another engine"},
    {KL_MODEL_RUNNER_KERNEL, "KL_MODEL_RUNNER_KERNEL",
     "it needs a kernel that the device's firmware does not have"},
    {KL_MODEL_RUNNER_PACK, "KL_MODEL_RUNNER_PACK",
     "no pack that the device's firmware can run: malformed, or it needs a larger arena"},
    {KL_MODEL_RUNNER_VECTOR, "KL_MODEL_RUNNER_VECTOR", "it carries no self-test that fits it"},
    {KL_MODEL_RUNNER_RESULT, "KL_MODEL_RUNNER_RESULT",
     "its self-test gave other outputs on the device"},
    {KL_MODELS_OLDER, "KL_MODELS_OLDER",
     "it is not newer than the model that runs: `kinglet device model --back` goes back"},
};

const char *kl_image_error_text(int error)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code == error) {
            return errors[i].text;
        }
    }
    return "unknown error";
}

const char *kl_image_error_name(int error)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code == error) {
            return errors[i].name;
        }
    }
    return error == 0 ? "KL_VERIFY_OK" : "unknown";
}

/* A copy of the file with its body decrypted; NULL, with a message, when it cannot be. */
static uint8_t *decrypted(const struct kl_image_file *file, const struct kl_key *reader,
                          struct kl_diag *diag)
{
    struct kl_envelope_key key;
    struct kl_tlv tlv;
    const struct kl_image_header *header = &file->image.header;
    if (kl_image_find(&file->image, KL_TLV_ENC_EC256, false, &tlv) != KL_IMAGE_OK ||
        tlv.bytes != sizeof key.wrapped) {
        (void)kl_fail(diag, KL_ECHECK, "it is encrypted, and its envelope is missing");
        return NULL;
    }
    memcpy(key.wrapped, file->bytes.data + tlv.offset, sizeof key.wrapped);
    uint8_t *copy = malloc(file->bytes.size);
    if (!copy) {
        (void)KL_FAIL_MEMORY(diag);
        return NULL;
    }
    memcpy(copy, file->bytes.data, file->bytes.size);
    if (kl_encrypt_unwrap(reader, &key, diag) != KL_OK ||
        kl_encrypt_body(&key, copy + header->header_bytes, header->body_bytes, diag) != KL_OK) {
        free(copy);
        copy = NULL;
    }
    kl_encrypt_forget(&key);
    return copy;
}

static int read_copy(void *context, const struct kl_image *image, uint32_t offset, void *data,
                     uint32_t bytes)
{
    (void)image;
    memcpy(data, (const uint8_t *)context + offset, bytes);
    return KL_IMAGE_OK;
}

enum kl_err kl_image_file_verify(const struct kl_image_file *file, const char *name,
                                 const struct kl_verify_rules *rules, const struct kl_key *reader,
                                 int *code, struct kl_diag *diag)
{
    struct kl_verify_rules with = *rules;
    uint8_t *copy = NULL;
    if (file->image.header.flags & KL_IMAGE_ENCRYPTED_AES128) {
        struct kl_diag why = {0};
        if (!reader) {
            return kl_fail(diag, KL_EUSAGE,
                           "%.300s: it is encrypted: give the device's private key with --decrypt",
                           name);
        }
        copy = decrypted(file, reader, &why);
        if (!copy) {
            return kl_fail(diag, why.err, "%.300s: %s", name, why.message);
        }
        with.read = read_copy;
        with.context = copy;
    }
    *code = kl_verify(&file->image, &with);
    free(copy);
    return *code ? kl_fail(diag, KL_ECHECK, "%.300s: %s (%s)", name, kl_image_error_text(*code),
                           kl_image_error_name(*code))
                 : KL_OK;
}

void kl_image_file_text(const struct kl_image_file *file, enum kl_tlv_type type, char *text)
{
    struct kl_tlv tlv;
    size_t bytes = 0;
    if (kl_image_find(&file->image, (uint16_t)type, true, &tlv) == KL_IMAGE_OK) {
        bytes = tlv.bytes < KL_IMAGE_TEXT_MAX ? tlv.bytes : KL_IMAGE_TEXT_MAX;
        for (size_t i = 0; i < bytes; i++) {
            unsigned char c = file->bytes.data[tlv.offset + i];
            text[i] = c >= ' ' && c <= '~' ? (char)c : '_';
        }
    }
    text[bytes] = '\0';
}

const char *kl_image_kind_name(unsigned kind)
{
    static const char *const names[] = {"unknown", "firmware", "model", "keys"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : names[0];
}

void kl_version_text(const struct kl_image_version *version, char text[KL_VERSION_TEXT_BYTES])
{
    int length = snprintf(text, KL_VERSION_TEXT_BYTES, "%u.%u.%u", version->major, version->minor,
                          version->revision);
    if (version->build > 0) {
        snprintf(text + length, KL_VERSION_TEXT_BYTES - (size_t)length, "+%u",
                 (unsigned)version->build);
    }
}

/* A number up to `most` at *text, which goes on behind it and the character `end`; '\0' ends. */
static bool take_number(const char **text, unsigned long most, unsigned long *value)
{
    char *end;
    if (**text < '0' || **text > '9' || (**text == '0' && (*text)[1] >= '0' && (*text)[1] <= '9')) {
        return false;
    }
    *value = strtoul(*text, &end, 10);
    *text = end;
    return *value <= most && *value != ULONG_MAX;
}

static bool take_character(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    (*text)++;
    return true;
}

enum kl_err kl_version_parse(const char *text, struct kl_image_version *version,
                             struct kl_diag *diag)
{
    unsigned long n[4] = {0};
    const char *at = text;
    bool ok = take_number(&at, UINT8_MAX, &n[0]) && take_character(&at, '.') &&
              take_number(&at, UINT8_MAX, &n[1]) && take_character(&at, '.') &&
              take_number(&at, UINT16_MAX, &n[2]) &&
              (!take_character(&at, '+') || take_number(&at, UINT32_MAX, &n[3])) && *at == '\0';
    *version =
        (struct kl_image_version){(uint8_t)n[0], (uint8_t)n[1], (uint16_t)n[2], (uint32_t)n[3]};
    return ok ? KL_OK
              : kl_fail(
                    diag, KL_EUSAGE,
                    "'%.60s': a version is 1.2.3, or 1.2.3+4 with a build number; the first two "
                    "are at most 255, the third 65535",
                    text);
}
