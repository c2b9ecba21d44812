/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a device is: an identifier, and its secret number on P-256, from which the public key follows
 * that images and commands for this device alone are made with. Written once, in the factory, into
 * the last sector of the area `security`, in two copies, of which a power cut can leave one in
 * doubt; nothing ever erases it. Whoever can read that sector has the secret:
 * docs/guide/security.md says how chips protect it.
 */
#ifndef KINGLET_IDENTITY_H
#define KINGLET_IDENTITY_H

#include "kinglet/flash.h"

enum {
    KL_IDENTITY_ID_BYTES = 16,
    KL_IDENTITY_SECRET_BYTES = 32, /* big-endian, from 1 to the order of P-256 - 1 */
    KL_IDENTITY_POINT_BYTES = 65
};

enum kl_identity_error {
    KL_IDENTITY_OK = 0,
    KL_IDENTITY_FLASH = -144,   /* the flash fails */
    KL_IDENTITY_NONE = -145,    /* the device has none */
    KL_IDENTITY_DAMAGED = -146, /* there is one, and it is not whole */
    KL_IDENTITY_TAKEN = -147,   /* the device has another one already */
    KL_IDENTITY_SECRET = -148,  /* no number that is a secret on P-256 */
};

struct kl_identity {
    uint8_t id[KL_IDENTITY_ID_BYTES];
    uint8_t secret[KL_IDENTITY_SECRET_BYTES];
};

/* 0, or an enum kl_identity_error; *identity is zeroed then. */
int kl_identity_read(const struct kl_flash_area *security, struct kl_identity *identity);

/*
 * Write it, once. The same one again is no error, so that a factory may repeat what power cut
 * short: a record that is not whole is replaced, since nobody was told of it.
 */
int kl_identity_write(const struct kl_flash_area *security, const struct kl_identity *identity);

/* Its public key, uncompressed: 4, x, y. KL_IDENTITY_SECRET. */
int kl_identity_point(const struct kl_identity *identity, uint8_t point[KL_IDENTITY_POINT_BYTES]);

#endif
