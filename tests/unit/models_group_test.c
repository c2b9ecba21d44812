/* SPDX-License-Identifier: Apache-2.0 */
/* Model packs by the management protocol, over a modelled flash with the real engine: uploads,
 * self-tests, the way back, encrypted packs, and a code for every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "flow/pack_engine.h"
#include "flow/pack_file.h"
#include "image_make.h"
#include "kinglet/manage.h"
#include "kinglet/model_runner.h"
#include "kinglet/models_group.h"
#include "pack_cases.h"
#include "port/host/flash_model.h"
#include "release/encrypt.h"
#include "release/model_body.h"

enum {
    SECTOR = 4096,
    SLOT = 6 * SECTOR,
    FLASH = 2 * SLOT,
    CHUNK = 300,
    HASH = KL_IMAGE_HASH_BYTES
};
enum { ENGINE_ENTRY_BYTES = 4 + 2 + (KL_KERNEL_COUNT + 7) / 8, ENTRIES_MAX = 200 };

static const struct kl_device_class device = {{1}, {2}, "test"};

static _Alignas(16) uint32_t memory[FLASH];
static struct kl_flash_model model;
static struct kl_flash_map map;
static struct test_key key;
static struct kl_arena *arena;
static struct pack_case pack;
static struct kl_model_body vector; /* the pack and its self-test */
static struct kl_engine engine;
static struct kl_model_runner runner;
static struct kl_model_slots slots;
static struct kl_models_service service;
static struct kl_manage manage;
static const struct kl_smp_group groups[] = {{KL_SMP_GROUP_MODELS, kl_models_group, &service}};
static uint8_t answer[KL_SMP_PACKET_MAX];
static const uint8_t *body;
static uint32_t body_bytes;

static void take_first_case(void *context, const struct kt_case *c)
{
    bool *is_made = context;
    if (!*is_made) {
        pack_case_make(&pack, c, KL_KERNELS_PORTABLE);
        *is_made = true;
    }
}

static int make_pack(void **state)
{
    static const struct kt_family family = {"dense", kt_generate_fully_connected};
    struct kl_diag diag = {0};
    bool is_made = false;
    (void)state;
    test_key_make(3, &key);
    arena = kl_arena_create(64 << 20);
    kt_family_each(&family, take_first_case, &is_made);
    return arena && is_made &&
                   kl_model_body_make((const struct kl_pack *)(const void *)pack.pack, arena,
                                      &vector, &diag) == KL_OK
               ? 0
               : -1;
}

static int free_pack(void **state)
{
    (void)state;
    pack_case_free(&pack);
    kl_arena_free(arena);
    return 0;
}

static int set_up(void **state)
{
    const struct kl_pack *header = (const struct kl_pack *)(const void *)pack.pack;
    (void)state;
    kl_flash_model_init(&model, memory, FLASH, SECTOR, 8, 1);
    model.flash.mapped = model.data;
    map.model[0] = (struct kl_flash_area){&model.flash, 0, SLOT};
    map.model[1] = (struct kl_flash_area){&model.flash, SLOT, SLOT};
    engine = kl_host_engine;
    engine.arena_bytes = header->arena_bytes;
    runner = (struct kl_model_runner){&engine,
                                      kl_arena_alloc(arena, (size_t)header->arena_bytes + 1, 16)};
    slots = (struct kl_model_slots){.map = &map,
                                    .rules = {.keys = &key.public_key,
                                              .key_count = 1,
                                              .device = &device,
                                              .kind = KL_IMAGE_MODEL},
                                    .test = kl_model_runner_test,
                                    .context = &runner};
    service = (struct kl_models_service){.slots = &slots};
    kl_models_choose(&service);
    kl_manage_init(&manage, groups, 1);
    return 0;
}

/* What a wish of an image can be spoilt in. */
struct spoil {
    uint8_t *abi, *kernel; /* of the entry of the engine */
    uint8_t *vector;       /* of the self-test's entry: its length */
};

