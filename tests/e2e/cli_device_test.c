/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `kinglet device` against a real agent and boot over a modelled flash, in a process behind a unix
 * socket or a pseudo-terminal. cli_device_test KINGLET
 */
#include "cli_driver.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "device_server.h"

static struct device_server server;
static pid_t child;

/* A device behind the socket "port". */
static void start_device(enum device_behaviour behaviour)
{
    int listener = device_listen("port");
    device_server_init(&server, behaviour);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        device_serve_clients(&server, listener);
    }
    (void)close(listener);
}

static void stop_device(void)
{
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

static void write_image(const char *path, const struct test_image *image)
{
    write_bytes(path, (struct kl_bytes){(unsigned char *)image->bytes, image->size});
}

static void test_update(void **state)
{
    (void)state;
    start_device(DEVICE_IS_GOOD);
    write_image("two.img", world_image(2));
    assert_int_equal(kinglet("device info --port port"), DONE);
    expect_text("1.0.0");
    expect_text("runs, confirmed");
    assert_int_equal(kinglet("device update two.img --port port"), DONE);
    expect_text("asked for, on trial");
    assert_int_equal(kinglet("device info --port port"), DONE);
    expect_text("2.0.0");
    expect_text("runs, on trial");
    assert_int_equal(kinglet("device confirm --port port"), DONE);
    expect_text("runs, confirmed");
    assert_int_equal(kinglet("device reset --port port"), DONE);
    assert_int_equal(kinglet("device info --port port --json"), DONE);
    json_t *info = result_of("device info");
    const json_t *first = json_array_get(json_object_get(info, "images"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "version")), "2.0.0");
    assert_true(json_is_true(json_object_get(first, "confirmed")));
    json_decref(info);
    stop_device();
}

static void write_model(const char *path, int version, const struct kl_device_class *device)
{
    static struct test_image image;
    const struct test_image_wish wish = {.kind = KL_IMAGE_MODEL,
                                         .version = {(uint8_t)version, 0, 0, 0},
                                         .body_bytes = 700,
                                         .device = device,
                                         .key = world_key()};
    test_image_make(&wish, &image);
    write_image(path, &image);
}

static void test_models(void **state)
{
    (void)state;
    start_device(DEVICE_IS_GOOD);
    assert_int_equal(kinglet("device model --port port"), DONE);
    expect_text("slot 0  empty");
    expect_text("slot 1  empty");
    write_model("one.img", 1, &world_device);
    assert_int_equal(kinglet("device model one.img --port port"), DONE);
    expect_text("self-test passed, runs");
    write_model("two.img", 2, &world_device);
    assert_int_equal(kinglet("device model two.img --port port"), DONE);
    assert_int_equal(kinglet("device model one.img --port port"), FAILED);
    expect_text("KL_MODELS_OLDER");
    assert_int_equal(kinglet("device model --port port"), DONE);
    expect_text("1.0.0"); /* it lies in the other slot */
    stop_device();
}

/* A pack that is not for the device, or fails its self-test there; the one before runs on. */
static void test_bad_models(void **state)
{
    struct kl_device_class other = world_device;
    (void)state;
    memcpy(other.board, "other", sizeof "other");
    start_device(DEVICE_IS_GOOD);
    write_model("one.img", 1, &world_device);
    assert_int_equal(kinglet("device model one.img --port port"), DONE);
    write_model("other.img", 2, &other);
    assert_int_equal(kinglet("device model other.img --port port"), FAILED);
    expect_text("KL_VERIFY_BOARD");
    write_model("bad.img", DEVICE_BAD_MODEL, &world_device);
    assert_int_equal(kinglet("device model bad.img --port port"), FAILED);
    expect_text("KL_MODEL_RUNNER_RESULT");
    write_image("firmware.img", world_image(2));
    assert_int_equal(kinglet("device model firmware.img --port port"), FAILED);
    expect_text("KL_VERIFY_KIND");
    write_model("two.img", 2, &world_device);
    assert_int_equal(kinglet("device model two.img --port port --json"), DONE);
    json_t *result = result_of("device model");
    const json_t *second = json_array_get(json_object_get(result, "models"), 1);
    assert_true(json_is_true(json_object_get(second, "active")));
    json_decref(result);
    assert_int_equal(kinglet("device model --back --port port"), DONE);
    expect_text("self-test failed");
    assert_int_equal(kinglet("device model two.img --back --port port"), BAD);
    stop_device();
}

