/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), through OpenSSL. */
#ifndef KINGLET_BASE_HASH_H
#define KINGLET_BASE_HASH_H

#include <stddef.h>

enum { KL_SHA256_HEX_BYTES = 65 };

/* Lower-case hexadecimal digest of `data`, NUL-terminated. */
void kl_sha256_hex(const void *data, size_t bytes, char hex[KL_SHA256_HEX_BYTES]);

#endif