static uint32_t put_entries(uint8_t entries[ENTRIES_MAX], struct spoil *spoil)
{
    bool kernels[KL_KERNEL_COUNT];
    uint32_t numbers[] = {vector.self_test_offset, vector.self_test_bytes};
    memset(entries, 0, ENTRIES_MAX);
    kl_pack_kernels((const struct kl_pack *)(const void *)pack.pack, kernels);
    entries[0] = KL_TLV_ENGINE & 0xff;
    entries[1] = KL_TLV_ENGINE >> 8;
    entries[2] = ENGINE_ENTRY_BYTES - 4;
    entries[4] = KL_ENGINE_ABI;
    for (uint32_t i = 0; i < KL_KERNEL_COUNT; i++) {
        entries[6 + i / 8] |= (uint8_t)(kernels[i] << i % 8);
    }
    uint8_t *test = entries + ENGINE_ENTRY_BYTES;
    test[0] = KL_TLV_SELF_TEST & 0xff;
    test[1] = KL_TLV_SELF_TEST >> 8;
    test[2] = 8;
    for (int i = 0; i < 8; i++) {
        test[4 + i] = (uint8_t)(numbers[i / 4] >> i % 4 * 8);
    }
    *spoil = (struct spoil){entries + 4, entries + 6 + (KL_KERNEL_COUNT + 7) / 8 - 1, test + 8};
    return ENGINE_ENTRY_BYTES + 12;
}

static struct test_image_wish wish_for(int version, const uint8_t *entries, uint32_t bytes)
{
    return (struct test_image_wish){.kind = KL_IMAGE_MODEL,
                                    .version = {(uint8_t)version, 0, 0, 0},
                                    .body = vector.bytes.data,
                                    .body_bytes = (uint32_t)vector.bytes.size,
                                    .device = &device,
                                    .key = &key,
                                    .entries = entries,
                                    .entry_bytes = bytes};
}

/* A pack that is as it should be. */
static const struct test_image *good(int version)
{
    static struct test_image image;
    uint8_t entries[ENTRIES_MAX];
    struct spoil spoil;
    const struct test_image_wish wish = wish_for(version, entries, put_entries(entries, &spoil));
    test_image_make(&wish, &image);
    return &image;
}

struct map {
    uint8_t data[900];
    struct kl_cbor_writer writer;
};

static struct kl_cbor_writer *start(struct map *m, uint32_t pairs)
{
    m->writer = (struct kl_cbor_writer){m->data, sizeof m->data, 0, false};
    kl_cbor_put_map(&m->writer, pairs);
    return &m->writer;
}

/* Send one map. Returns "rc", 0 without one; *why is 0 without one. */
static uint32_t call(enum kl_smp_op op, uint8_t command, const struct kl_cbor_writer *m, int *why)
{
    uint8_t packet[KL_SMP_PACKET_MAX];
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    const struct kl_smp_header header = {.op = (uint8_t)op,
                                         .body_bytes = (uint16_t)m->bytes,
                                         .group = KL_SMP_GROUP_MODELS,
                                         .command = command};
    uint32_t rc;
    kl_smp_header_write(packet, &header);
    memcpy(packet + KL_SMP_HEADER_BYTES, m->data, m->bytes);
    uint32_t bytes = kl_manage_answer(&manage, packet, KL_SMP_HEADER_BYTES + m->bytes, answer);
    assert_true(bytes > KL_SMP_HEADER_BYTES);
    body = answer + KL_SMP_HEADER_BYTES;
    body_bytes = bytes - KL_SMP_HEADER_BYTES;
    bool has_why = kl_cbor_map_find(body, body_bytes, "why", &value) &&
                   kl_cbor_next(&value, &item) && item.type == KL_CBOR_NEGATIVE;
    *why = has_why ? -1 - (int)item.value : 0;
    return kl_cbor_map_uint(body, body_bytes, "rc", &rc) ? rc : 0;
}

