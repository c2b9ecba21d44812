/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates/application as a team uses it: a model is trained for it, it is built and released, and
 * boots on an emulated board; it makes events, confirms itself after an update, and reports.
 * application_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_board.h"
#include "kinglet/monitor_group.h"
#include "kinglet/settings.h"
#include "link/image_client.h"
#include "link/smp_client.h"
#include "release/key.h"
#include "telemetry/open.h"

enum { SETTING_KEY = 256, MAIN_LINES = 200, TRIES = 400, LOOK_BYTES = 4096 };
enum { TEXT_BYTES = 1 << 16, CLASSES = 4, ASLEEP_MIN = 300, DAY_BYTES = 400 };

#define VENDOR "01000000-0000-0000-0000-000000000000"
#define PRODUCT "02000000-0000-0000-0000-000000000000"

static struct boot_board world;
static struct kl_diag diag;
static const struct kl_seal_key key = {{3, 1, 4, 1, 5}, "app", 3};

/* A small set of simulated gestures, a network, thresholds, and C code for them. */
static void test_model(void **state)
{
    (void)state;
    assert_int_equal(
        shell("cp -R '" KINGLET_SOURCE_DIR "/templates/application' app && "
              "cc -O2 -o motion '" KINGLET_SOURCE_DIR "/examples/gesture/motion.c' -lm && "
              "mkdir -p rec/train rec/validation rec/test && ./motion rec/train 0 30 6 && "
              "./motion rec/validation 30 36 6 && ./motion rec/test 36 40 4"),
        0);
    assert_int_equal(
        kinglet("data import rec -o data --pattern {split}/{label}_{group}_{} --classes "
                "idle,snake,updown,wave --channel-names x,y,z --source-rate 50"),
        DONE);
    assert_int_equal(kinglet("train cnn-1d --data data --epochs 4 --seed 1 -o model"), DONE);
    assert_int_equal(kinglet("quantise model/model.tflite --data data -o app.tflite"), DONE);
    assert_int_equal(kinglet("threshold app.tflite --data data --background idle --false-alarms "
                             "60/h --hop 50 -o thresholds.json"),
                     DONE);
    assert_int_equal(kinglet("compile app.tflite --board mps2-an386 --no-build --events "
                             "thresholds.json -o app/out"),
                     DONE);
}

static void test_short(void **state)
{
    struct kl_arena *arena = kl_arena_create(1 << 20);
    uint32_t lines = 0;
    (void)state;
    struct kl_bytes file = read_bytes("app/main.c", arena);
    for (size_t i = 0; i < file.size; i++) {
        lines += file.data[i] == '\n';
    }
    assert_true(lines > 0 && lines < MAIN_LINES);
    kl_arena_free(arena);
}

/* Ten times as fast as life: hands that wave, and that rest. */
static void test_build(void **state)
{
    char line[1024];
    (void)state;
    snprintf(line, sizeof line,
             "make -s -C app KINGLET='%s' BOOT='%s/firmware' SPEED=10 RECORDING=\"$(ls "
             "$PWD/rec/test/idle_person36_* $PWD/rec/test/wave_person36_* | tr '\\n' ' ')\" && "
             "cp app/app.elf '%s/firmware/app.elf'",
             KINGLET_SOURCE_DIR, world.folder, world.folder);
    int status = shell(line);
    if (status != 0) {
        fail_msg("%s", text());
    }
}

/* What the factory does: firmware, and the key for telemetry. */
static void program_device(void)
{
    const struct boot_board_release release = {"1.0.0", NULL, 0, NULL};
    struct kl_bytes image = boot_board_release(&world, &release, "firmware.img");
    const struct kl_board_device *d = &world.board->device;
    const struct kl_flash flash = boot_board_flash(&world);
    const struct kl_flash_area area = {
        &flash, 2 * (d->image_bytes + d->model_bytes) + d->security_bytes, d->settings_bytes};
    struct kl_settings settings;
    memcpy(world.flash, image.data, image.size);
    assert_int_equal(kl_settings_open(&settings, &area), KL_SETTINGS_OK);
    assert_int_equal(kl_settings_set(&settings, SETTING_KEY, key.key, sizeof key.key),
                     KL_SETTINGS_OK);
}

