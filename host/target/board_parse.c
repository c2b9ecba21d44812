/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of board files (docs/spec/board-file.md). A board file may come from anyone: it can
 * name only programs and options that cannot do more than compile for and emulate a board.
 */
#include <string.h>

#include "target/board.h"
#include "target/board_memory.h"
#include "target/fact_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_HISTORY = 64, LEAST_DIGITS = 12, MOST_DIGITS = 64 };

static const char *const none[] = {NULL};

/* A board under construction: what is NULL was not given. */
struct draft {
    struct kl_board board;
    const bool *fpu;
    const struct kl_yaml *flash, *sources, *facts, *history, *core;
};

static enum kl_err keep_node(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    (void)reader;
    (void)field;
    *(const struct kl_yaml **)member = value;
    return KL_OK;
}

static enum kl_err read_program(struct reader *reader, const struct field *field,
                                const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    *(const char **)member = text;
    return record_is_name(text) && strncmp(text, "qemu-system-", 12) == 0
               ? KL_OK
               : record_refuse(reader, field->name, value,
                               "a name of the form qemu-system-ARCHITECTURE");
}

static enum kl_err read_fpu(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member)
{
    bool *flag = KL_NEW(reader->arena, bool, 1);
    if (!flag) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    *(const bool **)member = flag;
    return record_read_flag(reader, field, value, flag);
}

static enum kl_err read_clock(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member)
{
    uint32_t *hertz = member;
    return board_whole(value, KL_PER_SECOND, hertz) && *hertz > 0
               ? KL_OK
               : record_refuse(reader, field->name, value,
                               "a frequency such as 25 MHz, up to 4 GHz");
}

/* Options of QEMU that a board may need, and cannot misuse. */
static bool is_harmless(const char *option, const char *value)
{
    static const char *const options[] = {"-cpu", "-m", "-semihosting-config"};
    if (strcmp(option, "-bios") == 0) {
        return strcmp(value, "none") == 0;
    }
    for (size_t i = 0; i < COUNT(options); i++) {
        if (strcmp(option, options[i]) == 0) {
            return value[0] != '-';
        }
    }
    return false;
}

static enum kl_err read_arguments(struct reader *reader, const struct field *field,
                                  const struct kl_yaml *value, void *member)
{
    const char *const *texts = NULL;
    KL_TRY(record_read_texts(reader, field, value, &texts));
    for (size_t i = 0; texts[i]; i += 2) {
        if (!texts[i + 1] || !is_harmless(texts[i], texts[i + 1])) {
            return record_refuse(reader, field->name, value,
                                 "pairs of an option and its value; options: -cpu, -m, "
                                 "-semihosting-config, -bios none");
        }
    }
    *(const char *const **)member = texts;
    return KL_OK;
}

static enum kl_err read_emulation(struct reader *reader, const struct field *field,
                                  const struct kl_yaml *value, void *member)
{
    static const struct field fields[] = {
        {"program", read_program, offsetof(struct kl_board_emulation, program), true},
        {"machine", record_read_name, offsetof(struct kl_board_emulation, machine), true},
        {"arguments", read_arguments, offsetof(struct kl_board_emulation, arguments), false},
        {"mailbox", board_read_range, offsetof(struct kl_board_emulation, mailbox), false},
        {"pflash", board_read_range, offsetof(struct kl_board_emulation, pflash), false},
    };
    struct kl_board_emulation *emulation = member;
    emulation->arguments = none;
    return record_read(reader, field->name, value, fields, COUNT(fields), emulation);
}

/* First digits of a model's SHA-256. */
static enum kl_err read_model(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    size_t length = text ? strlen(text) : 0;
    *(const char **)member = text;
    return length >= LEAST_DIGITS && length <= MOST_DIGITS &&
                   strspn(text, "0123456789abcdef") == length
               ? KL_OK
               : record_refuse(reader, field->name, value,
                               "12 to 64 lower-case hexadecimal digits of the model's SHA-256");
}

static enum kl_err read_day(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member)
{
    *(const char **)member = record_text(value);
    return fact_is_day(record_text(value))
               ? KL_OK
               : record_refuse(reader, field->name, value, "a day such as 2026-11-23");
}

static enum kl_err read_positive(struct reader *reader, const struct field *field,
                                 const struct kl_yaml *node, struct kl_dimension dimension,
                                 double *member)
{
    struct kl_value value;
    const char *text = record_text(node);
    bool good = text && kl_value_parse(text, strlen(text), &value) && value.value > 0 &&
                kl_dimension_equal(value.dimension, dimension);
    *member = good ? value.value : 0;
    return good ? KL_OK : record_refuse(reader, field->name, node, kl_dimension_example(dimension));
}