/* One packet of an upload. */
static uint32_t send(const uint8_t *file, uint32_t size, const uint8_t *entry, uint32_t at,
                     int *why)
{
    struct map m;
    uint8_t hash[HASH];
    uint32_t left = size - at;
    kl_sha256(file, size, hash);
    struct kl_cbor_writer *w = start(&m, at > 0 ? 2 : entry ? 5 : 4);
    if (at == 0) {
        kl_cbor_put_text(w, "len");
        kl_cbor_put_uint(w, size);
        kl_cbor_put_text(w, "sha");
        kl_cbor_put_bytes(w, hash, sizeof hash);
    }
    if (at == 0 && entry) {
        kl_cbor_put_text(w, "enc");
        kl_cbor_put_bytes(w, entry, KL_DECRYPT_ENTRY_BYTES);
    }
    kl_cbor_put_text(w, "off");
    kl_cbor_put_uint(w, at);
    kl_cbor_put_text(w, "data");
    kl_cbor_put_bytes(w, file + at, left < CHUNK ? left : CHUNK);
    return call(KL_SMP_WRITE, KL_SMP_MODELS_UPLOAD, w, why);
}

static void upload(const uint8_t *file, uint32_t size, const uint8_t *entry)
{
    uint32_t at = 0;
    int why;
    while (at < size) {
        assert_int_equal(send(file, size, entry, at, &why), 0);
        assert_true(kl_cbor_map_uint(body, body_bytes, "off", &at));
    }
}

/* Ask for a command with the hash that an image in a slot states. */
static uint32_t ask(uint8_t command, int slot, int *why)
{
    uint8_t hash[HASH] = {0};
    struct kl_image image;
    struct kl_tlv tlv;
    struct map m;
    if (kl_image_open(&map.model[slot], &image) == 0 &&
        kl_image_find(&image, KL_TLV_SHA256, false, &tlv) == 0) {
        assert_int_equal(kl_area_read(&map.model[slot], tlv.offset, hash, sizeof hash), 0);
    }
    struct kl_cbor_writer *w = start(&m, 1);
    kl_cbor_put_text(w, "hash");
    kl_cbor_put_bytes(w, hash, sizeof hash);
    return call(KL_SMP_WRITE, command, w, why);
}

static int other(void)
{
    return service.running == 0 ? 1 : 0;
}

static void run_new(const struct test_image *image)
{
    int why, slot = other();
    upload(image->bytes, image->size, NULL);
    assert_int_equal(ask(KL_SMP_MODELS_RUN, slot, &why), 0);
    assert_int_equal(why, 0);
    assert_int_equal(service.running, slot);
}

static void test_one_after_the_other(void **state)
{
    int why;
    struct map m;
    (void)state;
    assert_int_equal(service.running, KL_MODEL_NONE);
    run_new(good(1));
    assert_int_equal(service.image.header.version.major, 1);
    run_new(good(2));
    assert_int_equal(service.image.header.version.major, 2);
    uint32_t changes = service.changes;
    assert_int_equal(ask(KL_SMP_MODELS_FAIL, service.running, &why), 0); /* the way back */
    assert_int_equal(service.image.header.version.major, 1);
    assert_true(service.changes > changes);
    kl_models_choose(&service); /* the same after a reset */
    assert_int_equal(service.image.header.version.major, 1);
    assert_int_equal(call(KL_SMP_READ, KL_SMP_MODELS_STATE, start(&m, 0), &why), 0);
    assert_non_null(memmem(body, body_bytes, "passed", 6));
    assert_non_null(memmem(body, body_bytes, "failed", 6));
    run_new(good(3));
    assert_int_equal(model.violations, 0);
}

/* A lost link: the upload goes on where it was. */
static void test_resume(void **state)
{
    const struct test_image *image = good(1);
    uint32_t at;
    int why;
    (void)state;
    assert_int_equal(send(image->bytes, image->size, NULL, 0, &why), 0);
    assert_int_equal(send(image->bytes, image->size, NULL, 0, &why), 0);
    assert_true(kl_cbor_map_uint(body, body_bytes, "off", &at));
    assert_int_equal(at, CHUNK);
    upload(image->bytes, image->size, NULL);
    assert_int_equal(ask(KL_SMP_MODELS_RUN, 0, &why), 0);
}

