/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG plugin that counts executed instructions, taken branches and modelled cycles, by region.
 *
 *   -plugin kinglet-count.so,core=CORE,counts=FD
 *
 * FD is an inherited file descriptor of a struct count_file. When QEMU translates a block of
 * code, its instructions, all executed or none, are decoded and priced; when the block runs, one
 * callback adds the sums. A block that does not start where the one before ended was reached by a
 * taken branch. The counts are exact as long as nothing leaves a block in the middle: no
 * interrupts, no faults, and no -icount, which makes QEMU restart blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "emulate/plugin/count_file.h"
#include "emulate/plugin/qemu_plugin_api.h"
#include "emulate/plugin/timing.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

/* Instructions of a block that belong to one region. */
struct part {
    struct count_region *region; /* entered with the first instruction, or NULL: goes on */
    uint64_t instructions;
    uint64_t cycles;
    uint64_t baseline_cycles;
    struct part *next;
};

struct block {
    uint32_t start;
    uint32_t end;
    uint32_t taken_cycles; /* when what follows is not at `end` */
    uint32_t baseline_taken_cycles;
    struct part first;
};

/* The plugin's interface has no place for a context, so this is the one of this process. */
static struct {
    struct count_file *file;
    const struct timing *timing;
    struct count_region outside; /* before any region was entered */
    struct count_region *current;
    const struct block *previous;
} plugin;

static const struct block before_all;

static void out_of_memory(void)
{
    fputs("kinglet-count: out of memory\n", stderr);
    abort();
}

static void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (!memory) {
        out_of_memory();
    }
    return memory;
}

static struct count_region *find_region(uint32_t address)
{
    size_t low = 0;
    size_t high = plugin.file->region_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (plugin.file->regions[middle].address < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < plugin.file->region_count && plugin.file->regions[low].address == address;
    return found ? &plugin.file->regions[low] : NULL;
}

static void on_block(unsigned int vcpu_index, void *userdata)
{
    (void)vcpu_index;
    const struct block *block = userdata;
    const struct block *previous = plugin.previous;
    struct count_region *current = plugin.current;
    if (block->start != previous->end) {
        current->taken_branches++;
        current->cycles += previous->taken_cycles;
        current->baseline_cycles += previous->baseline_taken_cycles;
    }
    for (const struct part *part = &block->first; part; part = part->next) {
        if (part->region) {
            current = part->region;
            current->entries++;
        }
        current->instructions += part->instructions;
        current->cycles += part->cycles;
        current->baseline_cycles += part->baseline_cycles;
    }
    plugin.current = current;
    plugin.previous = block;
}

/* Add one instruction to the block. False when its bytes are not all there. */
static bool add_instruction(const struct qemu_plugin_insn *insn, struct timing_state *state,
                            struct block *block, struct part **last)
{
    /* QEMU's size of an instruction is too large near the end of a page: the encoding counts. */
    const uint8_t *code = qemu_plugin_insn_data(insn);
    size_t available = qemu_plugin_insn_size(insn);
    unsigned length = available >= 2 ? plugin.timing->length(code) : 0;
    if (length == 0 || length > available) {
        return false;
    }
    uint32_t address = (uint32_t)qemu_plugin_insn_vaddr(insn);
    struct count_region *region = find_region(address);
    if (region && (*last)->instructions > 0) {
        (*last)->next = allocate(sizeof **last);
        *last = (*last)->next;
    }
    if (region) {
        (*last)->region = region;
    }
    struct timing_cost cost = plugin.timing->cost(code, state);
    (*last)->instructions++;
    (*last)->cycles += cost.cycles;
    (*last)->baseline_cycles += cost.baseline_cycles;
    block->end = address + length;
    block->taken_cycles = cost.taken_cycles;
    block->baseline_taken_cycles = cost.baseline_taken_cycles;
    return true;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    struct block *block = allocate(sizeof *block);
    struct part *last = &block->first;
    struct timing_state state = {0};
    for (size_t i = 0; i < count; i++) {
        const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        if (i == 0) {
            block->start = (uint32_t)qemu_plugin_insn_vaddr(insn);
        }
        if (!add_instruction(insn, &state, block, &last)) {
            plugin.file->state = COUNT_BROKEN;
        }
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_NO_REGISTERS, block);
}

static void on_end(qemu_plugin_id_t id, void *userdata)
{
    (void)id;
    (void)userdata;
    if (plugin.file->state == COUNT_PENDING) {
        plugin.file->state = COUNT_FINISHED;
    }
}

static bool is_valid(const struct count_file *file, size_t bytes)
{
    if (bytes < sizeof *file || file->magic != COUNT_MAGIC || file->version != COUNT_VERSION ||
        file->region_count > COUNT_MAX_REGIONS ||
        bytes != sizeof *file + file->region_count * sizeof file->regions[0]) {
        return false;
    }
    for (uint32_t i = 1; i < file->region_count; i++) {
        if (file->regions[i].address <= file->regions[i - 1].address) {
            return false;
        }
    }
    return true;
}

static bool open_counts(const char *number)
{
    struct stat status;
    char *end;
    int fd = (int)strtol(number, &end, 10);
    if (end == number || *end || fstat(fd, &status) != 0 || status.st_size <= 0) {
        return false;
    }
    size_t bytes = (size_t)status.st_size;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    plugin.file = memory;
    return is_valid(plugin.file, bytes);
}

/* The value of argument `name` (with its "="), or an empty text. */
static const char *argument(const char *name, int argc, char **argv)
{
    size_t length = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0) {
            return argv[i] + length;
        }
    }
    return "";
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
                                           int argc, char **argv)
{
    const char *core = argument("core=", argc, argv);
    plugin.timing = timing_find(core);
    if (!plugin.timing || strcmp(plugin.timing->target, info->target_name) != 0) {
        fprintf(stderr, "kinglet-count: no timings for core '%s' on %s\n", core, info->target_name);
        return -1;
    }
    if (!open_counts(argument("counts=", argc, argv))) {
        fputs("kinglet-count: counts= is not a count file of this version\n", stderr);
        return -1;
    }
    plugin.current = &plugin.outside;
    plugin.previous = &before_all;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
