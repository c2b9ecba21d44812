/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF reader on files made here: sizes, symbols, contents, and hostile changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulate/elf.h"

enum { HEADER_BYTES = 52, SECTION_BYTES = 40, SYMBOL_BYTES = 16, MAX_BYTES = 2048 };
enum { PROGBITS = 1, SYMTAB = 2, STRTAB = 3, NOBITS = 8 };
enum { WRITE = 1, ALLOC = 2, EXEC = 4 };
enum { MACHINE_ARM = 40, MACHINE_RISCV = 243 };

struct section {
    const char *name;
    uint32_t type, flags, address, bytes;
    const unsigned char *data;
    uint32_t link;
};

struct file {
    unsigned char data[MAX_BYTES];
    size_t size;
    size_t sections; /* offset of the section headers */
};

static const unsigned char code[] = {1, 2, 3, 4, 5, 6, 7, 8};

static void put16(struct file *file, size_t at, uint32_t value)
{
    assert_true(at + 2 <= MAX_BYTES);
    file->data[at] = (unsigned char)value;
    file->data[at + 1] = (unsigned char)(value >> 8);
}

static void put32(struct file *file, size_t at, uint32_t value)
{
    put16(file, at, value & 0xffff);
    put16(file, at + 2, value >> 16);
}

static size_t append(struct file *file, const void *data, size_t bytes)
{
    size_t at = file->size;
    assert_true(at + bytes <= MAX_BYTES);
    if (data) {
        memcpy(file->data + at, data, bytes);
    }
    file->size += bytes;
    return at;
}

static void put_section(struct file *file, size_t index, const struct section *section, size_t name,
                        size_t offset)
{
    size_t at = file->sections + index * SECTION_BYTES;
    const uint32_t words[] = {(uint32_t)name,   section->type,  section->flags, section->address,
                              (uint32_t)offset, section->bytes, section->link};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        put32(file, at + 4 * i, words[i]);
    }
}

/* Contents first, headers last, so that every truncation loses headers. */
static void write_file(struct file *file, unsigned machine, const struct section *sections,
                       size_t count)
{
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
    size_t offsets[16];
    size_t names[16];
    char strings[256] = "";
    size_t used = 1;
    *file = (struct file){.size = HEADER_BYTES};
    memcpy(file->data, magic, sizeof magic);
    put16(file, 18, machine);
    for (size_t i = 0; i < count; i++) {
        names[i] = used;
        size_t length = strlen(sections[i].name) + 1;
        assert_true(used + length <= sizeof strings);
        memcpy(strings + used, sections[i].name, length);
        used += length;
        bool contents = sections[i].type != NOBITS;
        offsets[i] = contents ? append(file, sections[i].data, sections[i].bytes) : file->size;
    }
    size_t strings_at = append(file, strings, used);
    file->sections = file->size;
    append(file, NULL, (count + 2) * SECTION_BYTES);
    for (size_t i = 0; i < count; i++) {
        put_section(file, i + 1, &sections[i], names[i], offsets[i]);
    }
    const struct section table = {.type = STRTAB, .bytes = (uint32_t)used};
    put_section(file, count + 1, &table, 0, strings_at);
    put32(file, 32, (uint32_t)file->sections);
    put16(file, 46, SECTION_BYTES);
    put16(file, 48, (uint32_t)count + 2);
    put16(file, 50, (uint32_t)count + 1);
}

static void put_symbol(unsigned char *at, uint32_t name, uint32_t value, int info, int section)
{
    const uint32_t words[] = {name, value, 0, (uint32_t)info | (uint32_t)section << 16};
    for (size_t i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 4; k++) {
            at[4 * i + k] = (unsigned char)(words[i] >> 8 * k);
        }
    }
}

