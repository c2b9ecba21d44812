/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in PEM files, through OpenSSL. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "release/key.h"

enum { FILE_LIMIT = 16 * 1024 };

static bool begins_private(struct kl_bytes file)
{
    static const char word[] = "PRIVATE KEY-----";
    return memmem(file.data, file.size, word, sizeof word - 1) != NULL;
}

/* What only its owner may read is only read from where only its owner can. */
static enum kl_err check_mode(const char *path, struct kl_diag *diag)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return kl_fail(diag, KL_EIO, "%.300s: cannot look at: %s", path, strerror(errno));
    }
    return status.st_mode & 077
               ? kl_fail(diag, KL_EINPUT,
                         "%.300s: others can read this private key (mode %03o): chmod 600 it, and "
                         "make a new one if somebody may have",
                         path, (unsigned)status.st_mode & 0777)
               : KL_OK;
}

struct answer {
    const char *passphrase;
    bool asked;
};

static int give_passphrase(char *text, int size, int is_writing, void *user)
{
    struct answer *answer = user;
    (void)is_writing;
    answer->asked = true;
    size_t length = answer->passphrase ? strlen(answer->passphrase) : 0;
    if (length == 0 || length > (size_t)size) {
        return -1;
    }
    memcpy(text, answer->passphrase, length);
    return (int)length;
}

static EVP_PKEY *parse(struct kl_bytes file, bool is_private, struct answer *answer)
{
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.size);
    EVP_PKEY *pkey = NULL;
    if (bio) {
        pkey = is_private ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, answer)
                          : PEM_read_bio_PUBKEY(bio, NULL, give_passphrase, answer);
    }
    BIO_free(bio);
    return pkey;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char name[32] = "";
    return EVP_PKEY_get_group_name(pkey, name, sizeof name, NULL) == 1 &&
           strcmp(name, "prime256v1") == 0;
}

static bool get_secret(const EVP_PKEY *pkey, struct kl_key *key)
{
    BIGNUM *secret = NULL;
    key->has_secret =
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1 &&
        BN_bn2binpad(secret, key->secret, sizeof key->secret) == (int)sizeof key->secret;
    BN_clear_free(secret);
    return key->has_secret;
}

/* The point from its coordinates, since a file may hold it compressed. */
static bool get_point(const EVP_PKEY *pkey, uint8_t point[KL_P256_POINT_BYTES])
{
    BIGNUM *x = NULL, *y = NULL;
    point[0] = 4;
    bool done = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
                BN_bn2binpad(x, point + 1, 32) == 32 && BN_bn2binpad(y, point + 33, 32) == 32;
    BN_free(x);
    BN_free(y);
    return done;
}

static enum kl_err take(const EVP_PKEY *pkey, bool is_private, const char *path, struct kl_key *key,
                        struct kl_diag *diag)
{
    uint8_t point[KL_P256_POINT_BYTES];
    *key = (struct kl_key){.has_secret = false};
    if (!is_p256(pkey)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "%.300s: not a key on P-256 (prime256v1), which devices verify", path);
    }
    if (!get_point(pkey, point) || (is_private && !get_secret(pkey, key))) {
        return kl_fail(diag, KL_EINPUT, "%.300s: a part of the key is missing", path);
    }
    return kl_key_of_point(point, &key->public_key, diag);
}

static enum kl_err read_pem(const char *path, struct kl_bytes file, const char *passphrase,
                            struct kl_key *key, struct kl_diag *diag)
{
    bool is_private = begins_private(file);
    struct answer answer = {passphrase, false};
    if (is_private) {
        KL_TRY(check_mode(path, diag));
    }
    EVP_PKEY *pkey = parse(file, is_private, &answer);
    if (!pkey && answer.asked) {
        return kl_fail(diag, KL_EINPUT, "%.300s: the key is encrypted, and %s", path,
                       passphrase ? "the passphrase is another one"
                                  : "there is no passphrase: give it with --passphrase FILE");
    }
    if (!pkey) {
        return kl_fail(diag, KL_EINPUT, "%.300s: not a key in PEM form", path);
    }
    enum kl_err err = take(pkey, is_private, path, key, diag);
    EVP_PKEY_free(pkey);
    return err;
}

enum kl_err kl_key_read(const char *path, const char *passphrase, struct kl_key *key,
                        struct kl_diag *diag)
{
    struct kl_arena *arena = kl_arena_create(FILE_LIMIT + 4096);
    struct kl_bytes file;
    if (!arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = kl_file_read(path, FILE_LIMIT, arena, &file, diag);
    if (err == KL_OK) {
        err = read_pem(path, file, passphrase, key, diag);
        OPENSSL_cleanse((void *)(uintptr_t)file.data, file.size);
    }
    kl_arena_free(arena);
    return err;
}

enum kl_err kl_key_read_private(const char *path, const char *passphrase, struct kl_key *key,
                                struct kl_diag *diag)
{
    KL_TRY(kl_key_read(path, passphrase, key, diag));
    return key->has_secret
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "%.300s: a public key, which cannot sign: give the private one", path);
}

static EVP_PKEY *build(const struct kl_public_key *key, const uint8_t *secret)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *number = secret ? BN_bin2bn(secret, KL_KEY_SECRET_BYTES, NULL) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    if (builder && context && (number || !secret) &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, key->point,
                                         sizeof key->point) &&
        (!number || OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, number,
                                               KL_KEY_SECRET_BYTES))) {
        params = OSSL_PARAM_BLD_to_param(builder);
    }
    if (params && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params) != 1) {
        pkey = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

static enum kl_err write_new(const char *path, const char *data, size_t bytes, mode_t mode,
                             struct kl_diag *diag)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        return kl_fail(diag, KL_EIO, "%.300s: %s", path,
                       errno == EEXIST ? "exists already, and keys are not overwritten"
                                       : strerror(errno));
    }
    bool done = write(fd, data, bytes) == (ssize_t)bytes;
    if (close(fd) != 0 || !done) {
        unlink(path);
        return kl_fail(diag, KL_EIO, "%.300s: cannot write the key", path);
    }
    return KL_OK;
}

/* Write what `bio` holds, and free it; a NULL one means that OpenSSL failed. */
static enum kl_err write_bio(BIO *bio, bool done, const char *path, mode_t mode,
                             struct kl_diag *diag)
{
    char *data = NULL;
    long bytes = bio && done ? BIO_get_mem_data(bio, &data) : 0;
    enum kl_err err = bytes > 0 ? write_new(path, data, (size_t)bytes, mode, diag)
                                : kl_fail(diag, KL_ETOOL, "OpenSSL cannot write a key");
    BIO_free(bio);
    return err;
}

enum kl_err kl_key_write_private(const char *path, const struct kl_key *key, const char *passphrase,
                                 struct kl_diag *diag)
{
    EVP_PKEY *pkey = build(&key->public_key, key->secret);
    BIO *bio = BIO_new(BIO_s_secmem());
    bool done =
        pkey && bio &&
        PEM_write_bio_PKCS8PrivateKey(bio, pkey, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                                      passphrase ? (int)strlen(passphrase) : 0, NULL, NULL) == 1;
    EVP_PKEY_free(pkey);
    return write_bio(bio, done, path, 0600, diag);
}

enum kl_err kl_key_write_public(const char *path, const struct kl_public_key *key,
                                struct kl_diag *diag)
{
    EVP_PKEY *pkey = build(key, NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = pkey && bio && PEM_write_bio_PUBKEY(bio, pkey) == 1;
    EVP_PKEY_free(pkey);
    return write_bio(bio, done, path, 0644, diag);
}
