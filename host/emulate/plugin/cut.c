/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin that cuts the power of a machine: QEMU ends right after the N-th store to a range of
 * memory, which an emulator keeps in a file.
 *
 *   -plugin kinglet-cut.so,first=ADDRESS,bytes=BYTES,at=N,count=FD
 *
 * With N = 0 there is no cut. In any case the number of stores, a uint64_t, is written to the
 * inherited file descriptor FD at the end. One store is one access to memory, of 1 to 4 bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulate/plugin/cut_status.h"
#include "emulate/plugin/stores.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

/* The plugin's interface has no place for a context, so this is the one of this process. */
static struct {
    uint64_t first, bytes, at, stores;
    int fd;
} plugin;

static void write_count(void)
{
    if (pwrite(plugin.fd, &plugin.stores, sizeof plugin.stores, 0) !=
        (ssize_t)sizeof plugin.stores) {
        fputs("kinglet-cut: cannot write the count\n", stderr);
    }
}

static void on_store(unsigned int vcpu_index, uint32_t info, uint64_t address, void *userdata)
{
    (void)vcpu_index;
    (void)info;
    (void)userdata;
    if (address - plugin.first >= plugin.bytes) {
        return;
    }
    plugin.stores++;
    if (plugin.stores == plugin.at) {
        write_count();
        _exit(CUT_STATUS); /* at once: nothing else gets to run */
    }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    call_on_stores(tb, on_store);
}

static void on_end(qemu_plugin_id_t id, void *userdata)
{
    (void)id;
    (void)userdata;
    write_count();
}

/* The number that argument `name` (with its "=") gives. */
static bool number(const char *name, int argc, char **argv, uint64_t *value)
{
    size_t length = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0) {
            char *end;
            errno = 0;
            *value = strtoull(argv[i] + length, &end, 0);
            return errno == 0 && end != argv[i] + length && *end == '\0';
        }
    }
    return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
                                           int argc, char **argv)
{
    uint64_t fd;
    (void)info;
    if (!number("first=", argc, argv, &plugin.first) ||
        !number("bytes=", argc, argv, &plugin.bytes) || !number("at=", argc, argv, &plugin.at) ||
        !number("count=", argc, argv, &fd)) {
        fputs("kinglet-cut: needs first=, bytes=, at= and count=, each a number\n", stderr);
        return -1;
    }
    plugin.fd = (int)fd;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
