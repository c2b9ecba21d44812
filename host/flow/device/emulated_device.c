/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/emulated_device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kinglet/trailer.h"

enum { START_MS = 10000, STEP_MS = 10, PIECE_BYTES = 64 * 1024 };

static enum kl_err lock_flash(struct kl_emulated_device *device, struct kl_diag *diag)
{
    struct stat facts;
    device->lock = open(device->flash, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (device->lock < 0 || fstat(device->lock, &facts)) {
        return kl_fail(diag, KL_EIO, "%s: cannot be opened: %s", device->flash, strerror(errno));
    }
    if (flock(device->lock, LOCK_EX | LOCK_NB)) {
        return kl_fail(diag, KL_EUSAGE, "%s: this device runs already", device->folder);
    }
    device->has_firmware = facts.st_size > 0;
    return KL_OK;
}

enum kl_err kl_emulated_device_open(const struct kl_board *board, const char *folder,
                                    struct kl_arena *arena, struct kl_emulated_device *device,
                                    struct kl_diag *diag)
{
    *device = (struct kl_emulated_device){
        .board = board,
        .folder = folder,
        .flash = kl_arena_printf(arena, "%s/flash.img", folder),
        .port = kl_arena_printf(arena, "%s/port", folder),
        .log = kl_arena_printf(arena, "%s/serial.log", folder),
        .lock = -1,
    };
    if (!board->device.driver) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "%s: its board file does not describe the flash of a device (key 'device', "
                       "docs/spec/board-file.md)",
                       board->name);
    }
    if (!device->flash || !device->port || !device->log) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_dir_create(folder, diag));
    return lock_flash(device, diag);
}

/* The bytes from `at` on; false when they cannot be written. */
static bool put(int fd, off_t at, const unsigned char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = pwrite(fd, data, bytes, at);
        if (done < 0) {
            return false;
        }
        data += done;
        at += done;
        bytes -= (size_t)done;
    }
    return true;
}

/* The flash, all of it erased, in a memory whose rest is a hole. */
static bool put_erased(int fd, off_t at, uint32_t bytes)
{
    unsigned char erased[PIECE_BYTES];
    memset(erased, 0xff, sizeof erased);
    for (uint32_t done = 0; done < bytes; done += (uint32_t)sizeof erased) {
        uint32_t left = bytes - done;
        if (!put(fd, at + done, erased, left < sizeof erased ? left : sizeof erased)) {
            return false;
        }
    }
    return true;
}

enum kl_err kl_emulated_device_program(struct kl_emulated_device *device, struct kl_bytes image,
                                       struct kl_diag *diag)
{
    const struct kl_memory_range *memory = kl_board_flash_memory(device->board);
    const struct kl_board_device *d = &device->board->device;
    const struct kl_flash geometry = {
        .bytes = d->flash.bytes, .sector_bytes = d->sector_bytes, .write_bytes = d->write_bytes};
    const struct kl_flash_area slot = {&geometry, 0, d->image_bytes};
    const uint32_t room = kl_image_room(&slot);
    const off_t flash_at = d->flash.origin - memory->origin;
    if (image.size > room) {
        return kl_fail(diag, KL_ELIMIT,
                       "the firmware has %zu bytes, and the slot of board %s room for %u",
                       image.size, device->board->name, room);
    }
    if (ftruncate(device->lock, memory->bytes) ||
        !put_erased(device->lock, flash_at, d->flash.bytes) ||
        !put(device->lock, flash_at, image.data, image.size)) {
        int error = errno;
        (void)!ftruncate(device->lock, 0); /* not half a flash, next time */
        return kl_fail(diag, KL_EIO, "%s: cannot be written: %s", device->flash, strerror(error));
    }
    device->has_firmware = true;
    return KL_OK;
}

/* A socket that nobody listens on any more is left behind by a run that was killed. */
static enum kl_err check_port(const char *path, struct kl_diag *diag)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s: the path of a socket has at most %zu bytes: choose a shorter --dir",
                       path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_taken = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_taken ? kl_fail(diag, KL_EUSAGE, "%s: another program has this socket", path) : KL_OK;
}

/* Drop what the emulator itself says: true when it has ended. */
static bool has_ended(const struct kl_emulated_device *device)
{
    char dropped[256];
    ssize_t got;
    do {
        got = read(kl_emulator_channel(device->emulator)->read_fd, dropped, sizeof dropped);
    } while (got > 0);
    return got == 0 || (errno != EAGAIN && errno != EINTR);
}

static enum kl_err wait_for_port(struct kl_emulated_device *device, struct kl_diag *diag)
{
    for (int waited = 0; waited < START_MS; waited += STEP_MS) {
        if (access(device->port, F_OK) == 0) {
            return KL_OK;
        }
        if (has_ended(device)) {
            KL_TRY(kl_emulated_device_stop(device, diag));
            return kl_fail(diag, KL_ETOOL, "%s: the emulator ended at once", device->folder);
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    return kl_fail(diag, KL_ETOOL, "%s: the emulator does not make the socket", device->port);
}

enum kl_err kl_emulated_device_start(struct kl_emulated_device *device, const char *boot_elf,
                                     struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_emulator_options options = {.board = device->board,
                                                .elf_path = boot_elf,
                                                .flash_path = device->flash,
                                                .socket_path = device->port,
                                                .log_path = device->log,
                                                .timeout_ms = START_MS};
    KL_TRY(check_port(device->port, diag));
    (void)unlink(device->port);
    KL_TRY(kl_emulator_start(&options, arena, &device->emulator, diag));
    return wait_for_port(device, diag);
}

struct kl_emulated_device *kl_emulated_device_ended(struct kl_emulated_device *devices,
                                                    size_t count, int wait_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (devices[i].emulator && has_ended(&devices[i])) {
            return &devices[i];
        }
    }
    (void)poll(NULL, 0, wait_ms);
    return NULL;
}

enum kl_err kl_emulated_device_stop(struct kl_emulated_device *device, struct kl_diag *diag)
{
    struct kl_emulator *emulator = device->emulator;
    device->emulator = NULL;
    (void)unlink(device->port);
    return kl_emulator_stop(emulator, NULL, diag);
}

void kl_emulated_device_close(struct kl_emulated_device *device)
{
    struct kl_diag ignored = {0};
    if (device->emulator) {
        (void)kl_emulated_device_stop(device, &ignored);
    }
    if (device->lock >= 0) {
        (void)close(device->lock);
    }
    device->lock = -1;
}
