/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), through OpenSSL, and FNV-1a. */
#ifndef KINGLET_BASE_HASH_H
#define KINGLET_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { KL_SHA256_HEX_BYTES = 65 };

/* SHA-256 of data[0 .. bytes-1]. */
enum { KL_SHA256_BYTES = 32 };
void kl_sha256(const void *data, size_t bytes, unsigned char digest[KL_SHA256_BYTES]);

/* Lower-case hexadecimal digest of `data`, NUL-terminated. */
void kl_sha256_hex(const void *data, size_t bytes, char hex[KL_SHA256_HEX_BYTES]);

/* The same of `head` and then `data`. */
void kl_sha256_hex_pair(const void *head, size_t head_bytes, const void *data, size_t bytes,
                        char hex[KL_SHA256_HEX_BYTES]);

/*
 * The same of what an open file holds from its position to its end, at most `limit` bytes; *bytes
 * is how many there were. 0, or the errno of what went wrong: EFBIG when there are more.
 */
int kl_sha256_stream(int fd, uint64_t limit, uint64_t *bytes, char hex[KL_SHA256_HEX_BYTES])
    __attribute__((warn_unused_result));

/* 64 bits of what lies in memory, for tables and random streams: FNV-1a (Fowler, Noll, Vo). Begin
 * with KL_FNV1A, or go on with the hash of what was before. */
#define KL_FNV1A UINT64_C(0xcbf29ce484222325)
uint64_t kl_fnv1a(uint64_t hash, const void *data, size_t bytes);

#endif
