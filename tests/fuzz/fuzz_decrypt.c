/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted images. The first byte says what the rest is: 0 an image from anywhere, to be opened
 * with the device's secret; 1 an image whose key is known already: any range of it is decrypted as
 * the whole is, from flash and as it comes in. Behind a 1 stand offset and length, four bytes each.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/decrypt.h"
#include "update/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AREA = 4096, BLOCK = 16, RANGE_BYTES = 8 };

/* The secret of the device that data/decrypt.image is for; of no other one. */
static const uint8_t secret[KL_DECRYPT_SECRET_BYTES] = {7};
static const uint8_t body_key[KL_DECRYPT_KEY_BYTES] = {1, 2, 3};

static uint8_t memory[AREA];

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, memory + offset, bytes);
    return 0;
}

static const struct kl_flash flash = {
    .bytes = AREA, .sector_bytes = AREA, .write_bytes = 1, .read = read_memory};
static const struct kl_flash_area area = {&flash, 0, AREA};

static void expect(int is_right)
{
    if (!is_right) {
        abort();
    }
}

/* A byte of the image, decrypted alone. */
static uint8_t byte_at(const struct kl_decrypt *decrypt, const struct kl_image_header *header,
                       uint32_t offset, uint8_t encrypted)
{
    static const uint8_t iv[12];
    uint8_t block[BLOCK] = {0};
    uint64_t body = header->header_bytes;
    if (offset < body || offset - body >= header->body_bytes) {
        return encrypted;
    }
    uint32_t at = offset - header->header_bytes;
    block[at % BLOCK] = encrypted;
    (void)br_aes_small_ctr_run(&decrypt->body, iv, at / BLOCK, block, sizeof block);
    return block[at % BLOCK];
}

static void check_range(const struct kl_decrypt *decrypt, const struct kl_image *image,
                        uint32_t offset, uint32_t bytes)
{
    uint8_t *found = malloc(bytes + 1);
    expect(found != NULL);
    int error = kl_decrypt_read((void *)decrypt, image, offset, found, bytes);
    expect((error == KL_IMAGE_OK) == (offset <= AREA && bytes <= AREA - offset));
    for (uint32_t i = 0; error == KL_IMAGE_OK && i < bytes; i++) {
        expect(found[i] == byte_at(decrypt, &image->header, offset + i, memory[offset + i]));
    }
    free(found);
}

/* As a piece of an upload, which may lie anywhere. */
static void check_piece(const struct kl_decrypt *decrypt, const struct kl_image_header *header,
                        uint32_t offset, uint32_t bytes)
{
    uint8_t *piece = malloc(bytes + 1);
    expect(piece != NULL);
    memcpy(piece, memory, bytes);
    kl_decrypt_bytes(decrypt, header, offset, piece, bytes);
    for (uint32_t i = 0; i < bytes && offset + i >= offset; i++) {
        expect(piece[i] == byte_at(decrypt, header, offset + i, memory[i]));
    }
    free(piece);
}

static void decrypt_ranges(uint32_t offset, uint32_t bytes)
{
    struct kl_image image;
    struct kl_decrypt decrypt;
    br_aes_small_ctr_init(&decrypt.body, body_key, sizeof body_key);
    if (kl_image_open(&area, &image) == KL_IMAGE_OK) {
        check_range(&decrypt, &image, offset % (AREA + 2), bytes % (AREA + 2));
    }
    if (kl_image_header_read(memory, &image.header) == KL_IMAGE_OK) {
        check_piece(&decrypt, &image.header, offset, bytes % AREA);
    }
}

static void open_image(void)
{
    static const struct kl_public_key nobody = {.is_revoked = 0};
    struct kl_image image;
    struct kl_decrypt decrypt;
    if (kl_image_open(&area, &image) != KL_IMAGE_OK) {
        return;
    }
    int error = kl_decrypt_open(&image, secret, &decrypt);
    expect(error <= 0);
    if (error == KL_DECRYPT_OK) {
        const struct kl_verify_rules rules = {.keys = &nobody,
                                              .key_count = 1,
                                              .kind = KL_IMAGE_FIRMWARE,
                                              .read = kl_decrypt_read,
                                              .context = &decrypt};
        expect(image.header.flags & KL_IMAGE_ENCRYPTED_AES128);
        expect(kl_verify(&image, &rules) != KL_VERIFY_OK);
        check_range(&decrypt, &image, 0, AREA);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || (data[0] == 1 && size < 1 + RANGE_BYTES)) {
        return 0;
    }
    size_t head = data[0] == 1 ? 1 + RANGE_BYTES : 1;
    memset(memory, 0xff, sizeof memory);
    memcpy(memory, data + head, size - head < AREA ? size - head : AREA);
    if (data[0] == 1) {
        decrypt_ranges(kl_get_u32(data + 1), kl_get_u32(data + 5));
    } else {
        open_image();
    }
    return 0;
}