static enum kl_err read_seconds(struct reader *reader, const struct field *field,
                                const struct kl_yaml *value, void *member)
{
    return read_positive(reader, field, value, KL_SECONDS, member);
}

static enum kl_err read_joules(struct reader *reader, const struct field *field,
                               const struct kl_yaml *value, void *member)
{
    return read_positive(reader, field, value, KL_JOULES, member);
}

static enum kl_err read_history(struct reader *reader, const struct kl_yaml *node,
                                struct kl_board *board)
{
    static const struct field fields[] = {
        {"model", read_model, offsetof(struct kl_measurement, model_sha256), true},
        {"latency", read_seconds, offsetof(struct kl_measurement, latency_seconds), false},
        {"energy", read_joules, offsetof(struct kl_measurement, energy_joules), false},
        {"date", read_day, offsetof(struct kl_measurement, date), true},
        {"by", record_read_text, offsetof(struct kl_measurement, by), true},
        {"tool", record_read_text, offsetof(struct kl_measurement, tool), false},
    };
    if (node->kind != KL_YAML_LIST || node->count > MAX_HISTORY) {
        return record_refuse(reader, "history", node, "a list of at most 64 measurements");
    }
    struct kl_measurement *list = KL_NEW(reader->arena, struct kl_measurement, node->count);
    if (!list) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    for (size_t i = 0; i < node->count; i++) {
        KL_TRY(record_read(reader, "history", node->items[i], fields, COUNT(fields), &list[i]));
        list[i].has_latency = list[i].latency_seconds > 0;
        list[i].has_energy = list[i].energy_joules > 0;
        if (!list[i].has_latency && !list[i].has_energy) {
            return record_refuse(reader, "history", node->items[i], "a latency, an energy or both");
        }
    }
    board->history = list;
    board->history_count = node->count;
    return KL_OK;
}

static enum kl_err read_fact(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    size_t id = field->offset / sizeof(struct kl_fact);
    return fact_read(reader, &kl_fact_kinds[id], reader->context, value, member);
}

static enum kl_err read_facts(struct reader *reader, const struct kl_yaml *node,
                              struct kl_board *board)
{
    struct field fields[KL_FACT_COUNT];
    _Static_assert((int)KL_FACT_COUNT <= RECORD_MAX_FIELDS, "RECORD_MAX_FIELDS is too small");
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        fields[i] =
            (struct field){kl_fact_kinds[i].key, read_fact, i * sizeof(struct kl_fact), false};
    }
    reader->context = board->source_list;
    return record_read(reader, "facts", node, fields, KL_FACT_COUNT, board->facts);
}

/* Sources as keys that facts name, or as a list of texts. */
static enum kl_err read_sources(struct reader *reader, const struct kl_yaml *node,
                                struct kl_board *board)
{
    static const struct field field = {"sources", NULL, 0, true};
    if (node->kind == KL_YAML_LIST) {
        return record_read_texts(reader, &field, node, &board->sources);
    }
    KL_TRY(sources_read(reader, node, &board->source_list));
    const char **texts = KL_NEW(reader->arena, const char *, node->count + 1);
    for (size_t i = 0; texts && i < node->count; i++) {
        const struct kl_source *s = &board->source_list[i];
        texts[i] = s->url ? kl_arena_printf(reader->arena, "%s, %s", s->title, s->url) : s->title;
        if (!texts[i]) {
            return KL_FAIL_MEMORY(reader->diag);
        }
    }
    board->sources = texts;
    return texts ? KL_OK : KL_FAIL_MEMORY(reader->diag);
}

/* A core that the program does not know, described by the board file itself. */
static enum kl_err own_core(struct reader *reader, const struct draft *draft,
                            const struct kl_core **core)
{
    const struct kl_board *board = &draft->board;
    struct kl_core *own = KL_NEW(reader->arena, struct kl_core, 1);
    if (!own) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    *own = (struct kl_core){.name = board->core,
                            .title = board->core,
                            .isa = none,
                            .toolchain = board->toolchain,
                            .cflags = board->cflags,
                            .has_fpu = *draft->fpu};
    *core = own;
    return KL_OK;
}

static enum kl_err find_core(struct reader *reader, const struct draft *draft,
                             const struct kl_core **core)
{
    size_t count;
    const struct kl_board *board = &draft->board;
    const char *const *names = kl_core_names(reader->arena, &count);
    if (!names) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], board->core) == 0) {
            return kl_core_find(board->core, reader->arena, core, reader->diag);
        }
    }
    bool described = board->toolchain && board->cflags && draft->fpu;
    return described ? own_core(reader, draft, core)
                     : record_unknown(reader, draft->core, "core", names, count);
}

