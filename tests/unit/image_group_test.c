/* SPDX-License-Identifier: Apache-2.0 */
/* The image group over a modelled flash, with the real boot behind it: uploads, requests, refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <bearssl_hash.h>

#include "kinglet/image_group.h"
#include "kinglet/manage.h"
#include "power/world.h"

enum { CHUNK = 100, HASH = KL_IMAGE_HASH_BYTES };

static struct world world;
static struct kl_image_service service;
static struct kl_manage manage;
static const struct kl_smp_group groups[] = {{KL_SMP_GROUP_IMAGE, kl_image_group, &service}};
static uint8_t answer[KL_SMP_PACKET_MAX];
static const uint8_t *body;
static uint32_t body_bytes;

static int set_up(void **state)
{
    (void)state;
    world_init(&world, 1, 1);
    service = (struct kl_image_service){.boot = &world.boot};
    kl_manage_init(&manage, groups, 1);
    return 0;
}

/* Send one map, and take the answer apart. Returns its "rc", 0 when there is none. */
static uint32_t call(enum kl_smp_op op, uint16_t group, uint8_t command,
                     const struct kl_cbor_writer *map)
{
    uint8_t packet[KL_SMP_PACKET_MAX];
    const struct kl_smp_header header = {.op = (uint8_t)op,
                                         .body_bytes = (uint16_t)map->bytes,
                                         .group = group,
                                         .sequence = 1,
                                         .command = command};
    uint32_t rc;
    kl_smp_header_write(packet, &header);
    memcpy(packet + KL_SMP_HEADER_BYTES, map->data, map->bytes);
    uint32_t bytes = kl_manage_answer(&manage, packet, KL_SMP_HEADER_BYTES + map->bytes, answer);
    assert_true(bytes > KL_SMP_HEADER_BYTES);
    body = answer + KL_SMP_HEADER_BYTES;
    body_bytes = bytes - KL_SMP_HEADER_BYTES;
    return kl_cbor_map_uint(body, body_bytes, "rc", &rc) ? rc : 0;
}

struct map {
    uint8_t data[512];
    struct kl_cbor_writer writer;
};

static struct kl_cbor_writer *start(struct map *map, uint32_t pairs)
{
    map->writer = (struct kl_cbor_writer){map->data, sizeof map->data, 0, false};
    kl_cbor_put_map(&map->writer, pairs);
    return &map->writer;
}

static uint32_t state(void)
{
    struct map map;
    return call(KL_SMP_READ, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_STATE, start(&map, 0));
}

static uint32_t set_state(const uint8_t *hash, bool confirm)
{
    struct map map;
    struct kl_cbor_writer *w = start(&map, 1 + (hash != NULL));
    if (hash) {
        kl_cbor_put_text(w, "hash");
        kl_cbor_put_bytes(w, hash, HASH);
    }
    kl_cbor_put_text(w, "confirm");
    kl_cbor_put_bool(w, confirm);
    return call(KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_STATE, w);
}

/* One packet of an upload. */
static uint32_t send(const struct test_image *image, uint32_t offset, uint32_t bytes)
{
    struct map map;
    uint8_t hash[HASH];
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, image->bytes, image->size);
    br_sha256_out(&sha, hash);
    struct kl_cbor_writer *w = start(&map, offset == 0 ? 4 : 2);
    if (offset == 0) {
        kl_cbor_put_text(w, "len");
        kl_cbor_put_uint(w, image->size);
        kl_cbor_put_text(w, "sha");
        kl_cbor_put_bytes(w, hash, sizeof hash);
    }
    kl_cbor_put_text(w, "off");
    kl_cbor_put_uint(w, offset);
    kl_cbor_put_text(w, "data");
    kl_cbor_put_bytes(w, image->bytes + offset, bytes);
    return call(KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_UPLOAD, w);
}

static uint32_t next_offset(void)
{
    uint32_t offset;
    assert_true(kl_cbor_map_uint(body, body_bytes, "off", &offset));
    return offset;
}

