/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_hex(const unsigned char digest[SHA256_DIGEST_LENGTH],
                      char hex[KL_SHA256_HEX_BYTES])
{
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

void kl_sha256(const void *data, size_t bytes, unsigned char digest[KL_SHA256_BYTES])
{
    SHA256(data, bytes, digest);
}

void kl_sha256_hex(const void *data, size_t bytes, char hex[KL_SHA256_HEX_BYTES])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(data, bytes, digest);
    write_hex(digest, hex);
}

void kl_sha256_hex_pair(const void *head, size_t head_bytes, const void *data, size_t bytes,
                        char hex[KL_SHA256_HEX_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    /* Fails only when memory is short, as the one-shot function does not. */
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, head, head_bytes) &&
                EVP_DigestUpdate(context, data, bytes) && EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    if (!done) {
        abort();
    }
    write_hex(digest, hex);
}

static int digest_rest(EVP_MD_CTX *context, int fd, uint64_t limit, uint64_t *bytes)
{
    unsigned char chunk[32 * 1024];
    *bytes = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : 0;
        }
        if ((uint64_t)n > limit - *bytes) {
            return EFBIG;
        }
        *bytes += (uint64_t)n;
        if (!EVP_DigestUpdate(context, chunk, (size_t)n)) {
            return ENOMEM;
        }
    }
}

int kl_sha256_stream(int fd, uint64_t limit, uint64_t *bytes, char hex[KL_SHA256_HEX_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int error = ENOMEM;
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
        error = digest_rest(context, fd, limit, bytes);
    }
    if (!error && !EVP_DigestFinal_ex(context, digest, NULL)) {
        error = ENOMEM;
    }
    EVP_MD_CTX_free(context);
    if (!error) {
        write_hex(digest, hex);
    }
    return error;
}

uint64_t kl_fnv1a(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}
