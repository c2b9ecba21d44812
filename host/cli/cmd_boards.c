/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

enum { ARENA_BYTES = 64 << 20 };

/* Name of a fact's base unit in JSON. */
static const char *unit_name(struct kl_dimension dimension)
{
    static const struct {
        const struct kl_dimension *dimension;
        const char *name;
    } rows[] = {{&KL_BYTES, "bytes"},   {&KL_SECONDS, "s"},
                {&KL_PER_SECOND, "Hz"}, {&KL_AMPERES, "A"},
                {&KL_VOLTS, "V"},       {&KL_CELSIUS, "degC"},
                {&KL_PLAIN, "1"},       {&KL_AMPERES_PER_HERTZ, "A/Hz"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (kl_dimension_equal(*rows[i].dimension, dimension)) {
            return rows[i].name;
        }
    }
    return "1";
}

static json_t *words_json(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t length = strcspn(text, " ");
        if (strncmp(text, "none", length) != 0 || length != 4) {
            json_array_append_new(list, json_stringn(text, length));
        }
        text += length + (text[length] == ' ');
    }
    return list;
}

static json_t *value_json(const struct kl_fact_kind_info *kind, const struct kl_fact *fact)
{
    switch (kind->kind) {
    case KL_FACT_NUMBER:
    case KL_FACT_QUANTITY: return kl_json_number(fact->value.value);
    case KL_FACT_YES: return json_boolean(fact->value.value > 0);
    case KL_FACT_SET: return words_json(fact->text);
    default: return json_string(fact->text);
    }
}

/* A fact like a metric, with its source. */
static json_t *fact_json(const struct kl_fact_kind_info *kind, const struct kl_fact *fact)
{
    json_t *json = json_pack("{s:o, s:s, s:s, s:s, s:b}", "value", value_json(kind, fact), "unit",
                             unit_name(*kind->dimension), "provenance", "datasheet", "source",
                             fact->source->title, "checked", fact->source->read != NULL);
    if (fact->source->url) {
        json_object_set_new(json, "url", json_string(fact->source->url));
    }
    if (fact->where) {
        json_object_set_new(json, "where", json_string(fact->where));
    }
    return json;
}

static json_t *facts_json(const struct kl_board *b)
{
    json_t *facts = json_object();
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        if (b->facts[i].known) {
            json_object_set_new(facts, kl_fact_kinds[i].key,
                                fact_json(&kl_fact_kinds[i], &b->facts[i]));
        }
    }
    return facts;
}

static json_t *history_json(const struct kl_board *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->history_count; i++) {
        const struct kl_measurement *m = &b->history[i];
        json_t *row =
            json_pack("{s:s, s:s, s:s}", "model", m->model_sha256, "date", m->date, "by", m->by);
        if (m->has_latency) {
            json_object_set_new(row, "latency_s", kl_json_number(m->latency_seconds));
        }
        if (m->has_energy) {
            json_object_set_new(row, "energy_j", kl_json_number(m->energy_joules));
        }
        if (m->tool) {
            json_object_set_new(row, "tool", json_string(m->tool));
        }
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *board_json(const struct kl_board *b)
{
    json_t *sources = json_array();
    for (const char *const *s = b->sources; s && *s; s++) {
        json_array_append_new(sources, json_string(*s));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:o, s:o, s:o}", "name",
                     b->name, "title", b->title, "core", b->core, "clock_hz",
                     (json_int_t)b->clock_hz, "flash_bytes", (json_int_t)b->flash.bytes,
                     "ram_bytes", (json_int_t)b->ram.bytes, "fpu", b->has_fpu, "emulated",
                     b->emulation.machine != NULL, "port", kl_board_has_port(b), "sources", sources,
                     "facts", facts_json(b), "history", history_json(b));
}

static const char *size_text(uint32_t bytes, char text[KL_VALUE_BYTES])
{
    return bytes > 0 ? kl_value_format((struct kl_value){bytes, KL_BYTES}, NULL, text) : "unknown";
}

static void print_line(const struct kl_board *b)
{
    char clock[KL_VALUE_BYTES] = "unknown";
    char flash[KL_VALUE_BYTES];
    char ram[KL_VALUE_BYTES];
    if (b->clock_hz > 0) {
        kl_value_format((struct kl_value){b->clock_hz, KL_PER_SECOND}, NULL, clock);
    }
    printf("  %s%-20s%s %-13s %9s  %9s  %9s  %s\n", kl_bold(), b->name, kl_plain(), b->core, clock,
           size_text(b->flash.bytes, flash), size_text(b->ram.bytes, ram), b->title);
}

static bool is_emulated(const struct kl_board *board)
{
    return board->emulation.machine != NULL;
}

static void print_group(const char *title, const struct kl_board *const *boards, size_t count,
                        bool (*belongs)(const struct kl_board *board))
{
    printf("%s%s%s\n  %-20s %-13s %9s  %9s  %9s\n", kl_bold(), title, kl_plain(), "name", "core",
           "clock", "flash", "RAM");
    for (size_t i = 0; i < count; i++) {
        if (belongs(boards[i])) {
            print_line(boards[i]);
        }
    }
}