/* Read what the application prints until this is among it. */
static void wait_for(struct kl_channel *channel, const char *wanted)
{
    static char seen[TEXT_BYTES];
    size_t have = 0, got;
    seen[0] = '\0';
    while (!strstr(seen, wanted) && have + LOOK_BYTES < sizeof seen) {
        assert_int_equal(kl_channel_read(channel, seen + have, LOOK_BYTES, &got, &diag), KL_OK);
        assert_true(got > 0);
        have += got;
        seen[have] = '\0';
    }
    assert_non_null(strstr(seen, wanted));
}

static void ask(struct kl_channel *channel, enum kl_smp_op op, uint8_t command,
                struct kl_smp_reply *reply)
{
    static const uint8_t empty[] = {0xa0};
    const struct kl_smp_call call = {"monitor", op, KL_SMP_GROUP_MONITOR, command, empty, 1, true};
    enum kl_err err = kl_smp_call(channel, &call, reply, &diag);
    assert_string_equal(diag.message, "");
    assert_int_equal(err, KL_OK);
}

/* Sealed with the key of the factory; and it says what the device did. */
static void check_record(struct kl_channel *channel)
{
    struct kl_smp_reply reply;
    struct kl_monitor said;
    struct kl_sealed sealed;
    const uint8_t *data;
    uint8_t plain[DAY_BYTES];
    uint32_t bytes;
    ask(channel, KL_SMP_WRITE, KL_SMP_MONITOR_CLOSE, &reply);
    assert_true(
        kl_cbor_map_string(reply.body, reply.body_bytes, "data", KL_CBOR_BYTES, &data, &bytes));
    assert_true(bytes <= DAY_BYTES);
    assert_int_equal(kl_sealed_parse(data, bytes, &sealed), KL_SEAL_OK);
    assert_true(sealed.number >> 32 >= 1);
    assert_int_equal(kl_sealed_open(&sealed, key.key, plain), KL_SEAL_OK);
    assert_int_equal(kl_monitor_read(&said, plain, sealed.content_bytes - KL_SEAL_TAG_BYTES),
                     KL_MONITOR_OK);
    assert_true(said.inferences > 1);
    assert_int_equal(said.classes, CLASSES);
    printf("%u inferences in %u s, the longest %u us, %u bytes sealed\n", said.inferences,
           said.seconds, said.latency_max, bytes);
}

/* Most of the time the core sleeps, although everything is ten times as fast. */
static void check_sleep(struct kl_channel *channel)
{
    struct kl_smp_reply reply;
    uint32_t asleep = 0;
    for (int i = 0; i < TRIES && asleep == 0; i++) {
        ask(channel, KL_SMP_READ, KL_SMP_MONITOR_COUNTS, &reply);
        assert_true(kl_cbor_map_uint(reply.body, reply.body_bytes, "asleep", &asleep));
    }
    printf("asleep %u of 1000\n", asleep);
    assert_true(asleep > ASLEEP_MIN && asleep <= 1000);
}

/* The same firmware as an update: on trial until its own self-test has passed. */
static void update(struct kl_channel *channel)
{
    const struct boot_board_release release = {"2.0.0", NULL, 0, NULL};
    const struct kl_upload_progress progress = {NULL, NULL};
    struct kl_device_images images;
    struct kl_bytes image = boot_board_release(&world, &release, "firmware.img");
    assert_int_equal(kl_device_upload(channel, image, &progress, &diag), KL_OK);
    assert_int_equal(kl_device_images(channel, &images, &diag), KL_OK);
    assert_int_equal(images.count, 2);
    assert_int_equal(kl_device_set_image(channel, images.images[1].hash, false, &images, &diag),
                     KL_OK);
    assert_int_equal(kl_device_restart(channel, &diag), KL_OK);
    wait_for(channel, "class 3 begins\n");
    assert_int_equal(kl_device_images(channel, &images, &diag), KL_OK);
    assert_string_equal(images.images[0].version, "2.0.0");
    assert_true(images.images[0].active && images.images[0].confirmed);
}

