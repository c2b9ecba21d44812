/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/elf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* System V ABI, chapter 4: sizes of the 32-bit structures and the numbers used here. */
enum { FILE_HEADER_BYTES = 52, SECTION_HEADER_BYTES = 40, SYMBOL_BYTES = 16 };
enum { CLASS_32 = 1, LITTLE_ENDIAN_DATA = 1 };
enum { MACHINE_ARM = 40, MACHINE_RISCV = 243 };
enum { TYPE_NULL = 0, TYPE_CONTENTS = 1, TYPE_SYMBOLS = 2, TYPE_NAMES = 3, TYPE_NO_CONTENTS = 8 };
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

/* System V ABI, chapter 5: a segment. */
enum { SEGMENT_BYTES = 32, SEGMENT_LOAD = 1 };

/* Where a section with contents is loaded: its place in the segment that holds it, which may begin
 * with other bytes, such as the file's header. */
static enum kl_err load_address(const struct elf *elf, const struct section *section,
                                uint32_t *address, struct kl_diag *diag)
{
    size_t table = read_u32(elf->file.data + 28);
    unsigned count = read_u16(elf->file.data + 44);
    if (read_u16(elf->file.data + 42) != SEGMENT_BYTES ||
        !within(table, (size_t)count * SEGMENT_BYTES, elf->file.size)) {
        return malformed(diag, "no program headers within the file");
    }
    for (unsigned i = 0; i < count; i++) {
        const unsigned char *at = elf->file.data + table + (size_t)i * SEGMENT_BYTES;
        uint32_t offset = read_u32(at + 4);
        if (read_u32(at) == SEGMENT_LOAD && section->offset >= offset &&
            within(section->offset - offset, section->bytes, read_u32(at + 16))) {
            *address = read_u32(at + 12) + (section->offset - offset);
            return KL_OK;
        }
    }
    return malformed(diag, "a section with contents lies in no segment that is loaded");
}

static bool is_loaded(const struct section *section)
{
    return (section->flags & FLAG_ALLOCATED) && section->type != TYPE_NO_CONTENTS &&
           section->type != TYPE_NULL && section->bytes > 0;
}

/* From where to where contents are loaded; `low` is `high` when there are none. With `image` they
 * are copied to it, which is where *low lies. */
static enum kl_err walk_contents(const struct elf *elf, uint64_t *low, uint64_t *high,
                                 unsigned char *image, struct kl_diag *diag)
{
    for (unsigned i = 0; i < elf->section_count; i++) {
        struct section section;
        uint32_t address = 0;
        KL_TRY(get_section(elf, i, &section, diag));
        if (!is_loaded(&section)) {
            continue;
        }
        KL_TRY(load_address(elf, &section, &address, diag));
        if (image) {
            memcpy(image + (address - *low), elf->file.data + section.offset, section.bytes);
            continue;
        }
        uint64_t end = (uint64_t)address + section.bytes;
        *low = *high == 0 || address < *low ? address : *low;
        *high = end > *high ? end : *high;
    }
    return KL_OK;
}

enum kl_err kl_elf_load(struct kl_bytes file, size_t limit, struct kl_arena *arena,
                        uint32_t *address, struct kl_bytes *bytes, struct kl_diag *diag)
{
    struct elf elf;
    uint64_t low = 0, high = 0;
    KL_TRY(open_elf(file, &elf, diag));
    KL_TRY(walk_contents(&elf, &low, &high, NULL, diag));
    if (high == low || high - low > limit) {
        return kl_fail(diag, high == low ? KL_EINPUT : KL_ELIMIT,
                       "ELF file: %llu bytes are loaded; 1 to %zu can be",
                       (unsigned long long)(high - low), limit);
    }
    unsigned char *image = kl_arena_alloc(arena, (size_t)(high - low), 1);
    if (!image) {
        return KL_FAIL_MEMORY(diag);
    }
    memset(image, 0xff, (size_t)(high - low));
    KL_TRY(walk_contents(&elf, &low, &high, image, diag));
    *address = (uint32_t)low;
    *bytes = (struct kl_bytes){image, (size_t)(high - low)};
    return KL_OK;
}

const char *kl_elf_comment(struct kl_bytes file)
{
    struct kl_diag ignored = {0}; /* without it nothing is known */
    struct elf elf;
    struct section section;
    if (open_elf(file, &elf, &ignored) != KL_OK) {
        return NULL;
    }
    for (unsigned i = 0; i < elf.section_count; i++) {
        if (get_section(&elf, i, &section, &ignored) != KL_OK) {
            return NULL;
        }
        const char *name = get_name(&elf, &elf.names, section.name);
        const char *text = (const char *)file.data + section.offset;
        if (name && strcmp(name, ".comment") == 0 && section.type == TYPE_CONTENTS) {
            return memchr(text, 0, section.bytes) ? text : NULL;
        }
    }
    return NULL;
}

static int by_address(const void *a, const void *b)
{
    const struct kl_elf_function *x = a;
    const struct kl_elf_function *y = b;
    if (x->address != y->address) {
        return x->address < y->address ? -1 : 1;
    }
    /* The largest first, and then the same one in every run. */
    return x->bytes != y->bytes ? (x->bytes > y->bytes ? -1 : 1) : strcmp(x->name, y->name);
}

