/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new model without new firmware, on an emulated board: one firmware with an engine and no model,
 * and packs that come one after the other over its serial line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "boot_board.h"
#include "flow/pack_engine.h"
#include "flow/pack_file.h"
#include "kinglet/models_group.h"
#include "link/models_client.h"
#include "pack_cases.h"
#include "release/image_file.h"

enum { WATCHDOG_MS = 20000, PACKS = 2, CASES_BETWEEN = 7 };

static struct kl_diag diag;
static struct boot_board world;
static struct pack_case packs[PACKS];
static const char *paths[PACKS];

/* The first case of a family, and one a few further on. */
static void take_case(void *context, const struct kt_case *c)
{
    int *number = context;
    int k = *number == 0 ? 0 : *number == CASES_BETWEEN ? 1 : -1;
    if (k >= 0) {
        pack_case_make(&packs[k], c, KL_KERNELS_PORTABLE);
    }
    ++*number;
}

static int set_up(void **state)
{
    static const struct kt_family family = {"dense", kt_generate_fully_connected};
    int number = 0;
    (void)state;
    if (!boot_board_init(&world, "mps2-an386")) {
        return -1;
    }
    kt_family_each(&family, take_case, &number);
    for (int i = 0; i < PACKS; i++) {
        paths[i] = boot_board_path(&world, i == 0 ? "one.klm" : "two.klm");
        if (kl_file_write(paths[i], packs[i].pack, packs[i].bytes, &diag) != KL_OK) {
            return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < PACKS; i++) {
        pack_case_free(&packs[i]);
    }
    boot_board_free(&world);
    return 0;
}

static const struct kl_pack *header(int number)
{
    return (const struct kl_pack *)(const void *)packs[number].pack;
}

/* The kernels that both packs need, and an arena for either. */
static void write_engine(const char *path)
{
    bool kernels[KL_KERNEL_COUNT], more[KL_KERNEL_COUNT];
    struct kl_buffer text = KL_BUFFER(1 << 16);
    uint32_t arena = header(0)->arena_bytes;
    arena = header(1)->arena_bytes > arena ? header(1)->arena_bytes : arena;
    kl_pack_kernels(header(0), kernels);
    kl_pack_kernels(header(1), more);
    kl_buffer_printf(&text, "#include \"kinglet/model.h\"\n#include \"kinglet/pack.h\"\n"
                            "static const struct kl_engine_kernel *const kernels[KL_KERNEL_COUNT] "
                            "= {\n");
    for (int k = 0; k < KL_KERNEL_COUNT; k++) {
        if (kernels[k] || more[k]) {
            const char *id = kl_kernel_id_name((enum kl_kernel_id)k);
            kl_buffer_printf(&text, "[KL_KERNEL_%s] = &kl_engine_kernel_%s,\n", id, id);
        }
    }
    kl_buffer_printf(&text,
                     "};\nconst struct kl_engine kl_engine = {KL_ENGINE_MAGIC, KL_ENGINE_ABI, "
                     "KL_KERNEL_COUNT, %u, kernels};\n"
                     "_Alignas(KL_ARENA_ALIGN) unsigned char app_arena[%u];\n",
                     arena, arena);
    assert_int_equal(kl_file_write(path, text.data, text.size, &diag), KL_OK);
    kl_buffer_free(&text);
}

static void make_firmware(void)
{
    const char *engine = boot_board_path(&world, "firmware/engine.c");
    write_engine(engine);
    boot_board_make_firmware(
        &world, kl_arena_printf(world.arena,
                                "'%s/tests/unit/models_app.c' '%s/device/agent/models/'*.c "
                                "$(find '%s/device/nn' -name '*.c') engine.c -lm",
                                KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR, KINGLET_SOURCE_DIR));
}

/* A signed pack of a release, ready to be sent. */
static struct kl_model_upload release_pack(const char *version, int number)
{
    const struct boot_board_release release = {version, &paths[number], 1, NULL};
    const char *name =
        header(number)->name ? (const char *)header(number) + header(number)->name : "model";
    struct kl_model_upload upload = {
        .file = boot_board_release(&world, &release,
                                   kl_arena_printf(world.arena, "models/%s.img", name))};
    struct kl_image_file file;
    struct kl_tlv tlv;
    assert_int_equal(kl_image_file_open(upload.file, "pack", &file, &diag), KL_OK);
    assert_int_equal(kl_image_find(&file.image, KL_TLV_SHA256, false, &tlv), KL_IMAGE_OK);
    memcpy(upload.hash, upload.file.data + tlv.offset, sizeof upload.hash);
    return upload;
}

/* Which slot runs, and what version; -1: none. */
static int running(const struct kl_device_models *models, const char *version)
{
    for (uint32_t i = 0; i < models->count; i++) {
        if (models->models[i].active) {
            assert_string_equal(models->models[i].version, version);
            assert_string_equal(models->models[i].test, "passed");
            return (int)models->models[i].slot;
        }
    }
    return -1;
}

static void send(struct kl_channel *channel, const struct kl_model_upload *upload,
                 struct kl_device_models *models)
{
    enum kl_err err = kl_device_send_model(channel, upload, NULL, models, &diag);
    assert_string_equal(diag.message, "");
    assert_int_equal(err, KL_OK);
}

static void test_models(void **state)
{
    struct kl_device_models models;
    const struct boot_board_release firmware = {"1.0.0", NULL, 0, NULL};
    (void)state;
    boot_board_build(&world, NULL, WATCHDOG_MS);
    make_firmware();
    struct kl_bytes image = boot_board_release(&world, &firmware, "firmware.img");
    struct kl_model_upload one = release_pack("1.0.0", 0), two = release_pack("2.0.0", 1);
    memcpy(world.flash, image.data, image.size);
    struct kl_emulator *emulator = boot_board_start(&world, 0, world.arena);
    struct kl_channel *channel = kl_emulator_channel(emulator);
    assert_int_equal(kl_device_models(channel, &models, &diag), KL_OK);
    assert_int_equal(models.count, 2);
    assert_int_equal(running(&models, ""), -1);
    send(channel, &one, &models);
    assert_int_equal(running(&models, "1.0.0"), 0);
    send(channel, &two, &models);
    assert_int_equal(running(&models, "2.0.0"), 1);
    assert_int_equal(kl_device_send_model(channel, &one, NULL, &models, &diag), KL_ECHECK);
    assert_int_equal(models.refusal, KL_MODELS_OLDER);
    diag = (struct kl_diag){0};
    assert_int_equal(kl_device_restart(channel, &diag), KL_OK);
    assert_int_equal(kl_device_models(channel, &models, &diag), KL_OK);
    assert_int_equal(running(&models, "2.0.0"), 1);
    assert_int_equal(kl_device_fail_model(channel, two.hash, &models, &diag), KL_OK);
    assert_int_equal(running(&models, "1.0.0"), 0);
    assert_int_equal(kl_device_restart(channel, &diag), KL_OK);
    assert_int_equal(kl_device_models(channel, &models, &diag), KL_OK);
    assert_int_equal(running(&models, "1.0.0"), 0);
    assert_int_equal(kl_emulator_stop(emulator, NULL, &diag), KL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_models)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