/* Upload and ask; the code of the refusal. What ran before runs on. */
static int refusal(const struct test_image *image)
{
    int why, running = service.running, slot = other();
    upload(image->bytes, image->size, NULL);
    uint32_t rc = ask(KL_SMP_MODELS_RUN, slot, &why);
    assert_int_equal(rc, why ? KL_SMP_RC_DENIED : 0);
    assert_int_equal(service.running, why ? running : slot);
    kl_models_choose(&service);
    assert_int_equal(service.running, why ? running : slot);
    return why;
}

static int refusal_of(const struct test_image_wish *wish)
{
    static struct test_image image;
    test_image_make(wish, &image);
    return refusal(&image);
}

static void test_refusals(void **state)
{
    static const struct kl_device_class boards = {{1}, {2}, "other"}, vendors = {{9}, {2}, "test"},
                                        products = {{1}, {9}, "test"};
    uint8_t entries[ENTRIES_MAX];
    struct test_key unknown;
    struct spoil spoil;
    uint32_t bytes = put_entries(entries, &spoil);
    struct test_image_wish wish = wish_for(5, entries, bytes);
    (void)state;
    run_new(good(4));
    test_key_make(8, &unknown);
    wish.device = &boards;
    assert_int_equal(refusal_of(&wish), KL_VERIFY_BOARD);
    wish.device = &vendors;
    assert_int_equal(refusal_of(&wish), KL_VERIFY_VENDOR);
    wish.device = &products;
    assert_int_equal(refusal_of(&wish), KL_VERIFY_PRODUCT);
    wish.device = &device;
    wish.key = &unknown;
    assert_int_equal(refusal_of(&wish), KL_VERIFY_UNKNOWN_KEY);
    wish.key = &key;
    wish.kind = KL_IMAGE_KEYS;
    assert_int_equal(refusal_of(&wish), KL_VERIFY_KIND);
    wish.kind = KL_IMAGE_MODEL;
    wish.version.major = 4;
    assert_int_equal(refusal_of(&wish), KL_MODELS_OLDER);
    wish.version.major = 5;
    *spoil.abi ^= 1;
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_ABI);
    *spoil.abi ^= 1;
    *spoil.kernel |= 0x80; /* one that does not exist yet */
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_KERNEL);
    put_entries(entries, &spoil);
    *spoil.vector ^= 1;
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_VECTOR);
    *spoil.vector ^= 1;
    engine.arena_bytes--;
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_PACK);
    engine.arena_bytes++;
    model.flash.mapped = NULL;
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_PLACE);
    model.flash.mapped = model.data;
    uint8_t *altered = kl_arena_copy(arena, vector.bytes.data, vector.bytes.size);
    altered[vector.bytes.size - 1] ^= 1; /* an output of the self-test */
    wish.body = altered;
    assert_int_equal(refusal_of(&wish), KL_MODEL_RUNNER_RESULT);
    wish.body = vector.bytes.data;
    assert_int_equal(refusal_of(&wish), 0);
}

static void test_altered(void **state)
{
    static struct test_image image;
    (void)state;
    image = *good(1);
    image.bytes[40] ^= 1;
    assert_int_equal(refusal(&image), KL_VERIFY_HASH);
    image = *good(1);
    image.bytes[image.size - 3] ^= 1;
    assert_int_equal(refusal(&image), KL_VERIFY_SIGNATURE);
    image = *good(1);
    assert_int_equal(refusal(&image), 0);
}

