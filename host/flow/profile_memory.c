/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a firmware from its files: needs no emulation. */
#include <stdio.h>

#include "flow/profile.h"

enum { ELF_LIMIT = 256 << 20 };

static enum kl_err read_elf(const char *folder, const char *file, struct kl_arena *arena,
                            struct kl_bytes *elf, struct kl_elf_sizes *sizes, struct kl_diag *diag)
{
    char path[4200];
    snprintf(path, sizeof path, "%.4000s/firmware/%s", folder, file);
    KL_TRY(kl_file_read(path, ELF_LIMIT, arena, elf, diag));
    return kl_elf_sizes(*elf, sizes, diag);
}

enum kl_err kl_profile_sizes(const char *folder, struct kl_arena *arena, struct kl_profile *profile,
                             struct kl_bytes *elf, struct kl_diag *diag)
{
    struct kl_bytes empty;
    KL_TRY(read_elf(folder, "firmware.elf", arena, elf, &profile->firmware, diag));
    return read_elf(folder, "empty.elf", arena, &empty, &profile->empty, diag);
}

struct kl_profile_memory kl_profile_memory(const struct kl_profile *profile)
{
    const struct kl_elf_sizes *f = &profile->firmware;
    const struct kl_elf_sizes *e = &profile->empty;
    struct kl_profile_memory m = {
        .arena = f->arena,
        .data = (int64_t)f->data - e->data,
        .bss = (int64_t)f->bss - e->bss,
        .stack = profile->stack_bytes,
        .code = (int64_t)f->code - e->code,
        .constants = (int64_t)f->constants - e->constants,
    };
    m.ram_total = m.arena + m.data + m.bss + m.stack;
    m.flash_total = m.code + m.constants + m.data;
    return m;
}
