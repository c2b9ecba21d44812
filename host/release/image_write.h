/* SPDX-License-Identifier: Apache-2.0 */
/* Makes images (docs/spec/image.md): header, body and protected TLVs, then their hash and
 * signature. */
#ifndef KINGLET_RELEASE_IMAGE_WRITE_H
#define KINGLET_RELEASE_IMAGE_WRITE_H

#include "base/buffer.h"
#include "base/file.h"
#include "kinglet/image.h"
#include "kinglet/kernels.h"
#include "release/key.h"

enum { KL_IMAGE_FILE_MAX = 64 << 20 };

/* What an image says of itself; all of it is protected. */
struct kl_image_spec {
    enum kl_image_kind kind;
    struct kl_image_version version;
    uint32_t load_address; /* of the image; informative */
    uint16_t header_bytes; /* at least 32; a multiple of 16 */
    struct kl_bytes body;
    bool is_encrypted; /* the body is to be encrypted with AES-128 */

    const uint8_t *vendor, *product; /* UUIDs; NULL: none */
    const char *board, *name;        /* NULL: none */
    uint32_t security_counter;
    uint64_t made; /* seconds since 1970 */
    bool has_engine;
    uint16_t engine_abi;
    bool kernels[KL_KERNEL_COUNT];
    uint32_t self_test_offset, self_test_bytes; /* in the body; 0 bytes: none */
};

/* Append header, body and protected TLVs, which is what the hash covers, to the empty buffer, whose
 * maximum is the largest image. The same spec gives the same bytes. An encrypted body is padded
 * with zeros to a multiple of 16. KL_EUSAGE for a text that is too long, KL_ELIMIT for a body. */
enum kl_err kl_image_write(const struct kl_image_spec *spec, struct kl_buffer *image,
                           struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Finish an image of kl_image_write: append its hash, and the signer's id and signature unless
 * `signer` is NULL. With `reader`, which has to be there when the header says so and only then, the
 * body is encrypted to that key by a fresh key of its own, as MCUboot does it (ECIES-P256; docs,
 * encrypted_images.md): the hash and the signature stay those of the readable body.
 */
enum kl_err kl_image_seal(struct kl_buffer *image, const struct kl_key *signer,
                          const struct kl_public_key *reader, struct kl_diag *diag) KL_MUST_CHECK;

/* Take away what kl_image_seal appended, of an image that is not encrypted. */
enum kl_err kl_image_unseal(struct kl_bytes file, struct kl_buffer *image,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
