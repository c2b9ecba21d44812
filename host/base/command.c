/* SPDX-License-Identifier: Apache-2.0 */
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/command_internal.h"

extern char **environ;

/* Does an entry of an environment have the name of `other`, which is NAME=VALUE or NAME=? */
static bool same_name(const char *entry, const char *other)
{
    return strncmp(entry, other, strcspn(other, "=") + 1) == 0;
}

/* Is it a variable by which an outer make would change what an inner one does, or by which
 * messages would come in another language? */
static bool is_foreign(const char *variable)
{
    static const char *const names[] = {
        "MAKEFLAGS=", "MFLAGS=",        "GNUMAKEFLAGS=", "MAKELEVEL=",
        "LC_ALL=",    "MAKEOVERRIDES=", "LANGUAGE="};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (same_name(variable, names[i])) {
            return true;
        }
    }
    return false;
}

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;
    while (texts && texts[count]) {
        count++;
    }
    return count;
}

/* Put a variable in the place of the one of the same name, or at the end. */
static size_t set_variable(char **variables, size_t count, const char *variable)
{
    size_t at = 0;
    while (at < count && !same_name(variables[at], variable)) {
        at++;
    }
    memcpy(&variables[at], &variable, sizeof variable); /* exec does not write through it */
    return at == count ? count + 1 : count;
}

char **kl_command_environment(const char *locale, const char *const *extra)
{
    size_t ours = count_texts((const char *const *)environ);
    size_t extras = count_texts(extra);
    size_t count = 0;
    char **variables = calloc(ours + extras + 2, sizeof *variables);
    for (size_t i = 0; variables && i < ours; i++) {
        if (!is_foreign(environ[i])) {
            variables[count++] = environ[i];
        }
    }
    if (variables) {
        count = set_variable(variables, count, locale);
        for (size_t i = 0; i < extras; i++) {
            count = set_variable(variables, count, extra[i]);
        }
    }
    return variables;
}

enum { MAX_ARGUMENTS = 63 };

/* Signals that this program ignores end a child as usual. */
static void default_signals(posix_spawnattr_t *attributes)
{
    sigset_t ignored;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawnattr_setsigdefault(attributes, &ignored);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

static int spawn_with(char *const *arguments, int output_fd, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
    posix_spawn_file_actions_adddup2(&actions, output_fd, 2);
    default_signals(&attributes);
    char **environment = kl_command_environment("LC_ALL=C", NULL);
    int error = environment ? posix_spawnp(child, arguments[0], &actions, &attributes, arguments,
                                           environment)
                            : ENOMEM;
    free(environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static enum kl_err spawn(const char *const *argv, int output_fd, pid_t *child, struct kl_diag *diag)
{
    char *arguments[MAX_ARGUMENTS + 1] = {NULL};
    for (int i = 0; argv[i]; i++) {
        if (i == MAX_ARGUMENTS) {
            return kl_fail(diag, KL_ELIMIT, "%s: more than %d arguments", argv[0], MAX_ARGUMENTS);
        }
        /* posix_spawn takes char *const[] but does not write through it. */
        memcpy(&arguments[i], &argv[i], sizeof arguments[i]);
    }
    int error = spawn_with(arguments, output_fd, child);
    if (error) {
        return kl_fail(diag, KL_ETOOL, "cannot run %s: %s", argv[0], strerror(error));
    }
    return KL_OK;
}

static void drain(int fd, struct kl_buffer *output)
{
    char chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return;
        }
        kl_buffer_append(output, chunk, (size_t)n);
    }
}

enum kl_err kl_command_run(const char *const *argv, struct kl_buffer *output, int *status,
                           struct kl_diag *diag)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return kl_fail(diag, KL_EIO, "cannot make a pipe: %s", strerror(errno));
    }
    pid_t child;
    enum kl_err err = spawn(argv, fds[1], &child, diag);
    close(fds[1]);
    if (err == KL_OK) {
        int raw = 0;
        drain(fds[0], output);
        while (waitpid(child, &raw, 0) < 0 && errno == EINTR) {
        }
        *status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    }
    close(fds[0]);
    return err;
}

bool kl_command_exists(const char *program)
{
    const char *path = getenv("PATH");
    if (strchr(program, '/')) {
        return access(program, X_OK) == 0;
    }
    while (path && *path) {
        size_t length = strcspn(path, ":");
        char candidate[4096];
        int n = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, path, program);
        if (n > 0 && (size_t)n < sizeof candidate && access(candidate, X_OK) == 0) {
            return true;
        }
        path += length + (path[length] == ':' ? 1 : 0);
    }
    return false;
}

static bool is_safe_word(const char *word)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-./=:,@%+";
    return word[0] && word[strspn(word, letters)] == '\0';
}

const char *kl_shell_word(struct kl_arena *arena, const char *word)
{
    size_t length = strlen(word);
    char *text = is_safe_word(word) ? NULL : kl_arena_alloc(arena, length * 4 + 3, 1);
    if (!text) {
        return is_safe_word(word) ? word : NULL;
    }
    size_t at = 0;
    text[at++] = '\'';
    for (size_t i = 0; i < length; i++) {
        const char *piece = word[i] == '\'' ? "'\\''" : NULL;
        size_t bytes = piece ? strlen(piece) : 1;
        memcpy(text + at, piece ? piece : word + i, bytes);
        at += bytes;
    }
    memcpy(text + at, "'", 2);
    return text;
}