/* Sections 1 to 11, in this order; the symbols' names are section 11. */
static void write_good(struct file *file, unsigned machine)
{
    static const char strings[] = "\0main\0table\0step";
    unsigned char symbols[6 * SYMBOL_BYTES] = {0};
    put_symbol(symbols + 16, 12, 0x101, 0x02, 1); /* step: local function */
    put_symbol(symbols + 32, 1, 0x105, 0x12, 1);  /* main: global function */
    put_symbol(symbols + 48, 6, 0x201, 0x11, 2);  /* table: global object, odd address */
    put_symbol(symbols + 64, 12, 0x103, 0x12, 1); /* step: global function */
    put_symbol(symbols + 80, 14, 0, 0x10, 0);     /* ep: undefined here */
    const struct section sections[] = {
        {".text", PROGBITS, ALLOC | EXEC, 0x100, 8, code, 0},
        {".rodata", PROGBITS, ALLOC, 0x200, 5, code, 0},
        {".ARM.exidx", 0x70000001, ALLOC, 0x300, 3, code, 0},
        {".data", PROGBITS, ALLOC | WRITE, 0x20000000, 4, code, 0},
        {".bss", NOBITS, ALLOC | WRITE, 0x20000010, 1000, NULL, 0},
        {".noinit", NOBITS, ALLOC | WRITE, 0x20000410, 24, NULL, 0},
        {".arena", NOBITS, ALLOC | WRITE, 0x20001000, 70000, NULL, 0},
        {".stack", NOBITS, ALLOC | WRITE, 0x20020000, 2048, NULL, 0},
        {".comment", PROGBITS, 0, 0, 6, code, 0},
        {".symtab", SYMTAB, 0, 0, sizeof symbols, symbols, 11},
        {".strtab", STRTAB, 0, 0, sizeof strings, (const unsigned char *)strings, 0},
    };
    write_file(file, machine, sections, sizeof sections / sizeof sections[0]);
}

static struct kl_bytes bytes_of(const struct file *file)
{
    return (struct kl_bytes){file->data, file->size};
}

static void sizes_are_counted_by_class(void **state)
{
    struct file file;
    struct kl_elf_sizes sizes;
    struct kl_diag diag = {0};
    (void)state;
    write_good(&file, MACHINE_ARM);
    assert_int_equal(kl_elf_sizes(bytes_of(&file), &sizes, &diag), KL_OK);
    assert_int_equal(sizes.code, 8);
    assert_int_equal(sizes.constants, 5 + 3);
    assert_int_equal(sizes.data, 4);
    assert_int_equal(sizes.bss, 1000 + 24);
    assert_int_equal(sizes.arena, 70000);
    assert_int_equal(sizes.stack, 2048);
}

static uint32_t address_of(const struct file *file, const char *name)
{
    struct kl_diag diag = {0};
    uint32_t address = 0;
    if (kl_elf_symbol(bytes_of(file), name, &address, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return address;
}

static void symbols_are_found(void **state)
{
    struct file file;
    struct kl_diag diag = {0};
    uint32_t address;
    (void)state;
    write_good(&file, MACHINE_ARM);
    assert_int_equal(address_of(&file, "main"), 0x104);  /* without the Thumb bit */
    assert_int_equal(address_of(&file, "table"), 0x201); /* data keeps its address */
    assert_int_equal(address_of(&file, "step"), 0x102);  /* the global one */
    write_good(&file, MACHINE_RISCV);
    assert_int_equal(address_of(&file, "main"), 0x105);
    assert_int_equal(kl_elf_symbol(bytes_of(&file), "ep", &address, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "no symbol 'ep'"));
}

static void contents_are_found(void **state)
{
    struct file file;
    struct kl_diag diag = {0};
    const unsigned char *data;
    (void)state;
    write_good(&file, MACHINE_ARM);
    assert_int_equal(kl_elf_data(bytes_of(&file), 0x102, 6, &data, &diag), KL_OK);
    assert_memory_equal(data, code + 2, 6);
    assert_int_equal(kl_elf_data(bytes_of(&file), 0x20000000, 4, &data, &diag), KL_OK);
    static const uint32_t bad[][2] = {{0x102, 7},          {0xff, 1},
                                      {0x108, 1},          {0x20000010, 1},
                                      {0x100, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_elf_data(bytes_of(&file), bad[i][0], bad[i][1], &data, &diag),
                         KL_EINPUT);
    }
}

/* Call everything on an exact heap copy, so that a read outside is seen. True: all accepted. */
static bool try_all(const unsigned char *data, size_t bytes)
{
    unsigned char *copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, data, bytes);
    struct kl_bytes elf = {copy, bytes};
    struct kl_elf_sizes sizes;
    const unsigned char *found;
    uint32_t address;
    bool good = true;
    for (int i = 0; i < 3; i++) {
        struct kl_diag diag = {0};
        enum kl_err err = i == 0   ? kl_elf_sizes(elf, &sizes, &diag)
                          : i == 1 ? kl_elf_symbol(elf, "main", &address, &diag)
                                   : kl_elf_data(elf, 0x101, 4, &found, &diag);
        if (i == 2 && err == KL_OK) {
            assert_true(found >= copy && found + 4 <= copy + bytes);
        }
        assert_true((err == KL_OK) == (diag.message[0] == '\0'));
        good = good && err == KL_OK;
    }
    free(copy);
    return good;
}

static void truncated_files_are_refused(void **state)
{
    struct file file;
    (void)state;
    write_good(&file, MACHINE_ARM);
    assert_true(try_all(file.data, file.size));
    for (size_t bytes = 0; bytes < file.size; bytes++) {
        assert_false(try_all(file.data, bytes));
    }
}

static void damaged_files_do_no_harm(void **state)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct file file;
    size_t refused = 0;
    (void)state;
    write_good(&file, MACHINE_ARM);
    for (size_t at = 0; at < file.size; at++) {
        unsigned char kept = file.data[at];
        for (size_t k = 0; k < sizeof values; k++) {
            file.data[at] = values[k];
            refused += !try_all(file.data, file.size);
        }
        for (unsigned bit = 0; bit < 8; bit++) {
            file.data[at] = (unsigned char)(kept ^ 1u << bit);
            refused += !try_all(file.data, file.size);
        }
        file.data[at] = kept;
    }
    assert_true(refused > 500);
}