static void test_log(void **state)
{
    (void)state;
    start_device(DEVICE_IS_GOOD);
    for (int i = 0; i < 30; i++) { /* more than one answer has room for */
        assert_int_equal(kinglet("device reset --port port"), DONE);
    }
    assert_int_equal(kinglet("device log --port port"), DONE);
    expect_text("started: by power");
    expect_text("start 30, 0 s  started: by a command");
    assert_int_equal(kinglet("device log --port port --json"), DONE);
    json_t *result = result_of("device log");
    assert_int_equal(json_array_size(json_object_get(result, "records")), 31);
    json_decref(result);
    stop_device();
}

/* Without a confirmation the old firmware comes back by itself. */
static void test_returns(void **state)
{
    (void)state;
    start_device(DEVICE_IS_GOOD);
    write_image("two.img", world_image(2));
    assert_int_equal(kinglet("device update two.img --port port"), DONE);
    for (int i = 0; i < KL_BOOT_TRIES; i++) {
        assert_int_equal(kinglet("device reset --port port"), DONE);
    }
    assert_int_equal(kinglet("device info --port port"), DONE);
    expect_text("1.0.0");
    expect_text("runs, confirmed");
    stop_device();
}

static void test_refused(void **state)
{
    static struct test_image bad;
    (void)state;
    start_device(DEVICE_IS_GOOD);
    bad = *world_image(2);
    bad.bytes[200] ^= 1;
    write_image("bad.img", &bad);
    assert_int_equal(kinglet("device update bad.img --port port"), FAILED);
    expect_text("KL_VERIFY_HASH");
    write_words("words", "no image at all");
    assert_int_equal(kinglet("device update words --port port"), BAD);
    assert_int_equal(kinglet("device update none --port port"), BAD);
    assert_int_equal(kinglet("device info"), BAD);
    expect_text("--port");
    assert_int_equal(kinglet("device info --port none"), BAD);
    assert_int_equal(kinglet("device info --port words"), BAD);
    expect_text("neither a serial port nor a socket");
    stop_device();
}

static void test_unplugged(void **state)
{
    (void)state;
    start_device(DEVICE_DIES_IN_UPLOAD);
    write_image("two.img", world_image(2));
    assert_int_equal(kinglet("device update two.img --port port"), BAD);
    expect_text("closed the channel");
    stop_device();
}

static void test_nonsense(void **state)
{
    (void)state;
    start_device(DEVICE_TALKS_NONSENSE);
    assert_int_equal(kinglet("device info --port port"), BAD);
    expect_text("not one CBOR map");
    stop_device();
}

/* The same over a terminal, as a serial port is one. */
static void test_terminal(void **state)
{
    struct termios settings;
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    const char *name = ptsname(master);
    int slave = open(name, O_RDWR | O_NOCTTY); /* keeps it open between two commands */
    assert_int_equal(tcgetattr(slave, &settings), 0);
    cfmakeraw(&settings);
    assert_int_equal(tcsetattr(slave, TCSANOW, &settings), 0);
    device_server_init(&server, DEVICE_IS_GOOD);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        device_serve(&server, master);
        _exit(0);
    }
    write_image("two.img", world_image(2));
    assert_int_equal(kinglet("device update two.img --permanent --port %s", name), DONE);
    assert_int_equal(kinglet("device info --port %s", name), DONE);
    expect_text("2.0.0");
    expect_text("runs, confirmed");
    stop_device();
    (void)close(slave);
    (void)close(master);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update),   cmocka_unit_test(test_returns),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_unplugged),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_models),   cmocka_unit_test(test_bad_models),
        cmocka_unit_test(test_log),
    };
    return CLI_MAIN("cli-device", tests);
}
