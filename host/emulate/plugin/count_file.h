/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that the runner and the counting plugin share: the runner writes the regions' addresses,
 * the plugin the counts. Both are built together and run on one machine, so it is a C layout
 * with a version, not a file format.
 */
#ifndef KINGLET_EMULATE_PLUGIN_COUNT_FILE_H
#define KINGLET_EMULATE_PLUGIN_COUNT_FILE_H

#include <stdint.h>

enum { COUNT_MAGIC = 0x434c4b21, COUNT_VERSION = 1, COUNT_MAX_REGIONS = 65536 };

enum count_state {
    COUNT_PENDING = 0,  /* written by the runner: the plugin has not finished */
    COUNT_FINISHED = 1, /* the emulator ended in order and the counts are complete */
    COUNT_BROKEN = 2    /* an instruction could not be read: the counts are wrong */
};

struct count_region {
    uint32_t address; /* ascending, all different */
    uint32_t reserved;
    uint64_t entries;
    uint64_t instructions;
    uint64_t taken_branches;
    uint64_t cycles;
    uint64_t baseline_cycles;
};

struct count_file {
    uint32_t magic;
    uint32_t version;
    uint32_t region_count;
    uint32_t state; /* enum count_state */
    struct count_region regions[];
};

#endif