static int marks_by_address(const void *a, const void *b)
{
    const struct kl_elf_mark *x = a;
    const struct kl_elf_mark *y = b;
    if (x->address != y->address) {
        return x->address < y->address ? -1 : 1;
    }
    return (int)y->is_data - (int)x->is_data; /* the last one counts: code, when in doubt */
}

/* One function for each address, and a size for those that state none. */
static void settle_functions(struct kl_elf_code *code)
{
    size_t count = 0;
    for (size_t i = 0; i < code->function_count; i++) {
        if (count == 0 || code->functions[count - 1].address != code->functions[i].address) {
            code->functions[count++] = code->functions[i];
        }
    }
    code->function_count = count;
    for (size_t i = 0; i + 1 < count; i++) {
        struct kl_elf_function *function = &code->functions[i];
        if (function->bytes == 0) {
            function->bytes = code->functions[i + 1].address - function->address;
        }
    }
}

/* "$d" and "$t", also with a suffix; `kind` is d or t. */
static bool is_mark(const char *name, char kind)
{
    return name[0] == '$' && name[1] == kind && (name[2] == '\0' || name[2] == '.');
}

/* Is it code that is loaded? Debug information has marks of its own, at addresses like these. */
static bool is_in_code(const struct elf *elf, const unsigned char *symbol)
{
    struct kl_diag ignored = {0};
    struct section section;
    uint32_t index = read_u16(symbol + 14);
    return index != 0 && index < elf->section_count &&
           get_section(elf, index, &section, &ignored) == KL_OK &&
           (section.flags & (FLAG_ALLOCATED | FLAG_EXECUTE)) == (FLAG_ALLOCATED | FLAG_EXECUTE);
}

/* Names are shown to people: what is not printable is no name. */
static const char *shown_name(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (*c < '!' || *c > '~') {
            return "(a function without a printable name)";
        }
    }
    return name;
}

static void collect_code(const struct elf *elf, const struct section *symbols,
                         const struct section *names, struct kl_elf_code *code)
{
    const unsigned char *at = elf->file.data + symbols->offset;
    for (uint32_t left = symbols->bytes / SYMBOL_BYTES; left > 0; left--, at += SYMBOL_BYTES) {
        const char *name = get_name(elf, names, read_u32(at));
        if (!name || !is_in_code(elf, at)) {
            continue;
        }
        if ((at[12] & 15) == SYMBOL_FUNCTION) {
            code->functions[code->function_count++] =
                (struct kl_elf_function){.name = shown_name(name),
                                         .address = symbol_address(elf, at),
                                         .bytes = read_u32(at + 8)};
        } else if (code->is_arm && (is_mark(name, 'd') || is_mark(name, 't'))) {
            code->marks[code->mark_count++] =
                (struct kl_elf_mark){.address = read_u32(at + 4), .is_data = name[1] == 'd'};
        }
    }
}

enum kl_err kl_elf_code(struct kl_bytes file, struct kl_arena *arena, struct kl_elf_code *code,
                        struct kl_diag *diag)
{
    struct elf elf;
    struct section symbols;
    struct section names;
    KL_TRY(open_elf(file, &elf, diag));
    KL_TRY(get_symbols(&elf, &symbols, &names, diag));
    size_t most = symbols.bytes / SYMBOL_BYTES + 1;
    *code = (struct kl_elf_code){
        .is_arm = elf.machine == MACHINE_ARM,
        .functions = KL_NEW(arena, struct kl_elf_function, most),
        .marks = KL_NEW(arena, struct kl_elf_mark, most),
    };
    if (!code->functions || !code->marks) {
        return KL_FAIL_MEMORY(diag);
    }
    collect_code(&elf, &symbols, &names, code);
    qsort(code->functions, code->function_count, sizeof code->functions[0], by_address);
    qsort(code->marks, code->mark_count, sizeof code->marks[0], marks_by_address);
    settle_functions(code);
    return KL_OK;
}

/* struct kl_model as a 32-bit target lays it out (kinglet/model.h). */
enum { MODEL_BYTES = 28, MODEL_STEP_COUNT = 8, MODEL_RESET_COUNT = 10, MODEL_STEPS = 20 };

enum kl_err kl_elf_model(struct kl_bytes file, const char *name, struct kl_arena *arena,
                         struct kl_elf_model *found, struct kl_diag *diag)
{
    char symbol[64];
    uint32_t address;
    const unsigned char *model;
    const unsigned char *table;
    snprintf(symbol, sizeof symbol, "%.48s_model", name);
    KL_TRY(kl_elf_symbol(file, symbol, &address, diag));
    KL_TRY(kl_elf_data(file, address, MODEL_BYTES, &model, diag));
    uint32_t steps = read_u16(model + MODEL_STEP_COUNT);
    uint32_t resets = read_u16(model + MODEL_RESET_COUNT);
    uint32_t count = steps + resets;
    *found = (struct kl_elf_model){
        .steps = KL_NEW(arena, uint32_t, count + 1), .step_count = steps, .reset_count = resets};
    if (!found->steps) {
        return KL_FAIL_MEMORY(diag);
    }
    if (count > 0) {
        KL_TRY(kl_elf_data(file, read_u32(model + MODEL_STEPS), 4 * count, &table, diag));
        for (uint32_t i = 0; i < count; i++) {
            found->steps[i] = read_u32(table + 4 * (size_t)i) & ~1u;
        }
    }
    return KL_OK;
}
