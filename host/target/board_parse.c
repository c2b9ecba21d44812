/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of board files (docs/spec/board-file.md). A board file may come from anyone: it can
 * name only programs and options that cannot do more than compile for and emulate a board.
 */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "target/board.h"
#include "base/nearest.h"
#include "target/quantity.h"

enum { MAX_TEXT_BYTES = 200, MAX_LIST = 32, MAX_FIELDS = 16 };

struct reader {
    yaml_document_t *document;
    const char *origin;
    struct kl_arena *arena;
    struct kl_diag *diag;
};

/* One key of a mapping: its value goes to the member at `offset`. */
struct field {
    const char *name;
    enum kl_err (*read)(struct reader *reader, const struct field *field, const yaml_node_t *value,
                        void *member);
    size_t offset;
    bool required;
};

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static enum kl_err refuse(struct reader *reader, const struct field *field,
                          const yaml_node_t *value, const char *expected)
{
    return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: %s: expected %s", reader->origin,
                   line_of(value), field->name, expected);
}

/* The text of a scalar, when it is 1 to MAX_TEXT_BYTES long and free of control characters. */
static const char *scalar_text(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0 ||
        node->data.scalar.length > MAX_TEXT_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < node->data.scalar.length; i++) {
        if (node->data.scalar.value[i] < 0x20 || node->data.scalar.value[i] == 0x7f) {
            return NULL;
        }
    }
    return (const char *)node->data.scalar.value;
}

static enum kl_err store_text(struct reader *reader, const char *text, const char **member)
{
    *member = kl_arena_copy(reader->arena, text, strlen(text) + 1);
    return *member ? KL_OK : KL_FAIL_MEMORY(reader->diag);
}

static bool is_identifier(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    return text && text[0] != '-' && text[0] != '.' && text[strspn(text, letters)] == '\0';
}

static enum kl_err read_text(struct reader *reader, const struct field *field,
                             const yaml_node_t *value, void *member)
{
    const char *text = scalar_text(value);
    if (!text) {
        return refuse(reader, field, value, "a text of 1 to 200 characters on one line");
    }
    return store_text(reader, text, member);
}

static enum kl_err read_identifier(struct reader *reader, const struct field *field,
                                   const yaml_node_t *value, void *member)
{
    const char *text = scalar_text(value);
    if (!is_identifier(text)) {
        return refuse(reader, field, value, "a name of letters, digits, '.', '_' and '-'");
    }
    return store_text(reader, text, member);
}

static enum kl_err read_program(struct reader *reader, const struct field *field,
                                const yaml_node_t *value, void *member)
{
    const char *text = scalar_text(value);
    if (!is_identifier(text) || strncmp(text, "qemu-system-", 12) != 0) {
        return refuse(reader, field, value, "a name of the form qemu-system-ARCHITECTURE");
    }
    return store_text(reader, text, member);
}

static enum kl_err read_flag(struct reader *reader, const struct field *field,
                             const yaml_node_t *value, void *member)
{
    const char *text = scalar_text(value);
    if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)) {
        return refuse(reader, field, value, "true or false");
    }
    *(bool *)member = text[0] == 't';
    return KL_OK;
}

static bool quantity(const yaml_node_t *value, enum kl_quantity kind, uint32_t *number)
{
    const char *text = scalar_text(value);
    return text && kl_quantity_parse(text, strlen(text), kind, number);
}

static enum kl_err read_clock(struct reader *reader, const struct field *field,
                              const yaml_node_t *value, void *member)
{
    uint32_t *hertz = member;
    if (!quantity(value, KL_QUANTITY_FREQUENCY, hertz) || *hertz == 0) {
        return refuse(reader, field, value, "a frequency such as 25 MHz, up to 4 GHz");
    }
    return KL_OK;
}

static enum kl_err read_address(struct reader *reader, const struct field *field,
                                const yaml_node_t *value, void *member)
{
    if (!quantity(value, KL_QUANTITY_NUMBER, member)) {
        return refuse(reader, field, value, "a 32-bit address such as 0x20000000");
    }
    return KL_OK;
}

static enum kl_err read_size(struct reader *reader, const struct field *field,
                             const yaml_node_t *value, void *member)
{
    uint32_t *bytes = member;
    if (!quantity(value, KL_QUANTITY_BYTES, bytes) || *bytes == 0) {
        return refuse(reader, field, value, "a size such as 256 KiB, below 4 GiB");
    }
    return KL_OK;
}

