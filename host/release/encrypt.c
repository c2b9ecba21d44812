/* SPDX-License-Identifier: Apache-2.0 */
#include "release/encrypt.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

enum { TAG_BYTES = 32, TAG_AT = KL_P256_POINT_BYTES, KEY_AT = TAG_AT + TAG_BYTES };
enum { DERIVED_BYTES = KL_BODY_KEY_BYTES + TAG_BYTES };

static bool derive(const uint8_t shared[KL_KEY_SECRET_BYTES], uint8_t derived[DERIVED_BYTES])
{
    static const char info[] = "MCUBoot_ECIES_v1";
    char digest[] = "SHA256";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)shared,
                                          KL_KEY_SECRET_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info,
                                          sizeof info - 1),
        OSSL_PARAM_construct_end(),
    };
    bool done = context && EVP_KDF_derive(context, derived, DERIVED_BYTES, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

static bool aes_ctr(const uint8_t key[KL_BODY_KEY_BYTES], const uint8_t *in, uint8_t *out,
                    size_t bytes)
{
    static const uint8_t zero[16];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int count = 0;
    bool done = context && bytes <= INT32_MAX &&
                EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), NULL, key, zero) == 1 &&
                EVP_EncryptUpdate(context, out, &count, in, (int)bytes) == 1 &&
                (size_t)count == bytes;
    EVP_CIPHER_CTX_free(context);
    return done;
}

static bool tag_of(const uint8_t derived[DERIVED_BYTES], const uint8_t *wrapped,
                   uint8_t tag[TAG_BYTES])
{
    unsigned bytes = 0;
    return HMAC(EVP_sha256(), derived + KL_BODY_KEY_BYTES, TAG_BYTES, wrapped + KEY_AT,
                KL_BODY_KEY_BYTES, tag, &bytes) != NULL &&
           bytes == TAG_BYTES;
}

static enum kl_err failed(struct kl_diag *diag)
{
    return kl_fail(diag, KL_ETOOL, "OpenSSL cannot encrypt or decrypt");
}

enum kl_err kl_encrypt_new_key(const struct kl_public_key *reader, struct kl_envelope_key *key,
                               struct kl_diag *diag)
{
    struct kl_key ephemeral;
    uint8_t shared[KL_KEY_SECRET_BYTES], derived[DERIVED_BYTES];
    KL_TRY(kl_key_generate(&ephemeral, diag));
    memcpy(key->wrapped, ephemeral.public_key.point, KL_P256_POINT_BYTES);
    bool done = RAND_priv_bytes(key->key, sizeof key->key) == 1 &&
                kl_key_agree(&ephemeral, reader->point, shared) && derive(shared, derived) &&
                aes_ctr(derived, key->key, key->wrapped + KEY_AT, KL_BODY_KEY_BYTES) &&
                tag_of(derived, key->wrapped, key->wrapped + TAG_AT);
    kl_key_forget(&ephemeral);
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(derived, sizeof derived);
    return done ? KL_OK : failed(diag);
}

enum kl_err kl_encrypt_unwrap(const struct kl_key *reader, struct kl_envelope_key *key,
                              struct kl_diag *diag)
{
    uint8_t shared[KL_KEY_SECRET_BYTES], derived[DERIVED_BYTES], tag[TAG_BYTES];
    if (!kl_key_agree(reader, key->wrapped, shared)) {
        return kl_fail(diag, KL_ECHECK, "the wrapped key is malformed");
    }
    if (!derive(shared, derived) || !tag_of(derived, key->wrapped, tag)) {
        return failed(diag);
    }
    bool is_right = CRYPTO_memcmp(tag, key->wrapped + TAG_AT, sizeof tag) == 0;
    bool done = is_right && aes_ctr(derived, key->wrapped + KEY_AT, key->key, KL_BODY_KEY_BYTES);
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(derived, sizeof derived);
    if (!is_right) {
        return kl_fail(diag, KL_ECHECK,
                       "it is encrypted for another key, or its envelope was "
                       "altered");
    }
    return done ? KL_OK : failed(diag);
}

enum kl_err kl_encrypt_body(const struct kl_envelope_key *key, uint8_t *body, size_t bytes,
                            struct kl_diag *diag)
{
    return aes_ctr(key->key, body, body, bytes) ? KL_OK : failed(diag);
}

void kl_encrypt_forget(struct kl_envelope_key *key)
{
    OPENSSL_cleanse(key->key, sizeof key->key);
}
