/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of QEMU's TCG plugin interface, version 1, that the plugins use.
 * Distributions do not package QEMU's own header; these declarations follow the interface
 * documented in "QEMU TCG Plugins" (qemu.org, version 7.2). QEMU provides the functions when
 * it loads the plugin. Handles are valid during the callback that got them only.
 */
#ifndef KINGLET_EMULATE_PLUGIN_QEMU_PLUGIN_API_H
#define KINGLET_EMULATE_PLUGIN_QEMU_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))

enum { QEMU_PLUGIN_API_VERSION = 1 };

/* The callback reads and writes no guest registers. */
enum { QEMU_PLUGIN_NO_REGISTERS = 0 };

/* Which accesses to memory a callback is for. */
enum { QEMU_PLUGIN_MEM_WRITE = 2 };

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

struct qemu_plugin_info {
    const char *target_name; /* "arm", "riscv32", ... */
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus;
        int max_vcpus;
    } system;
};

typedef void (*qemu_plugin_translate_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_execute_fn)(unsigned int vcpu_index, void *userdata);
typedef void (*qemu_plugin_memory_fn)(unsigned int vcpu_index, uint32_t info, uint64_t address,
                                      void *userdata);
typedef void (*qemu_plugin_reset_fn)(qemu_plugin_id_t id);
typedef void (*qemu_plugin_exit_fn)(qemu_plugin_id_t id, void *userdata);

/* What a plugin defines: the interface version it was made for, and its entry point, which
 * returns 0 or makes QEMU end. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
                                           int argc, char **argv);

/* What QEMU provides. */
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_translate_fn call);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_execute_fn call,
                                          int registers, void *userdata);
/* The callback follows the access. */
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_memory_fn call,
                                      int registers, int accesses, void *userdata);
/* Forget all callbacks of the plugin and all translated code; then the call. */
void qemu_plugin_reset(qemu_plugin_id_t id, qemu_plugin_reset_fn call);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_exit_fn call, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#endif