static void test_bad_requests(void **state)
{
    const struct test_image *image = good(1);
    struct map m;
    int why;
    (void)state;
    assert_int_equal(ask(KL_SMP_MODELS_RUN, 0, &why), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(ask(KL_SMP_MODELS_FAIL, 0, &why), KL_SMP_RC_NO_ENTRY);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_MODELS_RUN, start(&m, 0), &why), KL_SMP_RC_INVALID);
    assert_int_equal(call(KL_SMP_READ, KL_SMP_MODELS_RUN, start(&m, 0), &why),
                     KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_MODELS_STATE, start(&m, 0), &why),
                     KL_SMP_RC_UNSUPPORTED);
    assert_int_equal(call(KL_SMP_WRITE, KL_SMP_MODELS_UPLOAD, start(&m, 0), &why),
                     KL_SMP_RC_INVALID);
    assert_int_equal(send(image->bytes, image->size, NULL, CHUNK, &why), KL_SMP_RC_BAD_STATE);
    assert_int_equal(send(image->bytes, 16, NULL, 0, &why), KL_SMP_RC_DENIED); /* no header */
    assert_int_equal(why, KL_IMAGE_HEADER);
    uint8_t *huge = kl_arena_alloc(arena, SLOT, 1);
    memset(huge, 0, SLOT);
    assert_int_equal(send(huge, SLOT, NULL, 0, &why), KL_SMP_RC_NO_MEMORY);
}

/* A pack whose body is encrypted for a reader, with the hash of the plain one. */
static void encrypt(int version, const struct test_key *reader, struct test_image *image,
                    struct kl_envelope_key *envelope)
{
    enum { MASK = 1, HEADER_BYTES = 32 };
    uint8_t entries[ENTRIES_MAX];
    struct spoil spoil;
    struct kl_diag diag = {0};
    struct test_image_wish wish = wish_for(version, entries, put_entries(entries, &spoil));
    wish.mask = MASK;
    test_image_make(&wish, image);
    for (uint32_t i = 0; i < wish.body_bytes; i++) {
        image->bytes[HEADER_BYTES + i] ^= MASK;
    }
    assert_int_equal(kl_encrypt_new_key(&reader->public_key, envelope, &diag), KL_OK);
    assert_int_equal(kl_encrypt_body(envelope, image->bytes + HEADER_BYTES, wish.body_bytes, &diag),
                     KL_OK);
}

/* It lies in its slot in plain text, and runs there. */
static void test_encrypted(void **state)
{
    static struct test_image image;
    struct kl_envelope_key envelope;
    struct test_key reader;
    int why;
    (void)state;
    test_key_make(11, &reader);
    service.secret = reader.secret;
    encrypt(1, &reader, &image, &envelope);
    upload(image.bytes, image.size, envelope.wrapped);
    assert_int_equal(ask(KL_SMP_MODELS_RUN, 0, &why), 0);
    assert_int_equal(service.running, 0);
    assert_memory_equal(model.data + 32, vector.bytes.data, vector.bytes.size);
    encrypt(2, &reader, &image, &envelope);
    assert_int_equal(send(image.bytes, image.size, NULL, 0, &why), KL_SMP_RC_DENIED);
    assert_int_equal(why, KL_DECRYPT_FORM); /* without its key */
    envelope.wrapped[KL_WRAPPED_KEY_BYTES - 1] ^= 1;
    assert_int_equal(send(image.bytes, image.size, envelope.wrapped, 0, &why), KL_SMP_RC_DENIED);
    assert_int_equal(why, KL_DECRYPT_KEY);
    assert_int_equal(send(image.bytes, image.size, NULL, CHUNK, &why), KL_SMP_RC_BAD_STATE);
    service.secret = NULL;
    assert_int_equal(send(image.bytes, image.size, envelope.wrapped, 0, &why), KL_SMP_RC_DENIED);
    assert_int_equal(why, KL_VERIFY_ENCRYPTED);
    assert_int_equal(service.running, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_after_the_other, set_up),
        cmocka_unit_test_setup(test_resume, set_up),
        cmocka_unit_test_setup(test_refusals, set_up),
        cmocka_unit_test_setup(test_altered, set_up),
        cmocka_unit_test_setup(test_bad_requests, set_up),
        cmocka_unit_test_setup(test_encrypted, set_up),
    };
    return cmocka_run_group_tests(tests, make_pack, free_pack);
}
