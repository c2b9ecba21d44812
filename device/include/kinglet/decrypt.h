/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted images, as MCUboot has them (docs/encrypted_images.md, ECIES-P256): the body with
 * AES-128 in counter mode, and its key in TLV 0x32, for the device that may read it:
 *
 *     ephemeral point (65) | HMAC-SHA-256 of the encrypted key (32) | encrypted key (16)
 *
 * The keys for the last two come from the ECDH secret by HKDF-SHA-256 without salt, info
 * "MCUBoot_ECIES_v1": 16 bytes for AES-128-CTR, then 32 for the HMAC. All counters begin with 0.
 *
 * Hash and signature of an image are those of its plain body: give kl_decrypt_read to kl_verify,
 * and read by it what goes into the slot that runs in place. BearSSL's smallest AES looks up
 * tables: on a core with a data cache its time depends on the data.
 */
#ifndef KINGLET_DECRYPT_H
#define KINGLET_DECRYPT_H

#include <bearssl_block.h>

#include "kinglet/verify.h"

enum { KL_DECRYPT_SECRET_BYTES = 32, KL_DECRYPT_KEY_BYTES = 16, KL_DECRYPT_ENTRY_BYTES = 113 };

enum kl_decrypt_error {
    KL_DECRYPT_OK = 0,
    KL_DECRYPT_PLAIN = -48, /* the image is not encrypted */
    KL_DECRYPT_FORM = -49,  /* encrypted in another way, or TLV 0x32 is absent or malformed */
    KL_DECRYPT_KEY = -50,   /* for another device, or altered */
};

/* The key of one body. It is secret. */
struct kl_decrypt {
    br_aes_small_ctr_keys body;
};

/* Unwrap the key of an image with the device's secret, a number below the order of P-256,
 * big-endian. 0, an enum kl_decrypt_error, or an enum kl_image_error. */
int kl_decrypt_open(const struct kl_image *image, const uint8_t secret[KL_DECRYPT_SECRET_BYTES],
                    struct kl_decrypt *decrypt);

/* The same with the content of TLV 0x32 alone. 0, or KL_DECRYPT_KEY. */
int kl_decrypt_unwrap(const uint8_t entry[KL_DECRYPT_ENTRY_BYTES],
                      const uint8_t secret[KL_DECRYPT_SECRET_BYTES], struct kl_decrypt *decrypt);

/* Decrypt bytes of an image with this header, which begin at `offset` of the image, in place. */
void kl_decrypt_bytes(const struct kl_decrypt *decrypt, const struct kl_image_header *header,
                      uint32_t offset, uint8_t *data, uint32_t bytes);

/* A kl_image_read_fn with a struct kl_decrypt as context: any range, its body decrypted. */
int kl_decrypt_read(void *context, const struct kl_image *image, uint32_t offset, void *data,
                    uint32_t bytes);

#endif
