/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `kinglet device run`: emulated devices behind sockets that keep their flash from run to run, and
 * are updated there. cli_device_run_test KINGLET
 */
#include "cli_driver.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "boot_board.h"
#include "release/key.h"

enum { PATIENCE_MS = 20000, STEP_MS = 20, WATCHDOG_MS = 10000 };

static struct boot_board world;

/* The managed firmware as releases 1.0.0 and 2.0.0: one.img and two.img. */
static void make_images(void)
{
    struct kl_diag diag = {0};
    struct kl_key key = {.public_key = world.key.public_key, .has_secret = true};
    memcpy(key.secret, world.key.secret, sizeof key.secret);
    assert_int_equal(kl_key_write_private("key.pem", &key, NULL, &diag), KL_OK);
    assert_int_equal(kl_key_write_public("key.pub", &key.public_key, &diag), KL_OK);
    for (int version = 1; version <= 2; version++) {
        assert_int_equal(
            kinglet("release build --version %d.0.0 --vendor 01000000-0000-0000-0000-000000000000 "
                    "--product 02000000-0000-0000-0000-000000000000 --name app --board %s "
                    "--security-counter 1 --made 2026-12-01 --key key.pem --firmware "
                    "%s/firmware/app.elf -o app-%d.tar",
                    version, world.board->name, world.folder, version),
            DONE);
    }
    assert_int_equal(shell("tar xf app-1.tar firmware.img && mv firmware.img one.img && "
                           "tar xf app-2.tar firmware.img && mv firmware.img two.img"),
                     0);
}

/* Does the file have this text within a while? */
static void wait_for_text(const char *path, const char *wanted)
{
    static char content[4096];
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        FILE *file = fopen(path, "r");
        size_t size = file ? fread(content, 1, sizeof content - 1, file) : 0;
        content[size] = '\0';
        if (file) {
            fclose(file);
        }
        if (strstr(content, wanted)) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    fail_msg("%s: has no '%s', but: %s", path, wanted, content);
}

/* Start `kinglet device run WORDS` in a process group of its own, as a terminal does; what it
 * prints goes to the file "log". Returns once all devices are there. */
static pid_t start_devices(const char *words)
{
    char line[256];
    snprintf(line, sizeof line, "exec '%s' device run %s", program, words);
    (void)unlink("log");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setpgid(0, 0);
        signal(SIGINT, SIG_DFL);
        int log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
            _exit(99);
        }
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(99);
    }
    wait_for_text("log", "Ctrl-C ends");
    return pid;
}

static int end_devices(pid_t pid)
{
    int status;
    assert_int_equal(kill(-pid, SIGINT), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_run(void **state)
{
    (void)state;
    pid_t pid = start_devices("--board mps2-an386 -n 3 --firmware one.img --key key.pub");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(kinglet("device info --port devices/%d/port", i), DONE);
        expect_text("1.0.0");
        expect_text("runs, confirmed");
    }
    assert_int_equal(kinglet("device update two.img --port devices/2/port"), DONE);
    assert_int_equal(kinglet("device info --port devices/2/port"), DONE);
    expect_text("runs, on trial");
    assert_int_equal(kinglet("device confirm --port devices/2/port"), DONE);
    assert_int_equal(kinglet("device run --board mps2-an386 -n 2"), BAD);
    expect_text("devices/1: this device runs already");
    assert_int_equal(end_devices(pid), DONE);
    assert_int_not_equal(access("devices/1/port", F_OK), 0);

    pid = start_devices("--board mps2-an386 -n 2"); /* with the flash as it was */
    assert_int_equal(kinglet("device info --port devices/1/port"), DONE);
    expect_text("1.0.0");
    assert_int_equal(kinglet("device info --port devices/2/port"), DONE);
    expect_text("2.0.0");
    expect_text("runs, confirmed");
    assert_int_equal(end_devices(pid), DONE);
}

/* The firmware is damaged in the flash: the bootloader reports that, and nothing runs any more. */
static void test_ends(void **state)
{
    (void)state;
    assert_int_equal(shell("cp -r devices damaged && printf x | "
                           "dd of=damaged/1/flash.img bs=1 seek=5000 conv=notrunc status=none"),
                     0);
    assert_int_equal(kinglet("device run --board mps2-an386 --dir damaged"), FAILED);
    expect_text("damaged/1: ended by itself: the firmware took a fault");
    expect_text("no device runs any more");
    wait_for_text("damaged/1/serial.log", "kinglet fault: boot=");
}

static void test_refused(void **state)
{
    (void)state;
    static const char run[] = "device run --board mps2-an386 --dir other";
    assert_int_equal(kinglet("device run"), BAD);
    expect_text("--board");
    assert_int_equal(kinglet("device run --board microbit"), BAD);
    expect_text("microbit");
    assert_int_equal(kinglet("%s -n 101", run), BAD);
    expect_text("1 to 100");
    assert_int_equal(kinglet("%s", run), BAD);
    expect_text("other/1: this device is new: give --firmware");
    assert_int_equal(kinglet("%s --firmware one.img", run), BAD);
    expect_text("whom does the bootloader trust?");
    assert_int_equal(kinglet("%s --key key.pub", run), BAD);
    expect_text("missing: --firmware");
    assert_int_equal(kinglet("%s --firmware none.img --key key.pub", run), BAD);
    expect_text("none.img");
    assert_int_equal(kinglet("%s --firmware key.pub --key key.pub", run), BAD);
    expect_text("key.pub");
    assert_int_equal(shell("cp one.img bad.img && printf x | "
                           "dd of=bad.img bs=1 seek=5000 conv=notrunc status=none"),
                     0);
    assert_int_equal(kinglet("%s --firmware bad.img --key key.pub", run), FAILED);
    expect_text("KL_VERIFY_HASH");
    assert_int_equal(kinglet("%s --firmware one.img --bootloader none.elf", run), BAD);
    expect_text("none.elf: there is no bootloader");
    assert_int_equal(shell("mkdir empty && PATH=$PWD/empty $K device run --board mps2-an386"), BAD);
    expect_text("qemu-system-arm: no such program is installed");
    assert_int_equal(shell("printf '' > words && $K device run --board mps2-an386 --dir words"),
                     BAD);
    expect_text("words");
}

/* Another program listens where the port is to be. */
static void test_socket_in_use(void **state)
{
    (void)state;
    pid_t pid = start_devices("--board mps2-an386");
    assert_int_equal(shell("mkdir -p second/1 && cp devices/2/flash.img second/1 && "
                           "ln -s ../../devices/1/port second/1/port"),
                     0);
    assert_int_equal(kinglet("device run --board mps2-an386 --dir second --bootloader "
                             "devices/boot/firmware/boot.elf"),
                     BAD);
    expect_text("second/1/port: another program has this socket");
    assert_int_equal(end_devices(pid), DONE);
}

static void test_world(void **state)
{
    (void)state;
    assert_true(boot_board_init(&world, "mps2-an386"));
    boot_board_build(&world, NULL, WATCHDOG_MS);
    boot_board_make_managed(&world);
    make_images();
    boot_board_free(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world),         cmocka_unit_test(test_run),
        cmocka_unit_test(test_ends),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_socket_in_use),
    };
    return CLI_MAIN("cli-device-run", tests);
}
