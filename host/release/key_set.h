/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys devices trust: docs/spec/keyset.md. */
#ifndef KINGLET_RELEASE_KEY_SET_H
#define KINGLET_RELEASE_KEY_SET_H

#include "kinglet/keyset.h"
#include "release/image_file.h"

/* Append the set as a signed image to the empty buffer. */
enum kl_err kl_key_set_write(const struct kl_key_set *set, uint64_t made,
                             const struct kl_key *signer, struct kl_buffer *image,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Read a set from the bytes of an image; its signature has to be right by one of its own valid keys
 * that sign key sets. `name` begins the message. KL_EINPUT, KL_ECHECK. */
enum kl_err kl_key_set_read(struct kl_bytes image, const char *name, struct kl_key_set *set,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* "firmware,models" of a mask; and back: KL_EUSAGE for an unknown word. */
enum { KL_ROLES_TEXT_BYTES = 48 };
void kl_roles_text(uint8_t roles, char text[KL_ROLES_TEXT_BYTES]);
enum kl_err kl_roles_parse(const char *text, uint8_t *roles, struct kl_diag *diag) KL_MUST_CHECK;

#endif