static void print_list(const struct kl_board *const *boards, size_t count)
{
    print_group("emulated: kinglet builds firmware for these, and runs it", boards, count,
                is_emulated);
    printf("\n");
    print_group("real: `kinglet select` estimates models on these from their facts", boards, count,
                kl_board_is_real);
    printf("\n`kinglet boards NAME` shows what is known of a board, and the sources.\n");
}

static int label_width(void)
{
    size_t width = 0;
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        size_t length = strlen(kl_fact_kinds[i].label);
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_fact(const struct kl_fact_kind_info *kind, const struct kl_fact *fact)
{
    int width = label_width();
    if (!fact->known) {
        printf("  %-*s  unknown ('%s' has no source)\n", width, kind->label, fact->text);
        return;
    }
    printf("  %-*s  %s  [%s%s]%s%s\n", width, kind->label, fact->text, fact->source->key,
           fact->source->read ? "" : ", unchecked", fact->where ? " " : "",
           fact->where ? fact->where : "");
}

/* The keys of what nobody has found yet, as a board file would state them. */
static void print_unknown(const struct kl_board *b)
{
    enum { COLUMNS = 92 };
    size_t used = 0; /* columns of this line */
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        const char *key = kl_fact_kinds[i].key;
        if (b->facts[i].known || b->facts[i].text) {
            continue;
        }
        if (used == 0) {
            printf("\nunknown\n ");
        } else if (used + strlen(key) + 1 > COLUMNS) {
            printf("\n ");
            used = 1;
        }
        used += strlen(key) + 1;
        printf(" %s", key);
    }
    printf("%s", used ? "\n" : "");
}

static void print_history(const struct kl_board *b)
{
    for (size_t i = 0; i < b->history_count; i++) {
        const struct kl_measurement *m = &b->history[i];
        char latency[KL_VALUE_BYTES] = "-";
        char energy[KL_VALUE_BYTES] = "-";
        if (m->has_latency) {
            kl_value_format((struct kl_value){m->latency_seconds, KL_SECONDS}, NULL, latency);
        }
        if (m->has_energy) {
            kl_value_format((struct kl_value){m->energy_joules, KL_JOULES}, NULL, energy);
        }
        printf("%s  model %.12s: latency %s, energy %s; %s by %s%s%s\n",
               i == 0 ? "\nmeasured\n" : "", m->model_sha256, latency, energy, m->date, m->by,
               m->tool ? ", " : "", m->tool ? m->tool : "");
    }
}

static void print_sources(const struct kl_board *b)
{
    printf("\nsources\n");
    for (const struct kl_source *s = b->source_list; s && s->key; s++) {
        printf("  %-8s %s%s%s%s%s\n", s->key, s->title, s->url ? ", " : "", s->url ? s->url : "",
               s->read ? ", compared on " : ", not compared", s->read ? s->read : "");
    }
    for (const char *const *s = b->source_list ? NULL : b->sources; s && *s; s++) {
        printf("  %s\n", *s);
    }
}

static void print_board(const struct kl_board *b)
{
    char flash[KL_VALUE_BYTES];
    char ram[KL_VALUE_BYTES];
    printf("%s%s%s: %s\n", kl_bold(), b->name, kl_plain(), b->title);
    printf("%s%s, %s flash, %s RAM%s; %s\n\n", b->core, b->has_fpu ? " with FPU" : "",
           size_text(b->flash.bytes, flash), size_text(b->ram.bytes, ram),
           b->emulation.machine ? ", emulated" : "",
           kl_board_has_port(b) ? "kinglet builds firmware for it"
                                : "no firmware port yet: `kinglet select` estimates it");
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        if (b->facts[i].known || b->facts[i].text) {
            print_fact(&kl_fact_kinds[i], &b->facts[i]);
        }
    }
    print_unknown(b);
    print_history(b);
    print_sources(b);
}

static enum kl_err show(const char *wanted, const struct kl_common *common, struct kl_arena *arena,
                        struct kl_result *result, struct kl_diag *diag)
{
    const struct kl_board *one;
    const struct kl_board *const *boards = &one;
    size_t count = 1;
    if (wanted) {
        KL_TRY(kl_board_find(wanted, arena, &one, diag));
    } else {
        KL_TRY(kl_board_list(arena, &boards, &count, diag));
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, board_json(boards[i]));
    }
    kl_result_detail(result, "boards", list);
    if (!common->json && wanted) {
        print_board(one);
    } else if (!common->json) {
        print_list(boards, count);
    }
    return KL_OK;
}

int kl_cmd_boards(int argc, char **argv, const struct kl_command *self)
{
    const char *wanted = NULL;
    const char *named = NULL;
    struct kl_common common = {0};
    const struct kl_option options[] = {
        {.name = "--board",
         .argument = "B",
         .help = "as BOARD: show this board (or board file), its facts and their sources",
         .text = &wanted},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &common, &named, 1, &status)) {
        return status;
    }
    if (wanted && named) {
        kl_fail(&diag, KL_EUSAGE, "unexpected argument '%.200s' beside --board", named);
        return kl_report(&diag);
    }
    wanted = named ? named : wanted;
    struct kl_result result;
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    kl_result_init(&result, self->name);
    enum kl_err err = arena ? show(wanted, &common, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    status = kl_finish(&result, &common, err, false, &diag);
    kl_arena_free(arena);
    return status;
}