static void upload(const struct test_image *image)
{
    uint32_t offset = 0;
    while (offset < image->size) {
        uint32_t left = image->size - offset;
        assert_int_equal(send(image, offset, left < CHUNK ? left : CHUNK), 0);
        offset = next_offset();
    }
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    assert_true(kl_cbor_map_find(body, body_bytes, "match", &value));
    assert_true(kl_cbor_next(&value, &item));
    assert_int_equal(item.value, 21); /* true */
}

/* The hash that an image states: in these, the first entry behind the protected ones. */
static const uint8_t *hash_of(const struct test_image *image)
{
    uint32_t hashed = 32 + (uint32_t)(image->bytes[12] | image->bytes[13] << 8) +
                      (uint32_t)(image->bytes[10] | image->bytes[11] << 8);
    return image->bytes + hashed + 4 + 4;
}

static bool says(const char *text)
{
    return memmem(body, body_bytes, text, strlen(text)) != NULL;
}

static uint8_t boot(void)
{
    assert_int_equal(kl_boot_run(&world.boot, &world.running), KL_BOOT_OK);
    service.upload.is_open = false; /* RAM is lost */
    return world.running.header.version.major;
}

static void test_whole_way(void **unused)
{
    const struct test_image *two = world_image(2);
    (void)unused;
    assert_int_equal(boot(), 1);
    assert_int_equal(state(), 0);
    assert_true(says("1.0.0") && !says("2.0.0"));
    upload(two);
    assert_int_equal(state(), 0);
    assert_true(says("1.0.0") && says("2.0.0"));
    assert_int_equal(boot(), 1); /* nobody has asked for it */
    assert_int_equal(set_state(hash_of(two), false), 0);
    assert_int_equal(boot(), 2);
    assert_int_equal(set_state(NULL, true), 0);
    assert_int_equal(boot(), 2);
    assert_int_equal(set_state(NULL, true), 0); /* again, to no effect */
    assert_int_equal(state(), 0);
    assert_true(says("2.0.0") && says("1.0.0")); /* the old one is the backup */
}

static void test_permanent(void **unused)
{
    (void)unused;
    upload(world_image(2));
    assert_int_equal(set_state(hash_of(world_image(2)), true), 0);
    assert_int_equal(boot(), 2);
    assert_int_equal(boot(), 2);
}

/* The link is lost: the same upload is offered again, and goes on where it was. */
static void test_resume(void **unused)
{
    const struct test_image *two = world_image(2), *three = world_image(3);
    (void)unused;
    assert_int_equal(send(two, 0, CHUNK), 0);
    assert_int_equal(send(two, CHUNK, CHUNK), 0);
    assert_int_equal(next_offset(), 2 * CHUNK);
    assert_int_equal(send(two, CHUNK, CHUNK), 0); /* its answer was lost: no harm */
    assert_int_equal(next_offset(), 2 * CHUNK);
    assert_int_equal(send(two, 0, CHUNK), 0);
    assert_int_equal(next_offset(), 2 * CHUNK);
    assert_int_equal(send(three, 0, CHUNK), 0); /* another one begins anew */
    assert_int_equal(next_offset(), CHUNK);
    upload(two);
    assert_int_equal(set_state(hash_of(two), false), 0);
    assert_int_equal(boot(), 2);
}

/* On trial, the way back must not be overwritten. */
static void test_trial(void **unused)
{
    const struct test_image *two = world_image(2), *three = world_image(3);
    (void)unused;
    upload(two);
    assert_int_equal(set_state(hash_of(two), false), 0);
    assert_int_equal(send(three, 0, CHUNK), KL_SMP_RC_BAD_STATE); /* asked for: neither */
    assert_int_equal(boot(), 2);
    assert_int_equal(send(three, 0, CHUNK), KL_SMP_RC_BAD_STATE);
    struct map map;
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_ERASE, start(&map, 0)),
                     KL_SMP_RC_BAD_STATE);
    assert_int_equal(set_state(hash_of(world_image(1)), false), KL_SMP_RC_BAD_STATE);
    assert_int_equal(set_state(NULL, true), 0);
    assert_int_equal(send(three, 0, CHUNK), 0);
}

