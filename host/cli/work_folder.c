/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/work_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_all(const char *folder)
{
    enum { OPEN_FOLDERS = 16 };
    nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* Compilers may outlive the program that started them and still write for a moment. */
static void remove_persistently(const char *folder)
{
    enum { TRIES = 100 };
    const struct timespec pause = {.tv_nsec = 100000000};
    for (int i = 0; i < TRIES && access(folder, F_OK) == 0; i++) {
        remove_all(folder);
        if (access(folder, F_OK) == 0) {
            nanosleep(&pause, NULL);
        }
    }
}

/* A small process that outlives this one: the pipe ends when all its writers are gone. What
 * interrupts the program must not interrupt its guard, so that gets a session of its own. */
static _Noreturn void guard(const char *folder, int fd)
{
    char byte;
    ssize_t n;
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    int nowhere = open("/dev/null", O_RDWR);
    for (int i = 0; nowhere >= 0 && i <= STDERR_FILENO; i++) {
        dup2(nowhere, i);
    }
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    remove_persistently(folder);
    _exit(0);
}

/* Without a guard all works; only an interruption would leave the folder behind. */
static void start_guard(struct kl_work_folder *work)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[1]);
        guard(work->made, fds[0]);
    }
    close(fds[0]);
    if (pid < 0) {
        close(fds[1]);
        return;
    }
    work->guard = pid;
    work->guard_fd = fds[1];
}

/* Two builds in one folder would mix their files: the second waits for the first. The lock goes
 * with the process. */
static enum kl_err lock_folder(const char *folder, struct kl_diag *diag)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return kl_fail(diag, KL_EIO, "%s: cannot lock the folder: %s", folder, strerror(error));
    }
    return KL_OK;
}

enum kl_err kl_work_folder_open(struct kl_work_folder *work, const char *folder,
                                struct kl_diag *diag)
{
    *work = (struct kl_work_folder){.path = folder};
    if (folder) {
        KL_TRY(kl_dir_create(folder, diag));
        return lock_folder(folder, diag);
    }
    const char *parent = getenv("TMPDIR");
    int length = snprintf(work->made, sizeof work->made, "%s/kinglet-XXXXXX",
                          parent && *parent ? parent : "/tmp");
    bool fits = length > 0 && (size_t)length < sizeof work->made;
    if (!fits || !mkdtemp(work->made)) {
        work->made[0] = '\0';
        return kl_fail(diag, KL_EIO, "cannot create a temporary folder: %s",
                       fits ? strerror(errno) : "TMPDIR is too long");
    }
    work->path = work->made;
    start_guard(work);
    return KL_OK;
}

void kl_work_folder_close(struct kl_work_folder *work)
{
    if (!work->made[0]) {
        return;
    }
    remove_all(work->made);
    work->made[0] = '\0';
    if (work->guard > 0) {
        close(work->guard_fd);
        while (waitpid(work->guard, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

const char *kl_cache_folder(struct kl_arena *arena)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (cache && cache[0] == '/') {
        return kl_arena_printf(arena, "%s/kinglet/cores", cache);
    }
    return home && home[0] == '/' ? kl_arena_printf(arena, "%s/.cache/kinglet/cores", home) : NULL;
}
