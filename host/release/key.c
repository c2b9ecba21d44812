/* SPDX-License-Identifier: Apache-2.0 */
#include "release/key.h"

#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

/* DER of a SubjectPublicKeyInfo of P-256, up to the point (RFC 5480): id-ecPublicKey, prime256v1,
 * and the head of the bit string. */
static const uint8_t info_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static void set_id(struct kl_public_key *key)
{
    uint8_t info[sizeof info_head + KL_P256_POINT_BYTES];
    memcpy(info, info_head, sizeof info_head);
    memcpy(info + sizeof info_head, key->point, sizeof key->point);
    SHA256(info, sizeof info, key->id);
}

/* A multiple of a point says whether it is on the curve. */
static bool is_on_curve(const uint8_t point[KL_P256_POINT_BYTES])
{
    uint8_t copy[KL_P256_POINT_BYTES];
    const uint8_t one[] = {1};
    memcpy(copy, point, sizeof copy);
    return point[0] == 4 &&
           br_ec_prime_i31.mul(copy, sizeof copy, one, sizeof one, BR_EC_secp256r1) == 1;
}

enum kl_err kl_key_of_point(const uint8_t point[KL_P256_POINT_BYTES], struct kl_public_key *key,
                            struct kl_diag *diag)
{
    if (!is_on_curve(point)) {
        return kl_fail(diag, KL_EINPUT, "a public key is not a point of P-256");
    }
    *key = (struct kl_public_key){.is_revoked = 0};
    memcpy(key->point, point, sizeof key->point);
    set_id(key);
    return KL_OK;
}

/* BearSSL clamps nothing: a secret is a number from 1 to the order of the curve - 1. */
static bool is_secret(const uint8_t secret[KL_KEY_SECRET_BYTES])
{
    size_t bytes;
    const unsigned char *order = br_ec_prime_i31.order(BR_EC_secp256r1, &bytes);
    static const uint8_t zero[KL_KEY_SECRET_BYTES];
    return bytes == KL_KEY_SECRET_BYTES && memcmp(secret, order, bytes) < 0 &&
           CRYPTO_memcmp(secret, zero, sizeof zero) != 0;
}

enum kl_err kl_key_generate(struct kl_key *key, struct kl_diag *diag)
{
    *key = (struct kl_key){.has_secret = true};
    do {
        if (RAND_priv_bytes(key->secret, sizeof key->secret) != 1) {
            return kl_fail(diag, KL_ETOOL, "OpenSSL has no random bytes for a key");
        }
    } while (!is_secret(key->secret));
    br_ec_private_key secret = {BR_EC_secp256r1, key->secret, sizeof key->secret};
    br_ec_compute_pub(&br_ec_prime_i31, NULL, key->public_key.point, &secret);
    set_id(&key->public_key);
    return KL_OK;
}

size_t kl_key_sign(const struct kl_key *key, const uint8_t digest[KL_IMAGE_HASH_BYTES],
                   uint8_t signature[KL_P256_SIGNATURE_MAX])
{
    uint8_t copy[KL_KEY_SECRET_BYTES];
    memcpy(copy, key->secret, sizeof copy);
    const br_ec_private_key secret = {BR_EC_secp256r1, copy, sizeof copy};
    size_t bytes =
        br_ecdsa_i31_sign_asn1(&br_ec_prime_i31, &br_sha256_vtable, digest, &secret, signature);
    OPENSSL_cleanse(copy, sizeof copy);
    return bytes;
}

bool kl_key_verify(const struct kl_public_key *key, const uint8_t digest[KL_IMAGE_HASH_BYTES],
                   const void *signature, size_t bytes)
{
    uint8_t point[KL_P256_POINT_BYTES];
    memcpy(point, key->point, sizeof point);
    const br_ec_public_key public_key = {BR_EC_secp256r1, point, sizeof point};
    return br_ecdsa_i31_vrfy_asn1(&br_ec_prime_i31, digest, KL_IMAGE_HASH_BYTES, &public_key,
                                  signature, bytes) == 1;
}

bool kl_key_agree(const struct kl_key *key, const uint8_t point[KL_P256_POINT_BYTES],
                  uint8_t shared[KL_KEY_SECRET_BYTES])
{
    uint8_t product[KL_P256_POINT_BYTES];
    memcpy(product, point, sizeof product);
    bool is_point = point[0] == 4 && br_ec_prime_i31.mul(product, sizeof product, key->secret,
                                                         sizeof key->secret, BR_EC_secp256r1) == 1;
    memcpy(shared, product + 1, KL_KEY_SECRET_BYTES);
    OPENSSL_cleanse(product, sizeof product);
    return is_point;
}

void kl_key_id_hex(const uint8_t id[KL_IMAGE_HASH_BYTES], char hex[KL_KEY_ID_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < KL_IMAGE_HASH_BYTES; i++) {
        hex[2 * i] = digits[id[i] >> 4];
        hex[2 * i + 1] = digits[id[i] & 15];
    }
    hex[KL_KEY_ID_HEX_BYTES - 1] = '\0';
}

void kl_key_forget(struct kl_key *key)
{
    OPENSSL_cleanse(key->secret, sizeof key->secret);
    key->has_secret = false;
}
