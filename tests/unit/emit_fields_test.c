/* SPDX-License-Identifier: Apache-2.0 */
/* The field tables of the kernels' parameter structs against the structs' own declarations. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/builtin.h"
#include "base/file.h"
#include "emit/fields.h"
#include "plan/plan.h"

enum { MAX_NAMES = 32, NAME_BYTES = 64, STRUCT_BYTES = 4096 };

struct names {
    int32_t count;
    char name[MAX_NAMES][NAME_BYTES];
};

static void add_name(struct names *names, const char *text, size_t length)
{
    assert_true(names->count < MAX_NAMES && length > 0 && length < NAME_BYTES);
    memcpy(names->name[names->count], text, length);
    names->name[names->count++][length] = '\0';
}

/* Where the word before `end` begins. */
static const char *word_before(const char *begin, const char *end)
{
    while (end > begin && (isalnum((unsigned char)end[-1]) || end[-1] == '_')) {
        end--;
    }
    return end;
}

/* The declared members up to the closing brace: the word in front of each ',' or ';', or of
 * the first '[' on the way there. */
static void read_members(const char *text, struct names *names)
{
    const char *begin = text;
    const char *end = NULL; /* of the name, when a '[' has ended it */
    for (; *text != '}'; text++) {
        if (text[0] == '/' && text[1] == '*') {
            text = strstr(text, "*/") + 1;
            begin = text + 1;
        } else if (*text == '[' && !end) {
            end = text;
        } else if (*text == ',' || *text == ';') {
            end = end ? end : text;
            const char *word = word_before(begin, end);
            add_name(names, word, (size_t)(end - word));
            end = NULL;
        }
    }
}

/* The members that the headers declare for `struct NAME`. */
static void declared(const char *header, const char *structure, struct names *names)
{
    char opening[128];
    snprintf(opening, sizeof opening, "\nstruct %s {", structure);
    const char *found = strstr(header, opening);
    if (!found) {
        fail_msg("no declaration of struct %s", structure);
    }
    *names = (struct names){0};
    read_members(found + strlen(opening), names);
}

static bool has_name(const struct names *names, const char *name)
{
    for (int32_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The structs that others hold as members. */
static const char *structure_of(const struct kl_field *field)
{
    static const char *const nested[][2] = {
        {"win", "kl_window"},     {"rq", "kl_requant"},        {"rq16", "kl_requant_s16"},
        {"ew", "kl_elementwise"}, {"rd", "kl_reduce"},         {"pairs", "kl_pairs_s8"},
        {"at", "kl_indexed"},     {"batch", "kl_elementwise"}, {"channels", "kl_channels_mve"},
        {"shape", "kl_matmul"},   {"softmax", "kl_softmax_s8"}};
    for (size_t i = 0; i < sizeof nested / sizeof nested[0]; i++) {
        if (strcmp(field->name, nested[i][0]) == 0) {
            return nested[i][1];
        }
    }
    fail_msg("which struct is member %s?", field->name);
    return NULL;
}

/* Every declared member is in the table, and the other way round, in the same order. */
static void check_names(const char *header, const char *structure, const struct kl_field *fields)
{
    struct names names;
    int32_t count = 0;
    declared(header, structure, &names);
    for (const struct kl_field *field = fields; field->name; field++, count++) {
        if (!has_name(&names, field->name)) {
            fail_msg("struct %s has no member %s", structure, field->name);
        }
        if (count >= names.count || strcmp(names.name[count], field->name) != 0) {
            fail_msg("struct %s: member %d is not %s", structure, count, field->name);
        }
        if (field->type == KL_FIELD_STRUCT) {
            check_names(header, structure_of(field), field->fields);
        }
    }
    if (count != names.count) {
        fail_msg("struct %s: %d members, %d in the table", structure, names.count, count);
    }
}

/* The headers with parameter structs, one after the other. */
static void read_headers(struct kl_buffer *text)
{
    static const char folder[] = "device/include/kinglet/nn/";
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (strncmp(file->path, folder, sizeof folder - 1) == 0) {
            kl_buffer_append(text, file->data, file->size);
        }
    }
}

static void test_all_members_are_listed(void **state)
{
    struct kl_buffer headers = KL_BUFFER(1 << 20);
    (void)state;
    read_headers(&headers);
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        enum kl_kernel_id kernel = (enum kl_kernel_id)k;
        check_names(headers.data, kl_kernel_struct(kernel), kl_kernel_fields(kernel));
    }
    kl_buffer_free(&headers);
}

static size_t size_of(const struct kl_field *field)
{
    return field->type == KL_FIELD_POINTER ? sizeof(void *) : sizeof(int32_t);
}

/* Mark the bytes of all fields; none may be marked twice. */
static void mark(const struct kl_field *fields, size_t base, unsigned char *marks)
{
    for (const struct kl_field *field = fields; field->name; field++) {
        if (field->type == KL_FIELD_STRUCT) {
            mark(field->fields, base + field->offset, marks);
            continue;
        }
        assert_true(field->count >= 1);
        assert_true(field->inner == 0 || field->count % field->inner == 0);
        for (size_t i = 0; i < size_of(field) * (size_t)field->count; i++) {
            assert_int_equal(marks[base + field->offset + i], 0);
            marks[base + field->offset + i] = 1;
        }
    }
}

/* Together the fields cover the struct; what is left is less than one pointer's alignment. */
static void test_all_bytes_are_covered(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        enum kl_kernel_id kernel = (enum kl_kernel_id)k;
        unsigned char marks[STRUCT_BYTES] = {0};
        size_t bytes = kl_kernel_params_bytes(kernel);
        assert_true(bytes < STRUCT_BYTES);
        mark(kl_kernel_fields(kernel), 0, marks);
        for (size_t i = 0; i < bytes; i++) {
            bool padding = (i | (sizeof(void *) - 1)) < bytes && i % sizeof(void *) >= 4;
            if (!marks[i] && !padding) {
                fail_msg("struct %s: byte %zu is in no field", kl_kernel_struct(kernel), i);
            }
        }
        assert_int_equal(marks[bytes], 0);
    }
}

static void test_every_kernel_has_a_header(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        enum kl_kernel_id kernel = (enum kl_kernel_id)k;
        char path[512];
        char opening[128];
        struct kl_bytes header;
        struct kl_diag diag = {0};
        struct kl_arena *arena = kl_arena_create(1 << 20);
        snprintf(path, sizeof path, "%s/device/%s", KINGLET_SOURCE_DIR, kl_kernel_header(kernel));
        assert_int_equal(kl_file_read(path, 1 << 18, arena, &header, &diag), KL_OK);
        snprintf(opening, sizeof opening, "%s(", kl_kernel_function(kernel));
        bool defines = strstr((const char *)header.data, opening) != NULL;
        snprintf(opening, sizeof opening, "(%s,", kl_kernel_function(kernel));
        if (!defines && !strstr((const char *)header.data, opening)) {
            fail_msg("%s does not define %s", path, kl_kernel_function(kernel));
        }
        kl_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_members_are_listed),
        cmocka_unit_test(test_all_bytes_are_covered),
        cmocka_unit_test(test_every_kernel_has_a_header),
    };
    return cmocka_run_group_tests_name("emit fields", tests, NULL, NULL);
}
