/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/counts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulate/plugin/count_file.h"

struct entry {
    uint32_t address;
    size_t index;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    return a->address < b->address ? -1 : a->address > b->address;
}

/* The order of the regions by address. */
static enum kl_err sort_regions(const struct kl_count_region *regions, size_t count,
                                struct kl_arena *arena, const size_t **order, struct kl_diag *diag)
{
    struct entry *entries = KL_NEW(arena, struct entry, count);
    size_t *result = KL_NEW(arena, size_t, count);
    if (!entries || !result) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){regions[i].address, i};
    }
    qsort(entries, count, sizeof entries[0], compare_entries);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && entries[i].address == entries[i - 1].address) {
            return kl_fail(diag, KL_EUSAGE, "regions '%s' and '%s' both begin at 0x%08x",
                           regions[entries[i - 1].index].name, regions[entries[i].index].name,
                           entries[i].address);
        }
        result[i] = entries[i].index;
    }
    *order = result;
    return KL_OK;
}

static size_t file_bytes(size_t count)
{
    return sizeof(struct count_file) + count * sizeof(struct count_region);
}

static bool transfer(int fd, void *data, size_t bytes, bool writes)
{
    for (size_t done = 0; done < bytes;) {
        char *at = (char *)data + done;
        ssize_t n = writes ? pwrite(fd, at, bytes - done, (off_t)done)
                           : pread(fd, at, bytes - done, (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

enum kl_err kl_counts_create(const struct kl_count_region *regions, size_t count,
                             struct kl_arena *arena, struct kl_counts *counts, struct kl_diag *diag)
{
    if (count > COUNT_MAX_REGIONS) {
        return kl_fail(diag, KL_ELIMIT, "%zu regions to count; at most %d", count,
                       (int)COUNT_MAX_REGIONS);
    }
    counts->count = count;
    KL_TRY(sort_regions(regions, count, arena, &counts->order, diag));
    struct count_file *file = kl_arena_alloc(arena, file_bytes(count), 1);
    if (!file) {
        return KL_FAIL_MEMORY(diag);
    }
    *file = (struct count_file){COUNT_MAGIC, COUNT_VERSION, (uint32_t)count, COUNT_PENDING};
    for (size_t i = 0; i < count; i++) {
        file->regions[i].address = regions[counts->order[i]].address;
    }
    counts->fd = memfd_create("kinglet-counts", MFD_CLOEXEC);
    if (counts->fd < 0 || !transfer(counts->fd, file, file_bytes(count), true)) {
        int error = errno;
        kl_counts_close(counts);
        return kl_fail(diag, KL_EIO, "cannot share memory for counts: %s", strerror(error));
    }
    return KL_OK;
}

static struct kl_region_count from_shared(const struct count_region *region)
{
    return (struct kl_region_count){
        .entries = region->entries,
        .instructions = region->instructions,
        .taken_branches = region->taken_branches,
        .cycles = region->cycles,
        .baseline_cycles = region->baseline_cycles,
    };
}

enum kl_err kl_counts_read(const struct kl_counts *counts, struct kl_region_count *result,
                           struct kl_diag *diag)
{
    struct count_file header;
    off_t bytes = lseek(counts->fd, 0, SEEK_END);
    if (bytes != (off_t)file_bytes(counts->count) ||
        !transfer(counts->fd, &header, sizeof header, false) || header.magic != COUNT_MAGIC ||
        header.version != COUNT_VERSION || header.region_count != counts->count) {
        return kl_fail(diag, KL_ETOOL, "the counting plugin damaged its memory");
    }
    if (header.state != COUNT_FINISHED) {
        return kl_fail(diag, KL_ETOOL, "the counting plugin %s",
                       header.state == COUNT_BROKEN ? "met an instruction that it cannot read"
                                                    : "did not finish");
    }
    struct count_file *file = malloc((size_t)bytes);
    bool complete = file && transfer(counts->fd, file, (size_t)bytes, false);
    for (size_t i = 0; complete && i < counts->count; i++) {
        result[counts->order[i]] = from_shared(&file->regions[i]);
    }
    free(file);
    return complete ? KL_OK : kl_fail(diag, KL_EIO, "cannot read the counts");
}

void kl_counts_close(struct kl_counts *counts)
{
    if (counts->fd >= 0) {
        close(counts->fd);
        counts->fd = -1;
    }
}
