/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/emulator.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulate/counts.h"
#include "emulate/flash_run.h"
#include "emulate/plugin_path.h"
#include "emulate/process.h"
#include "kinglet/port.h"

enum { TEST_FINISHER = 0x00100000 }; /* QEMU's hw/riscv/virt.c */
enum { MAX_ARGUMENTS = 64, GRACE_MS = 3000, OUTPUT_BYTES = 600 };

struct kl_emulator {
    struct kl_process process;
    struct kl_channel channel;
    struct kl_counts counts;
    int flash_fd; /* where the plugin writes how many stores there were, or -1 */
    struct kl_flash_run flash_run;
    const char *program;
};

/* The command line under construction. `full` stays true once something did not fit. */
struct command {
    const char *arguments[MAX_ARGUMENTS + 1];
    size_t count;
    bool full;
};

static void add(struct command *command, const char *argument)
{
    if (!argument || command->count == MAX_ARGUMENTS) {
        command->full = true;
        return;
    }
    command->arguments[command->count++] = argument;
}

static void add_option(struct command *command, const char *option, const char *value)
{
    add(command, option);
    add(command, value);
}

/* A path as part of a QEMU option, where a comma is written twice. NULL when memory is short. */
static const char *escape_commas(struct kl_arena *arena, const char *path)
{
    char *escaped = kl_arena_alloc(arena, 2 * strlen(path) + 1, 1);
    for (char *out = escaped; escaped && *path; path++) {
        *out++ = *path;
        if (*path == ',') {
            *out++ = ',';
        }
    }
    return escaped;
}

