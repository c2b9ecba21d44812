/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/elf.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* System V ABI, chapter 4: sizes of the 32-bit structures and the numbers used here. */
enum { FILE_HEADER_BYTES = 52, SECTION_HEADER_BYTES = 40, SYMBOL_BYTES = 16 };
enum { CLASS_32 = 1, LITTLE_ENDIAN_DATA = 1 };
enum { MACHINE_ARM = 40, MACHINE_RISCV = 243 };
enum { TYPE_NULL = 0, TYPE_SYMBOLS = 2, TYPE_NAMES = 3, TYPE_NO_CONTENTS = 8 };
enum { FLAG_WRITE = 1, FLAG_ALLOCATED = 2, FLAG_EXECUTE = 4 };
enum { BINDING_LOCAL = 0, SYMBOL_FUNCTION = 2 };

struct section {
    uint32_t name;
    uint32_t type;
    uint32_t flags;
    uint32_t address;
    uint32_t offset;
    uint32_t bytes;
    uint32_t link;
};

/* A file whose header and section headers lie within it. */
struct elf {
    struct kl_bytes file;
    unsigned machine;
    uint32_t sections_offset;
    unsigned section_count;
    struct section names; /* of the sections */
};

static uint32_t read_u16(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read_u32(const unsigned char *at)
{
    return read_u16(at) | read_u16(at + 2) << 16;
}

static bool within(size_t offset, size_t bytes, size_t total)
{
    return offset <= total && bytes <= total - offset;
}

static enum kl_err malformed(struct kl_diag *diag, const char *what)
{
    return kl_fail(diag, KL_EINPUT, "ELF file: %s", what);
}

/* Section `index`, which must exist, with its contents within the file. */
static enum kl_err get_section(const struct elf *elf, unsigned index, struct section *section,
                               struct kl_diag *diag)
{
    const unsigned char *at =
        elf->file.data + elf->sections_offset + (size_t)index * SECTION_HEADER_BYTES;
    *section = (struct section){
        .name = read_u32(at),
        .type = read_u32(at + 4),
        .flags = read_u32(at + 8),
        .address = read_u32(at + 12),
        .offset = read_u32(at + 16),
        .bytes = read_u32(at + 20),
        .link = read_u32(at + 24),
    };
    bool has_contents = section->type != TYPE_NO_CONTENTS && section->type != TYPE_NULL;
    if (has_contents && !within(section->offset, section->bytes, elf->file.size)) {
        return kl_fail(diag, KL_EINPUT, "ELF file: section %u lies outside the file", index);
    }
    return KL_OK;
}

/* Table of names `index`: it ends with a NUL, so that every name in it does. */
static enum kl_err get_names(const struct elf *elf, uint32_t index, struct section *names,
                             struct kl_diag *diag)
{
    if (index >= elf->section_count) {
        return malformed(diag, "a table of names is missing");
    }
    KL_TRY(get_section(elf, index, names, diag));
    if (names->type != TYPE_NAMES || names->bytes == 0 ||
        elf->file.data[names->offset + names->bytes - 1] != '\0') {
        return malformed(diag, "a table of names is not one");
    }
    return KL_OK;
}

/* A name from a table of names; NULL when it begins outside. */
static const char *get_name(const struct elf *elf, const struct section *names, uint32_t offset)
{
    return offset < names->bytes ? (const char *)elf->file.data + names->offset + offset : NULL;
}

static enum kl_err open_elf(struct kl_bytes file, struct elf *elf, struct kl_diag *diag)
{
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', CLASS_32, LITTLE_ENDIAN_DATA, 1};
    if (file.size < FILE_HEADER_BYTES || memcmp(file.data, magic, sizeof magic) != 0) {
        return malformed(diag, "not a little-endian ELF32 file");
    }
    uint32_t names = read_u16(file.data + 50);
    *elf = (struct elf){
        .file = file,
        .machine = read_u16(file.data + 18),
        .sections_offset = read_u32(file.data + 32),
        .section_count = read_u16(file.data + 48),
    };
    if (elf->machine != MACHINE_ARM && elf->machine != MACHINE_RISCV) {
        return kl_fail(diag, KL_EUNSUPPORTED, "ELF file: machine %u is neither Arm nor RISC-V",
                       elf->machine);
    }
    if (elf->section_count == 0 || read_u16(file.data + 46) != SECTION_HEADER_BYTES ||
        !within(elf->sections_offset, (size_t)elf->section_count * SECTION_HEADER_BYTES,
                file.size)) {
        return malformed(diag, "no section headers within the file");
    }
    return get_names(elf, names, &elf->names, diag);
}

/* The member of `sizes` that a section counts for; NULL when it takes no memory. */
static uint32_t *size_class(const struct section *section, const char *name,
                            struct kl_elf_sizes *sizes)
{
    if (!(section->flags & FLAG_ALLOCATED)) {
        return NULL;
    }
    if (section->flags & FLAG_EXECUTE) {
        return &sizes->code;
    }
    if (!(section->flags & FLAG_WRITE)) {
        return &sizes->constants;
    }
    if (strcmp(name, ".arena") == 0) {
        return &sizes->arena;
    }
    if (strcmp(name, ".stack") == 0) {
        return &sizes->stack;
    }
    return section->type == TYPE_NO_CONTENTS ? &sizes->bss : &sizes->data;
}

enum kl_err kl_elf_sizes(struct kl_bytes file, struct kl_elf_sizes *sizes, struct kl_diag *diag)
{
    struct elf elf;
    KL_TRY(open_elf(file, &elf, diag));
    *sizes = (struct kl_elf_sizes){0};
    for (unsigned i = 0; i < elf.section_count; i++) {
        struct section section;
        KL_TRY(get_section(&elf, i, &section, diag));
        const char *name = get_name(&elf, &elf.names, section.name);
        if (!name) {
            return kl_fail(diag, KL_EINPUT, "ELF file: section %u has no readable name", i);
        }
        uint32_t *size = size_class(&section, name, sizes);
        if (size && section.bytes > UINT32_MAX - *size) {
            return malformed(diag, "sections larger than the address space");
        }
        if (size) {
            *size += section.bytes;
        }
    }
    return KL_OK;
}

/* The file's table of symbols: there is at most one. */
static enum kl_err get_symbols(const struct elf *elf, struct section *symbols,
                               struct section *names, struct kl_diag *diag)
{
    for (unsigned i = 0; i < elf->section_count; i++) {
        KL_TRY(get_section(elf, i, symbols, diag));
        if (symbols->type == TYPE_SYMBOLS) {
            return get_names(elf, symbols->link, names, diag);
        }
    }
    return malformed(diag, "no table of symbols");
}

static uint32_t symbol_address(const struct elf *elf, const unsigned char *symbol)
{
    bool is_thumb = elf->machine == MACHINE_ARM && (symbol[12] & 15) == SYMBOL_FUNCTION;
    return read_u32(symbol + 4) & ~(uint32_t)is_thumb;
}

enum kl_err kl_elf_symbol(struct kl_bytes file, const char *name, uint32_t *address,
                          struct kl_diag *diag)
{
    struct elf elf;
    struct section symbols;
    struct section names;
    KL_TRY(open_elf(file, &elf, diag));
    KL_TRY(get_symbols(&elf, &symbols, &names, diag));
    const unsigned char *found = NULL; /* a global one, otherwise the first local one */
    const unsigned char *at = file.data + symbols.offset;
    for (uint32_t left = symbols.bytes / SYMBOL_BYTES; left > 0; left--, at += SYMBOL_BYTES) {
        const char *symbol = get_name(&elf, &names, read_u32(at));
        bool is_defined = read_u16(at + 14) != 0;
        bool is_global = at[12] >> 4 != BINDING_LOCAL;
        if (symbol && is_defined && (is_global || !found) && strcmp(symbol, name) == 0) {
            found = at;
            if (is_global) {
                break;
            }
        }
    }
    if (!found) {
        return kl_fail(diag, KL_EINPUT, "ELF file: no symbol '%s'", name);
    }
    *address = symbol_address(&elf, found);
    return KL_OK;
}

enum kl_err kl_elf_data(struct kl_bytes file, uint32_t address, uint32_t bytes,
                        const unsigned char **data, struct kl_diag *diag)
{
    struct elf elf;
    KL_TRY(open_elf(file, &elf, diag));
    for (unsigned i = 0; i < elf.section_count; i++) {
        struct section section;
        KL_TRY(get_section(&elf, i, &section, diag));
        bool loaded = (section.flags & FLAG_ALLOCATED) && section.type != TYPE_NO_CONTENTS &&
                      section.type != TYPE_NULL;
        if (loaded && address >= section.address &&
            within(address - section.address, bytes, section.bytes)) {
            *data = elf.file.data + section.offset + (address - section.address);
            return KL_OK;
        }
    }
    return kl_fail(diag, KL_EINPUT, "ELF file: no contents at 0x%08x (%u bytes)", address, bytes);
}