/* A NULL-terminated list of texts; NULL with an error already recorded. */
static const char **read_texts(struct reader *reader, const struct field *field,
                               const yaml_node_t *value, size_t *count)
{
    const yaml_node_item_t *first = NULL;
    size_t length = 0;
    if (value->type == YAML_SEQUENCE_NODE) {
        first = value->data.sequence.items.start;
        length = (size_t)(value->data.sequence.items.top - first);
    }
    if (length == 0 || length > MAX_LIST) {
        (void)refuse(reader, field, value, "a list of 1 to 32 texts");
        return NULL;
    }
    const char **texts = KL_NEW(reader->arena, const char *, length + 1);
    if (!texts) {
        (void)KL_FAIL_MEMORY(reader->diag);
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        const yaml_node_t *item = yaml_document_get_node(reader->document, first[i]);
        if (read_text(reader, field, item, &texts[i]) != KL_OK) {
            return NULL;
        }
    }
    *count = length;
    return texts;
}

static enum kl_err read_sources(struct reader *reader, const struct field *field,
                                const yaml_node_t *value, void *member)
{
    size_t count;
    const char **texts = read_texts(reader, field, value, &count);
    *(const char *const **)member = texts;
    return texts ? KL_OK : reader->diag->err;
}

static enum kl_err read_cflags(struct reader *reader, const struct field *field,
                               const yaml_node_t *value, void *member)
{
    size_t count;
    const char **texts = read_texts(reader, field, value, &count);
    if (!texts) {
        return reader->diag->err;
    }
    /* They end up in a makefile: nothing in them may mean anything to make or to a shell. */
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-_.=+";
    for (size_t i = 0; i < count; i++) {
        if (strncmp(texts[i], "-m", 2) != 0 || texts[i][strspn(texts[i], harmless)] != '\0') {
            return refuse(reader, field, value, "flags that choose the architecture (-m...)");
        }
    }
    *(const char *const **)member = texts;
    return KL_OK;
}

/* Options of QEMU that a board may need, and cannot misuse. */
static bool is_harmless(const char *option, const char *value)
{
    static const char *const options[] = {"-cpu", "-m", "-semihosting-config"};
    if (strcmp(option, "-bios") == 0) {
        return strcmp(value, "none") == 0;
    }
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(option, options[i]) == 0) {
            return value[0] != '-';
        }
    }
    return false;
}

static enum kl_err read_arguments(struct reader *reader, const struct field *field,
                                  const yaml_node_t *value, void *member)
{
    size_t count;
    const char **texts = read_texts(reader, field, value, &count);
    if (!texts) {
        return reader->diag->err;
    }
    for (size_t i = 0; i < count; i += 2) {
        if (i + 1 == count || !is_harmless(texts[i], texts[i + 1])) {
            return refuse(reader, field, value,
                          "pairs of an option and its value; options: -cpu, -m, "
                          "-semihosting-config, -bios none");
        }
    }
    *(const char *const **)member = texts;
    return KL_OK;
}

static const struct field *find_field(const char *name, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static enum kl_err unknown_key(struct reader *reader, const yaml_node_t *key,
                               const struct field *fields, size_t count)
{
    const char *names[MAX_FIELDS];
    for (size_t i = 0; i < count; i++) {
        names[i] = fields[i].name;
    }
    const char *text = scalar_text(key);
    const char *nearest = text ? kl_nearest(text, names, count) : NULL;
    return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: unknown key '%.64s'%s%s%s", reader->origin,
                   line_of(key), text ? text : "?", nearest ? "; did you mean '" : "",
                   nearest ? nearest : "", nearest ? "'?" : "");
}

static enum kl_err read_pair(struct reader *reader, const yaml_node_pair_t *pair,
                             const struct field *fields, size_t count, void *target, bool *seen)
{
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
    const char *text = scalar_text(key);
    const struct field *field = text ? find_field(text, fields, count) : NULL;
    if (!field) {
        return unknown_key(reader, key, fields, count);
    }
    if (seen[field - fields]) {
        return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: key '%s' appears twice", reader->origin,
                       line_of(key), text);
    }
    seen[field - fields] = true;
    return field->read(reader, field, value, (char *)target + field->offset);
}

/* Read a mapping into the struct at `target`; `what` names it in messages. */
static enum kl_err read_mapping(struct reader *reader, const char *what, const yaml_node_t *node,
                                const struct field *fields, size_t count, void *target)
{
    bool seen[MAX_FIELDS] = {false};
    if (node->type != YAML_MAPPING_NODE) {
        return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: %s: expected keys and values",
                       reader->origin, line_of(node), what);
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        KL_TRY(read_pair(reader, pair, fields, count, target, seen));
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && !seen[i]) {
            return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: %s: key '%s' is missing",
                           reader->origin, line_of(node), what, fields[i].name);
        }
    }
    return KL_OK;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum kl_err read_range(struct reader *reader, const struct field *field,
                              const yaml_node_t *value, void *member)
{
    static const struct field fields[] = {
        {"origin", read_address, offsetof(struct kl_memory_range, origin), true},
        {"size", read_size, offsetof(struct kl_memory_range, bytes), true},
    };
    struct kl_memory_range *range = member;
    KL_TRY(read_mapping(reader, field->name, value, fields, COUNT(fields), range));
    if (range->bytes - 1 > UINT32_MAX - range->origin) {
        return refuse(reader, field, value, "a range that ends below 4 GiB");
    }
    return KL_OK;
}

