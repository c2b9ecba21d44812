/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin that lets QEMU forget all translated code when the machine is reset. QEMU 7.2 does not
 * notice that the content of parallel flash changes: after an update it would execute the old code
 * on, of firmware that was replaced.
 *
 *   -plugin kinglet-renew.so,reset=ADDRESS
 *
 * A store to ADDRESS resets the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulate/plugin/stores.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

/* The plugin's interface has no place for a context, so this is the one of this process. */
static struct {
    qemu_plugin_id_t id;
    uint64_t reset;
} plugin;

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);

/* All code and all callbacks are gone. */
static void begin(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
}

static void on_store(unsigned int vcpu_index, uint32_t info, uint64_t address, void *userdata)
{
    (void)vcpu_index;
    (void)info;
    (void)userdata;
    if (address == plugin.reset) {
        qemu_plugin_reset(plugin.id, begin);
    }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    call_on_stores(tb, on_store);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
                                           int argc, char **argv)
{
    static const char name[] = "reset=";
    char *end = NULL;
    (void)info;
    errno = 0;
    if (argc == 1 && strncmp(argv[0], name, strlen(name)) == 0) {
        plugin.reset = strtoull(argv[0] + strlen(name), &end, 0);
    }
    if (!end || *end != '\0' || errno != 0) {
        fputs("kinglet-renew: needs reset=, a number\n", stderr);
        return -1;
    }
    plugin.id = id;
    begin(id);
    return 0;
}
