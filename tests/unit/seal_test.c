/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed messages: OpenSSL opens what the device seals, by bytes that are put together here; and
 * whatever is altered is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "telemetry/open.h"

enum { MESSAGE_BYTES = 100, HEAD_BYTES = 35 };

static struct kl_seal_key key = {.id = "lamp-0001", .id_bytes = 9};
static uint8_t message[MESSAGE_BYTES], sealed[256], plain[256];
static uint32_t sealed_bytes;

static int set_up(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < MESSAGE_BYTES; i++) {
        message[i] = (uint8_t)(3 * i);
        key.key[i % KL_SEAL_KEY_BYTES] = (uint8_t)(7 + i);
    }
    assert_int_equal(
        kl_seal(&key, 0x102, message, sizeof message, sealed, sizeof sealed, &sealed_bytes),
        KL_SEAL_OK);
    return 0;
}

static int open_sealed(const uint8_t *bytes, uint32_t count)
{
    struct kl_sealed parts;
    int error = kl_sealed_parse(bytes, count, &parts);
    return error ? error : kl_sealed_open(&parts, key.key, plain);
}

static void test_opened(void **state)
{
    struct kl_sealed parts;
    (void)state;
    assert_true(sealed_bytes <= MESSAGE_BYTES + KL_SEAL_EXTRA);
    assert_int_equal(kl_sealed_parse(sealed, sealed_bytes, &parts), KL_SEAL_OK);
    assert_int_equal(parts.number, 0x102);
    assert_int_equal(parts.id_bytes, key.id_bytes);
    assert_memory_equal(parts.id, key.id, key.id_bytes);
    assert_int_equal(kl_sealed_open(&parts, key.key, plain), KL_SEAL_OK);
    assert_memory_equal(plain, message, sizeof message);
}

/* Every byte in front of the content, and what OpenSSL makes of the rest. */
static void test_specified(void **state)
{
    static const uint8_t head[HEAD_BYTES] = {
        0xd0, 0x83, 0x44, 0xa1, 0x01, 0x18, 0x18,
        0xa2, 0x04, 0x49, 'l',  'a',  'm',  'p',
        '-',  '0',  '0',  '0',  '1',  0x05, 0x4c,
        0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    1,    2,    0x58, MESSAGE_BYTES + 16};
    static const uint8_t structure[] = "\x83\x68"
                                       "Encrypt0\x44\xa1\x01\x18\x18\x40";
    int count;
    (void)state;
    assert_int_equal(sealed_bytes, HEAD_BYTES + MESSAGE_BYTES + 16);
    assert_memory_equal(sealed, head, sizeof head);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key.key, head + 21),
                     1);
    assert_int_equal(EVP_DecryptUpdate(context, NULL, &count, structure, sizeof structure - 1), 1);
    assert_int_equal(EVP_DecryptUpdate(context, plain, &count, sealed + HEAD_BYTES, MESSAGE_BYTES),
                     1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16,
                                         sealed + HEAD_BYTES + MESSAGE_BYTES),
                     1);
    assert_int_equal(EVP_DecryptFinal_ex(context, plain + count, &count), 1);
    assert_memory_equal(plain, message, sizeof message);
    EVP_CIPHER_CTX_free(context);
}

/* The id is not sealed: it only says which key to try. */
static void test_altered(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sealed_bytes; i++) {
        for (int bit = 0; bit < 8; bit++) {
            sealed[i] ^= (uint8_t)(1 << bit);
            int error = open_sealed(sealed, sealed_bytes);
            bool is_id = i >= 10 && i < 10 + key.id_bytes;
            bool is_right =
                is_id ? error == KL_SEAL_OK : error == KL_SEAL_FORMAT || error == KL_SEAL_FORGED;
            assert_true(is_right);
            sealed[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_int_equal(open_sealed(sealed, sealed_bytes), KL_SEAL_OK);
    sealed[sealed_bytes - 1] ^= 1;
    assert_int_equal(open_sealed(sealed, sealed_bytes), KL_SEAL_FORGED);
}

static void test_lengths(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < sealed_bytes; count++) {
        assert_int_equal(open_sealed(sealed, count), KL_SEAL_FORMAT);
    }
    assert_int_equal(open_sealed(sealed, sealed_bytes + 1), KL_SEAL_FORMAT);
    assert_int_equal(open_sealed(sealed, sealed_bytes), KL_SEAL_OK);
    for (uint32_t room = 0; room < sealed_bytes; room++) {
        uint32_t bytes;
        assert_int_equal(kl_seal(&key, 1, message, sizeof message, plain, room, &bytes),
                         KL_SEAL_ROOM);
    }
}

static void test_other_key(void **state)
{
    struct kl_seal_key other = key;
    struct kl_sealed parts;
    (void)state;
    other.key[31] ^= 1;
    assert_int_equal(kl_sealed_parse(sealed, sealed_bytes, &parts), KL_SEAL_OK);
    assert_int_equal(kl_sealed_open(&parts, other.key, plain), KL_SEAL_FORGED);
    assert_int_equal(plain[0] | plain[1] | plain[MESSAGE_BYTES - 1], 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opened),  TEST(test_specified), TEST(test_altered),
        TEST(test_lengths), TEST(test_other_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
