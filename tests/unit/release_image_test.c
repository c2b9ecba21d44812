/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images, keys and archives of releases: vectors of the specifications, and each refusal with its
 * code, beside the unaltered image that is accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_make.h"
#include "release/encrypt.h"
#include "release/image_file.h"
#include "release/release.h"

static struct kl_arena *arena;
static struct kl_key signer, other;
static struct kl_release_trust trust;
static struct kl_buffer image;
static uint8_t vendor[KL_IMAGE_UUID_BYTES], product[KL_IMAGE_UUID_BYTES];
static unsigned char body[1000];

static void make_key(uint8_t number, struct kl_key *key)
{
    struct test_key made;
    test_key_make(number, &made);
    *key = (struct kl_key){.public_key = made.public_key, .has_secret = true};
    memcpy(key->secret, made.secret, sizeof key->secret);
}

static struct kl_image_spec spec(void)
{
    return (struct kl_image_spec){
        .kind = KL_IMAGE_FIRMWARE,
        .version = {1, 2, 3, 4},
        .header_bytes = 64,
        .body = {body, sizeof body},
        .vendor = vendor,
        .product = product,
        .board = "mps2-an386",
        .name = "lamp",
        .security_counter = 7,
        .made = 1790000000,
    };
}

static int set_up(void **state)
{
    struct kl_diag diag = {0};
    (void)state;
    arena = kl_arena_create(16 << 20);
    make_key(1, &signer);
    make_key(2, &other);
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (unsigned char)(i * 7);
    }
    assert_int_equal(kl_vendor_uuid("example.com", vendor, &diag), KL_OK);
    assert_int_equal(kl_product_uuid("lamp", vendor, product, &diag), KL_OK);
    trust = (struct kl_release_trust){
        .vendor = "example.com",
        .product = "lamp",
        .board = "mps2-an386",
        .least_counter = 7,
        .keys = {.version = 1, .count = 1, .keys = {{signer.public_key, KL_ROLE_FIRMWARE}}}};
    const struct kl_image_spec wanted = spec();
    image = KL_BUFFER(KL_IMAGE_FILE_MAX);
    assert_int_equal(kl_image_write(&wanted, &image, &diag), KL_OK);
    assert_int_equal(kl_image_seal(&image, &signer, NULL, &diag), KL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kl_buffer_free(&image);
    kl_arena_free(arena);
    return 0;
}

static enum kl_err verify(size_t bytes, int *code)
{
    struct kl_diag diag = {0};
    return kl_release_verify_image((struct kl_bytes){(unsigned char *)image.data, bytes}, "image",
                                   &trust, arena, code, &diag);
}

static void expect_code(int wanted)
{
    int code;
    assert_int_equal(verify(image.size, &code), wanted ? KL_ECHECK : KL_OK);
    assert_string_equal(kl_image_error_name(code), kl_image_error_name(wanted));
}

/* The image as it is passes, one with this byte changed is refused with that code. */
static void expect_altered(size_t at, int wanted)
{
    expect_code(0);
    image.data[at] ^= 1;
    expect_code(wanted);
    image.data[at] ^= 1;
    expect_code(0);
}

static size_t entry_of(enum kl_tlv_type type, bool is_protected)
{
    struct kl_image_file file;
    struct kl_tlv tlv;
    struct kl_diag diag = {0};
    const struct kl_bytes bytes = {(unsigned char *)image.data, image.size};
    assert_int_equal(kl_image_file_open(bytes, "image", &file, &diag), KL_OK);
    assert_int_equal(kl_image_find(&file.image, (uint16_t)type, is_protected, &tlv), 0);
    return tlv.offset;
}

static void test_altered(void **state)
{
    (void)state;
    expect_altered(20, KL_VERIFY_HASH); /* version in the header */
    expect_altered(40, KL_VERIFY_HASH); /* what fills up the header */
    expect_altered(64, KL_VERIFY_HASH);
    expect_altered(64 + sizeof body - 1, KL_VERIFY_HASH);
    expect_altered(entry_of(KL_TLV_SECURITY_COUNTER, true), KL_VERIFY_HASH);
    expect_altered(entry_of(KL_TLV_BOARD, true), KL_VERIFY_HASH);
    expect_altered(entry_of(KL_TLV_SHA256, false), KL_VERIFY_HASH);
    expect_altered(entry_of(KL_TLV_KEYHASH, false), KL_VERIFY_UNKNOWN_KEY);
    expect_altered(entry_of(KL_TLV_ECDSA, false) + 10, KL_VERIFY_SIGNATURE);
}

