/* SPDX-License-Identifier: Apache-2.0 */
/* Decryption on the device, of images that OpenSSL encrypted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image_make.h"
#include "kinglet/decrypt.h"
#include "release/image_write.h"

enum { HEADER = 64, BODY_BYTES = 1008, AREA_BYTES = 8192, TAG_AT = 65, KEY_AT = 97 };

static struct kl_key signer, reader;
static uint8_t body[BODY_BYTES], memory[AREA_BYTES];
static struct kl_image image;

static int read_memory(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    (void)context;
    memcpy(data, memory + offset, bytes);
    return 0;
}

static const struct kl_flash flash = {
    .bytes = AREA_BYTES, .sector_bytes = AREA_BYTES, .write_bytes = 1, .read = read_memory};
static const struct kl_flash_area area = {&flash, 0, AREA_BYTES};

static void make_key(uint8_t number, struct kl_key *key)
{
    struct test_key made;
    test_key_make(number, &made);
    *key = (struct kl_key){.public_key = made.public_key, .has_secret = true};
    memcpy(key->secret, made.secret, sizeof key->secret);
}

static void install(bool is_encrypted)
{
    struct kl_diag diag = {0};
    struct kl_buffer made = KL_BUFFER(AREA_BYTES);
    const struct kl_image_spec spec = {.kind = KL_IMAGE_FIRMWARE,
                                       .version = {1, 0, 0, 0},
                                       .header_bytes = HEADER,
                                       .body = {body, sizeof body},
                                       .name = "lamp",
                                       .made = 1,
                                       .is_encrypted = is_encrypted};
    assert_int_equal(kl_image_write(&spec, &made, &diag), KL_OK);
    assert_int_equal(kl_image_seal(&made, &signer, is_encrypted ? &reader.public_key : NULL, &diag),
                     KL_OK);
    memset(memory, 0xff, sizeof memory);
    memcpy(memory, made.data, made.size);
    kl_buffer_free(&made);
    assert_int_equal(kl_image_open(&area, &image), 0);
}

static int set_up(void **state)
{
    (void)state;
    make_key(1, &signer);
    make_key(2, &reader);
    for (uint32_t i = 0; i < BODY_BYTES; i++) {
        body[i] = (uint8_t)(i * 7 + i / 251);
    }
    install(true);
    return 0;
}

static int open_it(const struct kl_key *key)
{
    struct kl_decrypt decrypt;
    return kl_decrypt_open(&image, key->secret, &decrypt);
}

/* Every range reads as header, plain body, and what stands behind it. */
static void test_ranges(void **state)
{
    struct kl_decrypt decrypt;
    uint8_t plain[AREA_BYTES], found[AREA_BYTES];
    (void)state;
    assert_memory_not_equal(memory + HEADER, body, sizeof body);
    memcpy(plain, memory, sizeof plain);
    memcpy(plain + HEADER, body, sizeof body);
    assert_int_equal(kl_decrypt_open(&image, reader.secret, &decrypt), KL_DECRYPT_OK);
    for (uint32_t bytes = 0; bytes < 40; bytes++) {
        for (uint32_t at = 0; at < HEADER + BODY_BYTES + 40; at++) {
            assert_int_equal(kl_decrypt_read(&decrypt, &image, at, found, bytes), 0);
            assert_true(bytes == 0 || memcmp(found, plain + at, bytes) == 0);
        }
    }
    assert_int_equal(kl_decrypt_read(&decrypt, &image, 3, found, AREA_BYTES - 3), 0);
    assert_memory_equal(found, plain + 3, AREA_BYTES - 3);
    assert_int_equal(kl_decrypt_read(&decrypt, &image, 3, found, AREA_BYTES), KL_IMAGE_READ);
}

static void test_verify(void **state)
{
    struct kl_decrypt decrypt;
    const struct kl_verify_rules rules = {.keys = &signer.public_key,
                                          .key_count = 1,
                                          .kind = KL_IMAGE_FIRMWARE,
                                          .read = kl_decrypt_read,
                                          .context = &decrypt};
    (void)state;
    assert_int_equal(kl_decrypt_open(&image, reader.secret, &decrypt), KL_DECRYPT_OK);
    assert_int_equal(kl_verify(&image, &rules), KL_VERIFY_OK);
    memory[HEADER + 500] ^= 1;
    assert_int_equal(kl_verify(&image, &rules), KL_VERIFY_HASH);
}

static void test_refusals(void **state)
{
    struct kl_tlv tlv;
    (void)state;
    assert_int_equal(kl_image_find(&image, KL_TLV_ENC_EC256, false, &tlv), 0);
    assert_int_equal(open_it(&reader), KL_DECRYPT_OK);
    assert_int_equal(open_it(&signer), KL_DECRYPT_KEY);
    const uint32_t places[] = {0, 1, TAG_AT - 1, TAG_AT, KEY_AT - 1, KEY_AT, KEY_AT + 15};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        memory[tlv.offset + places[i]] ^= 1;
        assert_int_equal(open_it(&reader), KL_DECRYPT_KEY);
        memory[tlv.offset + places[i]] ^= 1;
    }
    memory[tlv.offset - 4] = 0x33; /* X25519 */
    assert_int_equal(open_it(&reader), KL_DECRYPT_FORM);
    memory[tlv.offset - 4] = KL_TLV_ENC_EC256;
    image.header.flags = KL_IMAGE_ENCRYPTED_AES256;
    assert_int_equal(open_it(&reader), KL_DECRYPT_FORM);
    image.header.flags = KL_IMAGE_ENCRYPTED_AES128;
    assert_int_equal(open_it(&reader), KL_DECRYPT_OK);
    install(false);
    assert_int_equal(open_it(&reader), KL_DECRYPT_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ranges, set_up),
        cmocka_unit_test_setup(test_verify, set_up),
        cmocka_unit_test_setup(test_refusals, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