static int64_t why(void)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    assert_true(kl_cbor_map_find(body, body_bytes, "why", &value));
    assert_true(kl_cbor_next(&value, &item));
    assert_int_equal(item.type, KL_CBOR_NEGATIVE);
    return -1 - (int64_t)item.value;
}

/* What the boot would drop is refused already here, with the reason. */
static void test_refused(void **unused)
{
    static struct test_image bad;
    (void)unused;
    bad = *world_image(2);
    bad.bytes[100] ^= 1;
    upload(&bad);
    assert_int_equal(set_state(hash_of(&bad), false), KL_SMP_RC_DENIED);
    assert_int_equal(why(), KL_VERIFY_HASH);
    bad = *world_image(2);
    bad.bytes[bad.size - 1] ^= 1;
    upload(&bad);
    assert_int_equal(set_state(hash_of(&bad), false), KL_SMP_RC_DENIED);
    assert_int_equal(why(), KL_VERIFY_SIGNATURE);
    upload(world_image(3));
    assert_int_equal(set_state(hash_of(world_image(3)), true), 0);
    assert_int_equal(boot(), 3);
    upload(world_image(2)); /* its counter is lower now */
    assert_int_equal(set_state(hash_of(world_image(2)), false), KL_SMP_RC_DENIED);
    assert_int_equal(why(), KL_VERIFY_ROLLBACK);
    assert_int_equal(boot(), 3);
}

static void test_malformed(void **unused)
{
    static struct test_image large;
    struct map map;
    const struct test_image *two = world_image(2);
    (void)unused;
    assert_int_equal(send(two, CHUNK, CHUNK), KL_SMP_RC_BAD_STATE); /* nothing was begun */
    large = *two;
    large.size = TEST_IMAGE_MAX;
    assert_int_equal(send(&large, 0, CHUNK), KL_SMP_RC_NO_MEMORY);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_UPLOAD, start(&map, 0)),
                     KL_SMP_RC_INVALID);
    assert_int_equal(set_state(NULL, false), KL_SMP_RC_INVALID);
    assert_int_equal(set_state(hash_of(two), false), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(set_state(hash_of(world_image(1)), false), KL_SMP_RC_BAD_STATE);
    assert_int_equal(call(KL_SMP_READ, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_UPLOAD, start(&map, 0)),
                     KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(call(KL_SMP_READ, KL_SMP_GROUP_IMAGE, 99, start(&map, 0)),
                     KL_SMP_RC_UNSUPPORTED);
    /* Endless data: more than was announced. */
    large = *two;
    large.size = 10;
    assert_int_equal(send(&large, 0, 8), 0);
    large.size = 20;
    assert_int_equal(send(&large, 8, 12), KL_SMP_RC_INVALID);
}

static void test_erase(void **unused)
{
    struct map map;
    (void)unused;
    upload(world_image(2));
    assert_int_equal(set_state(hash_of(world_image(2)), false), 0);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_ERASE, start(&map, 0)), 0);
    assert_int_equal(boot(), 1);
    assert_int_equal(state(), 0);
    assert_false(says("2.0.0"));
}

static void test_os(void **unused)
{
    struct map map;
    uint32_t size;
    (void)unused;
    assert_int_equal(call(KL_SMP_READ, KL_SMP_GROUP_OS, KL_SMP_OS_PARAMETERS, start(&map, 0)), 0);
    assert_true(kl_cbor_map_uint(body, body_bytes, "buf_size", &size));
    assert_int_equal(size, KL_SMP_PACKET_MAX);
    assert_false(manage.os.is_reset_wanted);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_GROUP_OS, KL_SMP_OS_RESET, start(&map, 0)), 0);
    assert_true(manage.os.is_reset_wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole_way, set_up),
        cmocka_unit_test_setup(test_permanent, set_up),
        cmocka_unit_test_setup(test_resume, set_up),
        cmocka_unit_test_setup(test_trial, set_up),
        cmocka_unit_test_setup(test_refused, set_up),
        cmocka_unit_test_setup(test_malformed, set_up),
        cmocka_unit_test_setup(test_erase, set_up),
        cmocka_unit_test_setup(test_os, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
