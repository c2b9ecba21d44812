/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the groups of this folder: what their answers have in common. */
#ifndef KINGLET_AGENT_MANAGE_DESCRIBE_H
#define KINGLET_AGENT_MANAGE_DESCRIBE_H

#include "kinglet/image.h"
#include "kinglet/smp.h"

/* name: value */
void describe_bool(struct kl_cbor_writer *response, const char *name, bool value);
void describe_number(struct kl_cbor_writer *response, const char *name, uint32_t value);

/* version: "1.2.3", or "1.2.3.4" with a build number */
void describe_version(struct kl_cbor_writer *response, const struct kl_image_version *version);

/* What an image says its hash is; false when it says nothing. */
bool describe_hash(const struct kl_image *image, uint8_t hash[KL_IMAGE_HASH_BYTES]);

/* Does an image say that this is its hash? */
bool describe_is_hash(const struct kl_image *image, const uint8_t hash[KL_IMAGE_HASH_BYTES]);

/* {"rc": 11, "why": code}: refused for what it is. Returns KL_SMP_RC_OK. */
enum kl_smp_rc describe_refusal(struct kl_cbor_writer *response, int why);

#endif