static enum kl_err add_preload(const struct kl_emulator_options *options, struct kl_arena *arena,
                               struct command *command, struct kl_diag *diag)
{
    const struct kl_memory_range *mailbox = &options->board->emulation.mailbox;
    struct stat status;
    if (stat(options->preload_path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return kl_fail(diag, KL_EIO, "%s: not a readable file", options->preload_path);
    }
    if (status.st_size > (off_t)mailbox->bytes) {
        return kl_fail(diag, KL_ELIMIT, "%s: %lld bytes, but board %s preloads at most %u",
                       options->preload_path, (long long)status.st_size, options->board->name,
                       mailbox->bytes);
    }
    const char *path = escape_commas(arena, options->preload_path);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    add_option(
        command, "-device",
        kl_arena_printf(arena, "loader,file=%s,addr=0x%x,force-raw=on", path, mailbox->origin));
    return KL_OK;
}

/* A plugin's path as part of a QEMU option. */
static enum kl_err find_plugin(const char *name, struct kl_arena *arena, const char **path,
                               struct kl_diag *diag)
{
    KL_TRY(kl_plugin_path(name, arena, path, diag));
    *path = escape_commas(arena, *path);
    return *path ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err add_counting(const struct kl_emulator_options *options, struct kl_arena *arena,
                                struct kl_counts *counts, struct command *command,
                                struct kl_diag *diag)
{
    const char *path;
    KL_TRY(find_plugin(KL_PLUGIN_COUNT, arena, &path, diag));
    KL_TRY(kl_counts_create(options->regions, options->region_count, arena, counts, diag));
    add_option(command, "-plugin",
               kl_arena_printf(arena, "file=%s,core=%s,counts=%d", path, options->board->core,
                               counts->fd));
    return KL_OK;
}

/* Translated code of parallel flash is forgotten when the machine is reset: by its test finisher,
 * as all machines with such flash have it. */
static enum kl_err add_renewal(struct kl_arena *arena, struct command *command,
                               struct kl_diag *diag)
{
    const char *plugin;
    KL_TRY(find_plugin(KL_PLUGIN_RENEW, arena, &plugin, diag));
    add_option(command, "-plugin",
               kl_arena_printf(arena, "file=%s,reset=0x%x", plugin, TEST_FINISHER));
    return KL_OK;
}

/* The memory that holds the flash is a file: the machine's parallel flash, or its RAM. */
static enum kl_err add_flash(const struct kl_emulator_options *options, struct kl_arena *arena,
                             struct command *command, struct kl_diag *diag)
{
    KL_TRY(flash_file_check(options, diag));
    const char *file = escape_commas(arena, options->flash_path);
    if (!file) {
        return KL_FAIL_MEMORY(diag);
    }
    if (options->board->emulation.pflash.bytes > 0) {
        add_option(command, "-drive",
                   kl_arena_printf(arena, "if=pflash,unit=1,format=raw,file=%s", file));
        return add_renewal(arena, command, diag);
    }
    add_option(command, "-object",
               kl_arena_printf(arena, "memory-backend-file,id=flash,share=on,mem-path=%s,size=%u",
                               file, options->board->emulation.mailbox.bytes));
    return KL_OK;
}

/* The plugin watches the flash. */
static enum kl_err add_cut(const struct kl_emulator_options *options, struct kl_arena *arena,
                           int *count_fd, struct command *command, struct kl_diag *diag)
{
    const struct kl_memory_range *flash = &options->board->device.flash;
    const char *plugin;
    KL_TRY(find_plugin(KL_PLUGIN_CUT, arena, &plugin, diag));
    KL_TRY(flash_run_open(count_fd, diag));
    add_option(command, "-plugin",
               kl_arena_printf(arena, "file=%s,first=0x%x,bytes=%u,at=%llu,count=%d", plugin,
                               flash->origin, flash->bytes, (unsigned long long)options->cut_at,
                               *count_fd));
    return KL_OK;
}

/*
 * QEMU does not notice that a firmware has just enabled its receiver: bytes sent before that
 * would wait until something else wakes QEMU's main loop. The only always available thing that
 * does so regularly is the timer of a packet buffer, here on a network that leads nowhere.
 */
static void add_heartbeat(struct command *command)
{
    add_option(command, "-netdev", "hubport,id=heartbeat,hubid=0");
    add_option(command, "-object", "filter-buffer,id=beat,netdev=heartbeat,interval=5000");
}

/* With parallel flash, QEMU's "virt" machine takes a kernel for one that the flash loads. */
static enum kl_err add_firmware(const struct kl_emulator_options *options, struct kl_arena *arena,
                                struct command *command, struct kl_diag *diag)
{
    if (!options->flash_path || options->board->emulation.pflash.bytes == 0) {
        add_option(command, "-kernel", options->elf_path);
        return KL_OK;
    }
    const char *path = escape_commas(arena, options->elf_path);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    add_option(command, "-device", kl_arena_printf(arena, "loader,file=%s", path));
    return KL_OK;
}

/* The first UART. */
static enum kl_err add_uart(const struct kl_emulator_options *options, struct kl_arena *arena,
                            struct command *command, struct kl_diag *diag)
{
    if (options->socket_path) {
        const char *socket = escape_commas(arena, options->socket_path);
        const char *log = options->log_path ? escape_commas(arena, options->log_path) : "";
        if (!socket || !log) {
            return KL_FAIL_MEMORY(diag);
        }
        add_option(command, "-chardev",
                   kl_arena_printf(arena, "socket,id=uart0,path=%s,server=on,wait=off%s%s", socket,
                                   *log ? ",logfile=" : "", log));
    } else {
        add_option(command, "-chardev", "stdio,id=uart0,signal=off");
    }
    add_option(command, "-serial", "chardev:uart0");
    return KL_OK;
}

static enum kl_err build_command(const struct kl_emulator_options *options, struct kl_arena *arena,
                                 struct kl_emulator *emulator, struct command *command,
                                 struct kl_diag *diag)
{
    const struct kl_board_emulation *emulation = &options->board->emulation;
    if (!emulation->machine) {
        return kl_fail(diag, KL_EUNSUPPORTED, "board %s is not emulated", options->board->name);
    }
    add(command, emulation->program);
    bool is_in_ram = options->flash_path && emulation->pflash.bytes == 0;
    add_option(command, "-M",
               is_in_ram ? kl_arena_printf(arena, "%s,memory-backend=flash", emulation->machine)
                         : emulation->machine);
    add(command, "-nodefaults");
    add_option(command, "-display", "none");
    KL_TRY(add_uart(options, arena, command, diag));
    add_heartbeat(command);
    for (const char *const *argument = emulation->arguments; *argument; argument++) {
        add(command, *argument);
    }
    if (options->preload_path) {
        KL_TRY(add_preload(options, arena, command, diag));
    }
    if (options->regions) {
        KL_TRY(add_counting(options, arena, &emulator->counts, command, diag));
    }
    if (options->flash_path) {
        KL_TRY(add_flash(options, arena, command, diag));
    }
    if (options->flash_path && options->cut_at) {
        KL_TRY(add_cut(options, arena, &emulator->flash_fd, command, diag));
    }
    KL_TRY(add_firmware(options, arena, command, diag));
    return command->full ? KL_FAIL_MEMORY(diag) : KL_OK;
}

/* A missing program is told with the Debian package that has it. */
static enum kl_err start_process(const struct command *command, struct kl_emulator *emulator,
                                 struct kl_diag *diag)
{
    struct kl_diag local = {0};
    int kept_fd = emulator->flash_fd >= 0 ? emulator->flash_fd : emulator->counts.fd;
    enum kl_err err = kl_process_start(command->arguments, kept_fd, &emulator->process, &local);
    if (err == KL_OK) {
        return KL_OK;
    }
    bool is_arm = strcmp(emulator->program, "qemu-system-arm") == 0;
    return kl_fail(diag, err, "%.700s%s%s", local.message,
                   err == KL_ETOOL ? "; on Debian: apt-get install " : "",
                   err != KL_ETOOL ? ""
                   : is_arm        ? "qemu-system-arm"
                                   : "qemu-system-misc");
}

enum kl_err kl_emulator_start(const struct kl_emulator_options *options, struct kl_arena *arena,
                              struct kl_emulator **emulator, struct kl_diag *diag)
{
    struct kl_emulator *result = KL_NEW(arena, struct kl_emulator, 1);
    struct command *command = KL_NEW(arena, struct command, 1);
    if (!result || !command) {
        return KL_FAIL_MEMORY(diag);
    }
    result->counts.fd = -1;
    result->flash_fd = -1;
    result->program = options->board->emulation.program;
    enum kl_err err = build_command(options, arena, result, command, diag);
    if (err == KL_OK) {
        err = start_process(command, result, diag);
    }
    if (err != KL_OK) {
        kl_counts_close(&result->counts);
        if (result->flash_fd >= 0) {
            close(result->flash_fd);
        }
        return err;
    }
    result->channel = (struct kl_channel){
        .read_fd = result->process.io_fd,
        .write_fd = result->process.io_fd,
        .timeout_ms = options->timeout_ms,
    };
    *emulator = result;
    return KL_OK;
}

struct kl_channel *kl_emulator_channel(struct kl_emulator *emulator)
{
    return &emulator->channel;
}

struct kl_flash_run kl_emulator_flash_run(const struct kl_emulator *emulator)
{
    return emulator->flash_run;
}

enum kl_err kl_emulator_wait(struct kl_emulator *emulator, struct kl_buffer *output,
                             struct kl_diag *diag)
{
    char piece[256];
    size_t got;
    do {
        KL_TRY(kl_channel_read(&emulator->channel, piece, sizeof piece, &got, diag));
        kl_buffer_append(output, piece, got);
    } while (got > 0);
    return KL_OK;
}

/* Told to end, QEMU ends with status 0, or by the signal when it had just begun or hung. */
static bool ended_in_order(const struct kl_process *process)
{
    if (WIFEXITED(process->status)) {
        return WEXITSTATUS(process->status) == 0;
    }
    int signal = WTERMSIG(process->status);
    return process->was_told && (signal == SIGTERM || signal == SIGKILL);
}

/* Why the emulator ended by itself, if that was not in order. */
static enum kl_err judge_end(const struct kl_emulator *emulator, const char *output,
                             struct kl_diag *diag)
{
    int status = emulator->process.status;
    const char *said = output[0] ? "; it said: " : "";
    if (ended_in_order(&emulator->process)) {
        return KL_OK;
    }
    if (WIFSIGNALED(status)) {
        return kl_fail(diag, KL_ETOOL, "%s crashed (signal %d)%s%s", emulator->program,
                       WTERMSIG(status), said, output);
    }
    if (WEXITSTATUS(status) == KL_PORT_EXIT_FAULT) {
        return kl_fail(diag, KL_ECHECK, "the firmware took a fault and stopped%s%s", said, output);
    }
    return kl_fail(diag, KL_ETOOL, "%s ended with status %d%s%s", emulator->program,
                   WEXITSTATUS(status), said, output);
}

enum kl_err kl_emulator_stop(struct kl_emulator *emulator, struct kl_region_count *counts,
                             struct kl_diag *diag)
{
    char output[OUTPUT_BYTES];
    kl_process_end(&emulator->process, GRACE_MS);
    kl_process_close(&emulator->process, output, sizeof output);
    enum kl_err err = KL_OK;
    if (emulator->flash_fd >= 0) {
        err = flash_run_close(&emulator->flash_fd, emulator->process.status, &emulator->flash_run,
                              diag);
    }
    if (err == KL_OK && !emulator->flash_run.was_cut) {
        err = judge_end(emulator, output, diag);
    }
    if (err == KL_OK && counts && emulator->counts.fd >= 0) {
        err = kl_counts_read(&emulator->counts, counts, diag);
    }
    kl_counts_close(&emulator->counts);
    return err;
}
