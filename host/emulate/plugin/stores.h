/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks on stores to memory. */
#ifndef KINGLET_EMULATE_PLUGIN_STORES_H
#define KINGLET_EMULATE_PLUGIN_STORES_H

#include "emulate/plugin/qemu_plugin_api.h"

/* Let every store of a block, while it is translated, be followed by the call. */
static inline void call_on_stores(const struct qemu_plugin_tb *tb, qemu_plugin_memory_fn call)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < count; i++) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), call,
                                         QEMU_PLUGIN_NO_REGISTERS, QEMU_PLUGIN_MEM_WRITE, NULL);
    }
}

#endif