static void test_size(void **state)
{
    int code;
    (void)state;
    for (size_t bytes = 0; bytes < image.size; bytes++) {
        assert_int_equal(verify(bytes, &code), KL_EINPUT);
    }
    expect_code(0);
    kl_buffer_append(&image, "", 1);
    assert_int_equal(verify(image.size, &code), KL_EINPUT);
}

static void test_keys(void **state)
{
    (void)state;
    trust.keys.keys[0].key.is_revoked = 1;
    expect_code(KL_VERIFY_REVOKED_KEY);
    trust.keys.keys[0] = (struct kl_key_entry){other.public_key, KL_ROLE_FIRMWARE};
    expect_code(KL_VERIFY_UNKNOWN_KEY);
    trust.keys.keys[0] = (struct kl_key_entry){signer.public_key, KL_ROLE_MODELS | KL_ROLE_KEYS};
    expect_code(KL_VERIFY_UNKNOWN_KEY); /* not for firmware */
    trust.keys.keys[0].roles = KL_ROLE_FIRMWARE;
    expect_code(0);
}

static void test_device(void **state)
{
    (void)state;
    trust.board = "mps2-an505";
    expect_code(KL_VERIFY_BOARD);
    trust.board = "mps2-an38";
    expect_code(KL_VERIFY_BOARD);
    trust.board = "mps2-an386";
    trust.product = "oven";
    expect_code(KL_VERIFY_PRODUCT);
    trust.vendor = "example.org";
    expect_code(KL_VERIFY_VENDOR);
    trust.vendor = "cfbff0d1-9375-5685-968c-48ce8b15ae17"; /* example.com */
    trust.product = NULL;
    trust.board = NULL;
    expect_code(0);
    trust.least_counter = 8;
    expect_code(KL_VERIFY_ROLLBACK);
}

static void test_unsigned(void **state)
{
    struct kl_buffer bare = KL_BUFFER(KL_IMAGE_FILE_MAX);
    struct kl_diag diag = {0};
    const struct kl_bytes whole = {(unsigned char *)image.data, image.size};
    (void)state;
    assert_int_equal(kl_image_unseal(whole, &bare, &diag), KL_OK);
    assert_int_equal(kl_image_seal(&bare, NULL, NULL, &diag), KL_OK);
    kl_buffer_free(&image);
    image = bare;
    expect_code(KL_VERIFY_UNSIGNED);
}

/* Signing anew gives the same bytes, and what a device of the other key accepts differs. */
static void test_sign_again(void **state)
{
    struct kl_buffer again = KL_BUFFER(KL_IMAGE_FILE_MAX);
    struct kl_diag diag = {0};
    const struct kl_bytes whole = {(unsigned char *)image.data, image.size};
    (void)state;
    assert_int_equal(kl_image_unseal(whole, &again, &diag), KL_OK);
    assert_int_equal(kl_image_seal(&again, &signer, NULL, &diag), KL_OK);
    assert_int_equal(again.size, image.size);
    assert_memory_equal(again.data, image.data, image.size);
    kl_buffer_free(&again);
}

static void test_encrypted(void **state)
{
    struct kl_image_spec wanted = spec();
    struct kl_diag diag = {0};
    int code;
    (void)state;
    kl_buffer_free(&image);
    wanted.is_encrypted = true;
    assert_int_equal(kl_image_write(&wanted, &image, &diag), KL_OK);
    assert_int_equal(kl_image_seal(&image, &signer, NULL, &diag), KL_EUSAGE);
    kl_diag_clear(&diag);
    assert_int_equal(kl_image_seal(&image, &signer, &other.public_key, &diag), KL_OK);
    assert_memory_not_equal(image.data + 64, body, 16);
    assert_int_equal(verify(image.size, &code), KL_EUSAGE); /* nobody to decrypt it */
    trust.reader = &signer;
    assert_int_equal(verify(image.size, &code), KL_ECHECK); /* for somebody else */
    trust.reader = &other;
    expect_code(0);
    expect_altered(64, KL_VERIFY_HASH);
    image.data[entry_of(KL_TLV_ENC_EC256, false) + KL_P256_POINT_BYTES] ^= 1;
    assert_int_equal(verify(image.size, &code), KL_ECHECK);
    image.data[entry_of(KL_TLV_ENC_EC256, false) + 1] ^= 1; /* no point of the curve */
    assert_int_equal(verify(image.size, &code), KL_ECHECK);
}