static void test_device(void **state)
{
    (void)state;
    program_device();
    struct kl_emulator *emulator = boot_board_start(&world, 0, world.arena);
    struct kl_channel *channel = kl_emulator_channel(emulator);
    wait_for(channel, "class 3 begins\n");
    wait_for(channel, "class 3 ends\n");
    check_sleep(channel);
    check_record(channel);
    update(channel);
    assert_int_equal(kl_emulator_stop(emulator, NULL, &diag), KL_OK);
}

static void test_world(void **state)
{
    (void)state;
    assert_true(boot_board_init(&world, "mps2-an386"));
    boot_board_build(&world, NULL, KL_BOOT_WATCHDOG_MS);
    assert_int_equal(kl_key_write_public("key.pub", &world.key.public_key, &diag), KL_OK);
    assert_int_equal(
        kinglet("device boot --board mps2-an386 --vendor %s --product %s", VENDOR, PRODUCT), BAD);
    expect_text("--key F");
    /* The same as the fixture's, so that nothing is built again. */
    assert_int_equal(
        kinglet("device boot --board mps2-an386 --vendor %s --product %s --key key.pub "
                "-o %s --json",
                VENDOR, PRODUCT, world.folder),
        DONE);
}

/* Recordings of the device's sensor are what it measured, without a hole, and become a data set. */
static void test_capture(void **state)
{
    struct kl_arena *arena = kl_arena_create(1 << 20);
    const struct boot_board_release release = {"1.0.0", NULL, 0, NULL};
    struct kl_bytes image = boot_board_release(&world, &release, "firmware.img");
    (void)state;
    assert_non_null(arena);
    write_bytes("firmware.img", image);
    int status = shell("timeout -s INT 60 $K device run --board mps2-an386 --firmware firmware.img "
                       "--key key.pub >run.log 2>&1 & run=$!; "
                       "for i in $(seq 300); do [ -S devices/1/port ] && break; sleep 0.1; done; "
                       "$K device capture --port devices/1/port --label wave --seconds 4 --out cap "
                       "&& $K device capture --port devices/1/port --label idle --seconds 2 "
                       "--out cap; status=$?; kill -INT $run; "
                       "wait $run; $K device capture --port devices/1/port --label late --out cap "
                       "2>late.txt && exit 99; exit $status");
    if (status != 0) {
        fail_msg("%s", text());
    }
    expect_text("wave: 200 frames of 3 channels at 50 Hz in 1 recording, 0 lost");
    assert_int_equal(shell("sed 's/,$//' app/recording.inc >once && cat once once >twice"), 0);
    struct kl_bytes twice = read_bytes("twice", arena), wave = read_bytes("cap/wave/1.csv", arena);
    assert_non_null(memmem(twice.data, twice.size, wave.data, wave.size));
    assert_int_equal(shell("[ $(wc -l <cap/wave/1.csv) = 200 ] && [ -s late.txt ]"), 0);
    assert_int_equal(kinglet("data import cap -o captured --pattern {label}/{} --source-rate 50"),
                     DONE);
    expect_text("2 files read, 0 skipped");
    kl_arena_free(arena);
}

static void test_end(void **state)
{
    (void)state;
    boot_board_free(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world), cmocka_unit_test(test_model),  cmocka_unit_test(test_short),
        cmocka_unit_test(test_build), cmocka_unit_test(test_device), cmocka_unit_test(test_capture),
        cmocka_unit_test(test_end),
    };
    return CLI_MAIN("application", tests);
}