static enum kl_err read_emulation(struct reader *reader, const struct field *field,
                                  const yaml_node_t *value, void *member)
{
    static const struct field fields[] = {
        {"program", read_program, offsetof(struct kl_board_emulation, program), true},
        {"machine", read_identifier, offsetof(struct kl_board_emulation, machine), true},
        {"arguments", read_arguments, offsetof(struct kl_board_emulation, arguments), false},
        {"mailbox", read_range, offsetof(struct kl_board_emulation, mailbox), false},
    };
    static const char *const none[] = {NULL};
    struct kl_board_emulation *emulation = member;
    emulation->arguments = none;
    return read_mapping(reader, field->name, value, fields, COUNT(fields), emulation);
}

static const struct field board_fields[] = {
    {"name", read_identifier, offsetof(struct kl_board, name), true},
    {"title", read_text, offsetof(struct kl_board, title), true},
    {"core", read_identifier, offsetof(struct kl_board, core), true},
    {"port", read_identifier, offsetof(struct kl_board, port), true},
    {"toolchain", read_identifier, offsetof(struct kl_board, toolchain), true},
    {"cflags", read_cflags, offsetof(struct kl_board, cflags), true},
    {"clock", read_clock, offsetof(struct kl_board, clock_hz), true},
    {"fpu", read_flag, offsetof(struct kl_board, has_fpu), true},
    {"flash", read_range, offsetof(struct kl_board, flash), true},
    {"ram", read_range, offsetof(struct kl_board, ram), true},
    {"emulation", read_emulation, offsetof(struct kl_board, emulation), false},
    {"sources", read_sources, offsetof(struct kl_board, sources), true},
};
_Static_assert(COUNT(board_fields) <= MAX_FIELDS, "MAX_FIELDS is too small");

static bool overlap(const struct kl_memory_range *a, const struct kl_memory_range *b)
{
    return a->bytes > 0 && b->bytes > 0 && (uint64_t)a->origin < (uint64_t)b->origin + b->bytes &&
           (uint64_t)b->origin < (uint64_t)a->origin + a->bytes;
}

static enum kl_err check_memory(struct reader *reader, const struct kl_board *board)
{
    const struct kl_memory_range *mailbox = &board->emulation.mailbox;
    if (overlap(&board->flash, &board->ram) || overlap(&board->flash, mailbox) ||
        overlap(&board->ram, mailbox)) {
        return kl_fail(reader->diag, KL_EINPUT, "%s: flash, ram and mailbox must not overlap",
                       reader->origin);
    }
    return KL_OK;
}

static enum kl_err read_document(struct reader *reader, struct kl_board *board)
{
    const yaml_node_t *root = yaml_document_get_root_node(reader->document);
    if (!root) {
        return kl_fail(reader->diag, KL_EINPUT, "%s: empty; expected a board description",
                       reader->origin);
    }
    KL_TRY(read_mapping(reader, "board", root, board_fields, COUNT(board_fields), board));
    return check_memory(reader, board);
}

/* Load the next document of the stream and read it with `board`; NULL: there must be none. */
static enum kl_err load_document(yaml_parser_t *parser, struct reader *reader,
                                 struct kl_board *board)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        return kl_fail(reader->diag, KL_EINPUT, "%s:%zu: not YAML: %s", reader->origin,
                       parser->problem_mark.line + 1,
                       parser->problem ? parser->problem : "out of memory");
    }
    reader->document = &document;
    enum kl_err err = KL_OK;
    if (board) {
        err = read_document(reader, board);
    } else if (yaml_document_get_root_node(&document)) {
        err = kl_fail(reader->diag, KL_EINPUT, "%s: more than one YAML document", reader->origin);
    }
    yaml_document_delete(&document);
    return err;
}

enum kl_err kl_board_parse(const char *text, size_t bytes, const char *origin,
                           struct kl_arena *arena, const struct kl_board **board,
                           struct kl_diag *diag)
{
    struct reader reader = {.origin = origin, .arena = arena, .diag = diag};
    struct kl_board *result = KL_NEW(arena, struct kl_board, 1);
    if (!result) {
        return KL_FAIL_MEMORY(diag);
    }
    if (bytes > KL_BOARD_FILE_BYTES) {
        return kl_fail(diag, KL_ELIMIT, "%s: %zu bytes; a board file has at most %d", origin, bytes,
                       (int)KL_BOARD_FILE_BYTES);
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return KL_FAIL_MEMORY(diag);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    enum kl_err err = load_document(&parser, &reader, result);
    if (err == KL_OK) {
        err = load_document(&parser, &reader, NULL);
    }
    yaml_parser_delete(&parser);
    *board = err == KL_OK ? result : NULL;
    return err;
}