/* RFC 6979, A.2.5: P-256, SHA-256 of "sample". */
static void test_deterministic_signature(void **state)
{
    static const uint8_t secret[] = {0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16,
                                     0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
                                     0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12,
                                     0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21};
    static const uint8_t digest[] = {0xaf, 0x2b, 0xdb, 0xe1, 0xaa, 0x9b, 0x6e, 0xc1,
                                     0xe2, 0xad, 0xe1, 0xd6, 0x94, 0xf4, 0x1f, 0xc7,
                                     0x1a, 0x83, 0x1d, 0x02, 0x68, 0xe9, 0x89, 0x15,
                                     0x62, 0x11, 0x3d, 0x8a, 0x62, 0xad, 0xd1, 0xbf};
    static const uint8_t wanted[] = {
        0x30, 0x46, 0x02, 0x21, 0x00, 0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd, 0x11, 0x40,
        0xdd, 0x9c, 0xd4, 0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa, 0xf9, 0x91, 0xc3,
        0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16, 0x02, 0x21, 0x00, 0xf7, 0xcb, 0x1c, 0x94, 0x2d,
        0x65, 0x7c, 0x41, 0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00, 0xdb,
        0xb9, 0xaf, 0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8};
    struct kl_key key = {.has_secret = true};
    uint8_t signature[KL_P256_SIGNATURE_MAX];
    (void)state;
    memcpy(key.secret, secret, sizeof secret);
    assert_int_equal(kl_key_sign(&key, digest, signature), sizeof wanted);
    assert_memory_equal(signature, wanted, sizeof wanted);
}

/* Examples in Python's documentation of uuid, and in Nordic's of its SUIT manifests. */
static void test_uuid(void **state)
{
    struct kl_diag diag = {0};
    uint8_t uuid[KL_IMAGE_UUID_BYTES];
    char text[KL_UUID_TEXT_BYTES];
    (void)state;
    assert_int_equal(kl_vendor_uuid("python.org", uuid, &diag), KL_OK);
    kl_uuid_text(uuid, text);
    assert_string_equal(text, "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    assert_int_equal(kl_vendor_uuid("886313E1-3b8a-5372-9b90-0c9aee199e5d", uuid, &diag), KL_OK);
    kl_uuid_text(uuid, text);
    assert_string_equal(text, "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    assert_int_equal(kl_vendor_uuid("nordicsemi.com", uuid, &diag), KL_OK);
    kl_uuid_text(uuid, text);
    assert_string_equal(text, "7617daa5-71fd-5a85-8f94-e28d735ce9f4");
    assert_int_equal(kl_vendor_uuid("", uuid, &diag), KL_EUSAGE);
}

static void test_date(void **state)
{
    static const char *const wrong[] = {"",           "2026-02-31", "2026-13-01",
                                        "26-12-01",   "noon",       "2026-12-01Z",
                                        "1969-12-31", "-1",         "1e9"};
    struct kl_diag diag = {0};
    char text[KL_DATE_TEXT_BYTES];
    uint64_t seconds;
    (void)state;
    assert_int_equal(kl_made_parse("2026-12-01", &seconds, &diag), KL_OK);
    kl_date_text(seconds, text);
    assert_string_equal(text, "2026-12-01T00:00:00Z");
    assert_int_equal(kl_made_parse("1790000000", &seconds, &diag), KL_OK);
    kl_date_text(seconds, text);
    assert_string_equal(text, "2026-09-21T14:13:20Z");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_made_parse(wrong[i], &seconds, &diag), KL_EUSAGE);
    }
}

static void test_version(void **state)
{
    static const char *const wrong[] = {"",        "1",       "1.2",       "1.2.3.4",  "1.2.3+",
                                        "256.0.0", "1.256.0", "1.0.65536", "01.2.3",   "1.2.3 ",
                                        "-1.2.3",  "v1.2.3",  "1.2.3-rc1", "1.2.3+4a", "+1.2.3"};
    struct kl_image_version version;
    struct kl_diag diag = {0};
    char text[KL_VERSION_TEXT_BYTES];
    (void)state;
    assert_int_equal(kl_version_parse("255.255.65535+4294967295", &version, &diag), KL_OK);
    kl_version_text(&version, text);
    assert_string_equal(text, "255.255.65535+4294967295");
    assert_int_equal(kl_version_parse("1.0.2", &version, &diag), KL_OK);
    kl_version_text(&version, text);
    assert_string_equal(text, "1.0.2");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_version_parse(wrong[i], &version, &diag), KL_EUSAGE);
    }
}