/* Where a 32-bit word of a section header lies. */
static size_t word_of(const struct file *file, size_t section, size_t word)
{
    return file->sections + section * SECTION_BYTES + 4 * word;
}

static void each_fault_has_its_message(void **state)
{
    enum { OFFSET = 4, BYTES = 5, LINK = 6, TYPE = 1, NAME = 0 };
    struct file good;
    (void)state;
    write_good(&good, MACHINE_ARM);
    const struct {
        size_t at;
        uint32_t value;
        const char *message;
    } rows[] = {
        {0, 0x464c457e, "not a little-endian ELF32 file"},
        {32, (uint32_t)good.size - 39, "no section headers"},
        {32, UINT32_MAX, "no section headers"},
        {48, 0x000c0000, "no section headers"},          /* no sections */
        {48, 0x000d000d, "a table of names is missing"}, /* 13 sections, names in 13 */
        {word_of(&good, 1, OFFSET), UINT32_MAX, "section 1 lies outside"},
        {word_of(&good, 1, BYTES), UINT32_MAX, "section 1 lies outside"},
        {word_of(&good, 7, BYTES), UINT32_MAX, NULL}, /* of no contents: fine */
        {word_of(&good, 2, NAME), 255, "section 2 has no readable name"},
        {word_of(&good, 12, TYPE), PROGBITS, "a table of names is not one"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct file file = good;
        struct kl_elf_sizes sizes;
        struct kl_diag diag = {0};
        put32(&file, rows[i].at, rows[i].value);
        enum kl_err err = kl_elf_sizes(bytes_of(&file), &sizes, &diag);
        assert_int_equal(err, rows[i].message ? KL_EINPUT : KL_OK);
        if (rows[i].message && !strstr(diag.message, rows[i].message)) {
            fail_msg("expected '%s', got '%s'", rows[i].message, diag.message);
        }
    }
}

static void sums_cannot_overflow(void **state)
{
    struct file file;
    struct kl_elf_sizes sizes;
    struct kl_diag diag = {0};
    (void)state;
    write_good(&file, MACHINE_ARM);
    put32(&file, word_of(&file, 5, 5), UINT32_MAX - 10); /* .bss, and 24 bytes of .noinit */
    assert_int_equal(kl_elf_sizes(bytes_of(&file), &sizes, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "larger than the address space"));
}

static void symbol_tables_are_checked(void **state)
{
    struct file file;
    struct kl_diag diag = {0};
    uint32_t address;
    (void)state;
    write_good(&file, MACHINE_ARM);
    put32(&file, word_of(&file, 10, 6), 99);
    assert_int_equal(kl_elf_symbol(bytes_of(&file), "main", &address, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "a table of names is missing"));
    write_good(&file, MACHINE_ARM);
    put32(&file, word_of(&file, 10, 1), PROGBITS);
    kl_diag_clear(&diag);
    assert_int_equal(kl_elf_symbol(bytes_of(&file), "main", &address, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "no table of symbols"));
}

static void other_machines_are_unsupported(void **state)
{
    struct file file;
    struct kl_elf_sizes sizes;
    struct kl_diag diag = {0};
    (void)state;
    write_good(&file, 62);
    assert_int_equal(kl_elf_sizes(bytes_of(&file), &sizes, &diag), KL_EUNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_counted_by_class),
        cmocka_unit_test(symbols_are_found),
        cmocka_unit_test(contents_are_found),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(each_fault_has_its_message),
        cmocka_unit_test(sums_cannot_overflow),
        cmocka_unit_test(symbol_tables_are_checked),
        cmocka_unit_test(other_machines_are_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
