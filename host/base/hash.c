/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <openssl/sha.h>
#include <stdio.h>

void kl_sha256_hex(const void *data, size_t bytes, char hex[KL_SHA256_HEX_BYTES])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(data, bytes, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}
