/* SPDX-License-Identifier: Apache-2.0 */
/* What a release is for and of when: UUIDs of vendor and product, and the date. */
#ifndef KINGLET_RELEASE_IDENTITY_H
#define KINGLET_RELEASE_IDENTITY_H

#include <stdint.h>

#include "base/diag.h"
#include "kinglet/image.h"

enum { KL_UUID_TEXT_BYTES = 37, KL_DATE_TEXT_BYTES = 24 };

/*
 * A vendor's UUID: the text itself when it is one, else that of a domain name (RFC 9562, version 5
 * in the name space of DNS). A product's: the same, with the vendor as name space. So do SUIT
 * manifests (draft-ietf-suit-manifest, "Creating UUIDs"). KL_EUSAGE for an empty text.
 */
enum kl_err kl_vendor_uuid(const char *text, uint8_t uuid[KL_IMAGE_UUID_BYTES],
                           struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_product_uuid(const char *text, const uint8_t vendor[KL_IMAGE_UUID_BYTES],
                            uint8_t uuid[KL_IMAGE_UUID_BYTES], struct kl_diag *diag) KL_MUST_CHECK;
void kl_uuid_text(const uint8_t uuid[KL_IMAGE_UUID_BYTES], char text[KL_UUID_TEXT_BYTES]);

/*
 * When a release is said to be made, in seconds since 1970: SOURCE_DATE_EPOCH of the environment
 * (reproducible-builds.org), else the time of the last commit of the git work tree of `folder`.
 * KL_EUSAGE when there is neither: the clock would give other bytes each time.
 */
enum kl_err kl_made_time(const char *folder, uint64_t *seconds, struct kl_diag *diag) KL_MUST_CHECK;

/* From "2026-12-01", which is its first second, or from seconds since 1970. KL_EUSAGE. */
enum kl_err kl_made_parse(const char *text, uint64_t *seconds, struct kl_diag *diag) KL_MUST_CHECK;

/* "2026-12-01T10:00:00Z" */
void kl_date_text(uint64_t seconds, char text[KL_DATE_TEXT_BYTES]);

#endif
