/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/flash_run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulate/plugin/cut_status.h"

enum kl_err flash_file_check(const struct kl_emulator_options *options, struct kl_diag *diag)
{
    const struct kl_board *board = options->board;
    const struct kl_memory_range *memory = kl_board_flash_memory(board);
    const struct kl_memory_range *flash = &board->device.flash;
    struct stat status;
    if (!board->device.driver || flash->origin < memory->origin ||
        flash->origin - memory->origin > memory->bytes ||
        flash->bytes > memory->bytes - (flash->origin - memory->origin)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "board %s has no flash that its emulator keeps in a file", board->name);
    }
    if (options->regions) {
        return kl_fail(diag, KL_EUSAGE, "a run that keeps its flash cannot be counted");
    }
    if (stat(options->flash_path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return kl_fail(diag, KL_EIO, "%s: not a readable file", options->flash_path);
    }
    if (status.st_size != (off_t)memory->bytes) {
        return kl_fail(diag, KL_ELIMIT, "%s: %lld bytes, but the memory of board %s has %u",
                       options->flash_path, (long long)status.st_size, board->name, memory->bytes);
    }
    return KL_OK;
}

enum kl_err flash_run_open(int *fd, struct kl_diag *diag)
{
    *fd = memfd_create("kinglet-stores", MFD_CLOEXEC);
    if (*fd < 0) {
        return kl_fail(diag, KL_EIO, "cannot share memory for a count: %s", strerror(errno));
    }
    return KL_OK;
}

enum kl_err flash_run_close(int *fd, int status, struct kl_flash_run *run, struct kl_diag *diag)
{
    uint64_t stores = 0;
    ssize_t got = pread(*fd, &stores, sizeof stores, 0);
    close(*fd);
    *fd = -1;
    *run = (struct kl_flash_run){stores, WIFEXITED(status) && WEXITSTATUS(status) == CUT_STATUS};
    /* An emulator that was killed wrote none. */
    if (got != (ssize_t)sizeof stores && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return kl_fail(diag, KL_ETOOL, "the plugin that cuts the power did not count");
    }
    return KL_OK;
}