/* What the file does not say about building comes from the core. */
static enum kl_err complete_core(struct reader *reader, struct draft *draft)
{
    struct kl_board *board = &draft->board;
    KL_TRY(find_core(reader, draft, &board->core_facts));
    const struct kl_core *core = board->core_facts;
    board->toolchain = board->toolchain ? board->toolchain : core->toolchain;
    board->cflags = board->cflags ? board->cflags : core->cflags;
    board->has_fpu = draft->fpu ? *draft->fpu : core->has_fpu;
    return KL_OK;
}

/* Sizes and clock that only the facts state; what does not fit 32 bits is left out. */
static void complete_from_facts(struct kl_board *board)
{
    const struct {
        enum kl_fact_id id;
        uint32_t *member;
    } rows[] = {
        {KL_FACT_ID_clock, &board->clock_hz},
        {KL_FACT_ID_ram, &board->ram.bytes},
        {KL_FACT_ID_flash, &board->flash.bytes},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct kl_fact *fact = &board->facts[rows[i].id];
        if (*rows[i].member == 0 && fact->known && fact->value.value <= UINT32_MAX) {
            *rows[i].member = (uint32_t)fact->value.value;
        }
    }
}

static bool overlap(const struct kl_memory_range *a, const struct kl_memory_range *b)
{
    return a->bytes > 0 && b->bytes > 0 && (uint64_t)a->origin < (uint64_t)b->origin + b->bytes &&
           (uint64_t)b->origin < (uint64_t)a->origin + a->bytes;
}

/* A board that firmware is built for needs its memory map. */
static enum kl_err check_port(struct reader *reader, const struct kl_yaml *root,
                              const struct kl_board *board)
{
    static const char *const keys[] = {"clock", "flash", "ram"};
    const struct kl_memory_range *mailbox = &board->emulation.mailbox;
    for (size_t i = 0; board->port && i < COUNT(keys); i++) {
        if (!kl_yaml_get(root, keys[i])) {
            return kl_yaml_fail(root, reader->diag,
                                "board: key '%s' is missing (a board with a port needs it)",
                                keys[i]);
        }
    }
    if (board->emulation.machine && !board->port) {
        return kl_yaml_fail(root, reader->diag,
                            "board: key 'port' is missing (an emulated board needs it)");
    }
    if (overlap(&board->flash, &board->ram) || overlap(&board->flash, mailbox) ||
        overlap(&board->ram, mailbox)) {
        return kl_yaml_fail(root, reader->diag, "flash, ram and mailbox must not overlap");
    }
    return KL_OK;
}

static enum kl_err read_board(struct reader *reader, const struct kl_yaml *root,
                              struct draft *draft)
{
    static const struct field fields[] = {
        {"name", record_read_name, offsetof(struct draft, board.name), true},
        {"title", record_read_text, offsetof(struct draft, board.title), true},
        {"core", record_read_name, offsetof(struct draft, board.core), true},
        {"port", record_read_name, offsetof(struct draft, board.port), false},
        {"toolchain", record_read_name, offsetof(struct draft, board.toolchain), false},
        {"cflags", record_read_cflags, offsetof(struct draft, board.cflags), false},
        {"clock", read_clock, offsetof(struct draft, board.clock_hz), false},
        {"fpu", read_fpu, offsetof(struct draft, fpu), false},
        {"flash", board_read_range, offsetof(struct draft, board.flash), false},
        {"ram", board_read_range, offsetof(struct draft, board.ram), false},
        {"emulation", read_emulation, offsetof(struct draft, board.emulation), false},
        {"device", board_read_device, offsetof(struct draft, board.device), false},
        {"sources", keep_node, offsetof(struct draft, sources), true},
        {"facts", keep_node, offsetof(struct draft, facts), false},
        {"history", keep_node, offsetof(struct draft, history), false},
    };
    KL_TRY(record_read(reader, "board", root, fields, COUNT(fields), draft));
    draft->core = kl_yaml_get(root, "core");
    KL_TRY(read_sources(reader, draft->sources, &draft->board));
    if (draft->facts) {
        KL_TRY(read_facts(reader, draft->facts, &draft->board));
    }
    if (draft->history) {
        KL_TRY(read_history(reader, draft->history, &draft->board));
    }
    KL_TRY(check_port(reader, root, &draft->board));
    complete_from_facts(&draft->board);
    return complete_core(reader, draft);
}

enum kl_err kl_board_parse(const char *text, size_t bytes, const char *origin,
                           struct kl_arena *arena, const struct kl_board **board,
                           struct kl_diag *diag)
{
    struct reader reader = {.arena = arena, .diag = diag};
    const struct kl_yaml *root;
    struct draft *draft = KL_NEW(arena, struct draft, 1);
    *board = NULL;
    if (!draft) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(record_parse(text, bytes, origin, &reader, &root));
    draft->board.origin = root->origin;
    KL_TRY(read_board(&reader, root, draft));
    *board = &draft->board;
    return KL_OK;
}