static struct kl_key_set two_keys(void)
{
    return (struct kl_key_set){
        .version = 9,
        .count = 2,
        .keys = {{signer.public_key, KL_ROLE_KEYS}, {other.public_key, KL_ROLE_FIRMWARE}}};
}

static enum kl_err read_set(const struct kl_key_set *set, const struct kl_key *by)
{
    struct kl_buffer file = KL_BUFFER(KL_IMAGE_FILE_MAX);
    struct kl_diag diag = {0};
    struct kl_key_set found;
    assert_int_equal(kl_key_set_write(set, 1790000000, by, &file, &diag), KL_OK);
    const struct kl_bytes bytes = {(unsigned char *)file.data, file.size};
    enum kl_err err = kl_key_set_read(bytes, "keys", &found, &diag);
    if (err == KL_OK) {
        assert_int_equal(found.version, set->version);
        assert_int_equal(found.count, set->count);
        assert_memory_equal(found.keys, set->keys, sizeof set->keys[0] * set->count);
    }
    kl_buffer_free(&file);
    return err;
}

static void test_key_set(void **state)
{
    struct kl_key_set set = two_keys();
    (void)state;
    assert_int_equal(read_set(&set, &signer), KL_OK);
    assert_int_equal(read_set(&set, &other), KL_ECHECK); /* may not sign key sets */
    set.keys[1].roles = 0;
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set.keys[1].roles = 16;
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set = two_keys();
    set.keys[1] = set.keys[0];
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set = two_keys();
    set.keys[1].key.id[0] ^= 1;
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set = two_keys();
    set.keys[1].key.point[5] ^= 1;
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set = two_keys();
    set.version = 0;
    assert_int_equal(read_set(&set, &signer), KL_EINPUT);
    set = two_keys();
    set.keys[0].key.is_revoked = 1;
    assert_int_equal(read_set(&set, &signer), KL_ECHECK);
}

static struct kl_bytes of_text(const char *text)
{
    return (struct kl_bytes){(const unsigned char *)text, strlen(text)};
}

static void test_archive(void **state)
{
    struct kl_tar *tar = KL_NEW(arena, struct kl_tar, 1), *found = KL_NEW(arena, struct kl_tar, 1);
    struct kl_buffer file = KL_BUFFER(KL_TAR_LIMIT);
    struct kl_diag diag = {0};
    (void)state;
    assert_int_equal(kl_tar_add(tar, "manifest.json", of_text("{}"), &diag), KL_OK);
    assert_int_equal(kl_tar_add(tar, "models/a.img", of_text("abc"), &diag), KL_OK);
    assert_int_equal(kl_tar_write(tar, 1790000000, &file, &diag), KL_OK);
    assert_int_equal(file.size, 6 * 512);
    unsigned char *data = (unsigned char *)file.data;
    assert_int_equal(kl_tar_read((struct kl_bytes){data, file.size}, "t", found, &diag), KL_OK);
    assert_int_equal(found->count, 2);
    assert_memory_equal(kl_tar_find(found, "models/a.img")->content.data, "abc", 3);
    for (size_t bytes = 0; bytes < file.size; bytes += 256) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_tar_read((struct kl_bytes){data, bytes}, "t", found, &diag), KL_EINPUT);
    }
    /* A byte of a header, or of what fills up a block, is never free to be another one. */
    for (size_t at = 0; at < file.size; at += 7) {
        bool is_content = (at >= 512 && at < 514) || (at >= 1536 && at < 1539);
        kl_diag_clear(&diag);
        data[at] ^= 0x40;
        enum kl_err err = kl_tar_read((struct kl_bytes){data, file.size}, "t", found, &diag);
        assert_int_equal(err == KL_OK, is_content);
        data[at] ^= 0x40;
    }
    kl_buffer_free(&file);
}

static void test_archive_names(void **state)
{
    static const char *const wrong[] = {"",    "/a",   "a/",   "..",      "a/../b", "a//b", "a/.",
                                        "a b", "a\\b", "a\nb", "\x1b[2J", "./a",    "a/./b"};
    (void)state;
    assert_true(kl_tar_name_ok("a/b-c_d.e/..f"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(kl_tar_name_ok(wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_altered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unsigned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_encrypted, set_up, tear_down),
        cmocka_unit_test(test_deterministic_signature),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_version),
        cmocka_unit_test_setup_teardown(test_key_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_archive, set_up, tear_down),
        cmocka_unit_test(test_archive_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
