/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/data_job.h"
#include "data/import.h"

#define ARENA_BYTES ((size_t)4 << 30)

struct import_options {
    struct kl_common common;
    const char *kind, *labels, *table, *rate, *segment, *separator;
    struct kl_strings tags, rates;
    int64_t skip_lines, max_skipped;
    struct kl_import import;
    struct kl_table read_table;
};

static enum kl_err set_kind(struct import_options *o, struct kl_diag *diag)
{
    if (o->kind && strcmp(o->kind, "table") != 0 && strcmp(o->kind, "series") != 0) {
        return kl_fail(diag, KL_EUSAGE, "--kind is series or table, not '%.60s'", o->kind);
    }
    o->import.read.kind = o->kind && strcmp(o->kind, "table") == 0 ? KL_DATA_TABLE : KL_DATA_SERIES;
    return KL_OK;
}

static enum kl_err set_separator(struct import_options *o, struct kl_diag *diag)
{
    const char *text = o->separator;
    bool tab = text && strcmp(text, "tab") == 0;
    if (text && !tab && (strlen(text) != 1 || strchr("\"\n\r .-+0123456789", text[0]))) {
        return kl_fail(diag, KL_EUSAGE, "--separator is one character, or tab");
    }
    o->import.read.separator = (char)(tab ? '\t' : text ? text[0] : 0);
    return KL_OK;
}

/* --labels folder is the pattern that says it. */
static enum kl_err set_labels(struct import_options *o, struct kl_diag *diag)
{
    if (!o->labels) {
        return KL_OK;
    }
    if (strcmp(o->labels, "folder") != 0 || o->import.pattern) {
        return kl_fail(diag, KL_EUSAGE,
                       "--labels is folder; --pattern says how file names name the label");
    }
    o->import.pattern = "{label}/{}";
    return KL_OK;
}

static enum kl_err set_tags(struct import_options *o, struct kl_arena *arena, struct kl_diag *diag)
{
    const char *all = "";
    for (int i = 0; i < o->tags.count; i++) {
        const char *equals = strchr(o->tags.items[i], '=');
        if (!equals || equals == o->tags.items[i] || strpbrk(equals + 1, ",=")) {
            return kl_fail(diag, KL_EUSAGE, "--tag is KEY=VALUE, not '%.60s'", o->tags.items[i]);
        }
        all = kl_arena_printf(arena, "%s%s%s", all, i ? "," : "", o->tags.items[i]);
        if (!all) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    o->import.tags = all;
    return KL_OK;
}

static enum kl_err set_numbers(struct import_options *o, struct kl_diag *diag)
{
    struct kl_import *import = &o->import;
    KL_TRY(kl_real_option("--rate", o->rate, &import->rate, diag));
    KL_TRY(kl_real_option("--segment", o->segment, &import->segment, diag));
    if (o->skip_lines > 1000000) {
        return kl_fail(diag, KL_EUSAGE, "--skip-lines takes at most a million");
    }
    import->read.skip_lines = (int32_t)o->skip_lines;
    import->any_share = o->max_skipped >= 0;
    import->max_skipped = import->any_share ? o->max_skipped : 10;
    import->source_rate_count = o->rates.count;
    for (int i = 0; i < o->rates.count; i++) {
        import->source_rates[i] = o->rates.items[i];
    }
    return KL_OK;
}

static enum kl_err check_texts(const struct import_options *o, struct kl_diag *diag)
{
    const char *const texts[] = {o->import.source, o->import.licence, o->import.unit};
    for (int i = 0; i < 3; i++) {
        if (texts[i] && !kl_data_is_text(texts[i])) {
            return kl_fail(diag, KL_EUSAGE,
                           "--source, --licence and --unit are lines of UTF-8 shorter than 1 KiB");
        }
    }
    const char *unit = o->import.read.time_unit;
    bool known =
        !unit || strcmp(unit, "s") == 0 || strcmp(unit, "ms") == 0 || strcmp(unit, "us") == 0;
    return known ? KL_OK : kl_fail(diag, KL_EUSAGE, "--time-unit is s, ms or us");
}

static enum kl_err prepare(struct import_options *o, struct kl_arena *arena,
                           struct kl_result *result, struct kl_diag *diag)
{
    if (!o->import.output) {
        return kl_fail(diag, KL_EUSAGE, "-o is missing: the folder of the data set");
    }
    KL_TRY(set_kind(o, diag));
    KL_TRY(set_separator(o, diag));
    KL_TRY(set_labels(o, diag));
    KL_TRY(set_tags(o, arena, diag));
    KL_TRY(set_numbers(o, diag));
    KL_TRY(check_texts(o, diag));
    if (o->table) {
        char sha256[KL_SHA256_HEX_BYTES];
        struct kl_bytes bytes;
        KL_TRY(kl_file_read(o->table, KL_DATA_ROWS_BYTES, arena, &bytes, diag));
        kl_sha256_hex(bytes.data, bytes.size, sha256);
        kl_result_input(result, o->table, sha256);
        KL_TRY(kl_table_read(o->table, arena, &o->read_table, diag));
        o->import.table = &o->read_table;
    }
    return KL_OK;
}

static json_t *messages_json(const struct kl_import_message *messages, int64_t count)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < count && i < KL_IMPORT_MESSAGES; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "file", messages[i].file, "message",
                                              messages[i].message));
    }
    return list;
}

static void print_messages(const char *what, const struct kl_import_message *messages,
                           int64_t count)
{
    enum { SHOWN = 8 };
    for (int64_t i = 0; i < count && i < SHOWN; i++) {
        printf("%s: %s: %s\n", what, messages[i].file, messages[i].message);
    }
    if (count > SHOWN) {
        printf("%s: and %lld more; --json lists the first %d\n", what, (long long)count - SHOWN,
               KL_IMPORT_MESSAGES);
    }
}

static void show(const struct import_options *o, const struct kl_import_report *report,
                 struct kl_result *result)
{
    kl_result_count(result, "import.files", report->files, "1", KL_COUNTED);
    kl_result_count(result, "import.ignored", report->ignored, "1", KL_COUNTED);
    kl_result_count(result, "import.skipped", report->skipped, "1", KL_COUNTED);
    kl_result_count(result, "import.notices", report->noticed, "1", KL_COUNTED);
    kl_result_count(result, "import.resampled", report->resampled, "1", KL_COUNTED);
    kl_result_detail(result, "skipped", messages_json(report->skips, report->skipped));
    kl_result_detail(result, "notices", messages_json(report->notices, report->noticed));
    kl_describe_dataset(result, &report->written);
    if (o->common.json) {
        return;
    }
    print_messages("skipped", report->skips, report->skipped);
    print_messages("notice", report->notices, report->noticed);
    kl_print_dataset(&report->written);
    printf("%d files read, %lld skipped, %d ignored", report->files, (long long)report->skipped,
           report->ignored);
    printf(report->resampled ? ", %d items resampled\n" : "\n", report->resampled);
}

static enum kl_err import(struct import_options *o, struct kl_arena *arena,
                          struct kl_result *result, struct kl_diag *diag)
{
    struct kl_import_report report = {.files = 0};
    KL_TRY(prepare(o, arena, result, diag));
    o->import.progress = kl_data_progress;
    o->import.context = &o->common;
    enum kl_err err = kl_import_run(&o->import, arena, &report, diag);
    if (!err) {
        show(o, &report, result);
    } else if (report.skipped && !o->common.json) {
        print_messages("skipped", report.skips, report.skipped);
    }
    kl_import_free(&report);
    return err;
}

/* What is read, and what it is labelled with. Returns how many. */
static size_t which_options(struct import_options *o, struct kl_option *to)
{
    struct kl_import *i = &o->import;
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DATASET",
         .help = "folder of the data set",
         .text = &i->output},
        {.name = "--replace", .help = "replace the data set that is there", .flag = &i->replace},
        {.name = "--kind",
         .argument = "KIND",
         .help = "of CSV and NPY files: series (a file is a recording) or table (a row is an item)",
         .text = &o->kind},
        {.name = "--only",
         .argument = "GLOB",
         .help = "read only files of these names, e.g. '*.wav'",
         .text = &i->only},
        {.name = "--labels",
         .argument = "folder",
         .help = "the label is the name of the file's folder",
         .text = &o->labels},
        {.name = "--pattern",
         .argument = "P",
         .help = "what file names say: '{label}_{group}_{}', 'x/{split}/{label}-{microphone}'",
         .text = &i->pattern},
        {.name = "--table",
         .argument = "CSV",
         .help = "file,label,group,... of each file; with start_s,end_s of time ranges",
         .text = &o->table},
        {.name = "--tag",
         .argument = "KEY=VALUE",
         .help = "a tag of all items; repeat for more",
         .list = &o->tags},
        {.name = "--classes",
         .argument = "A,B",
         .help = "the classes in order; labels that are numbers count from 0 in them",
         .text = &i->classes},
        {.name = "--source",
         .argument = "TEXT",
         .help = "where the data come from, for the data card",
         .text = &i->source},
        {.name = "--licence", .argument = "TEXT", .help = "their licence", .text = &i->licence},
        {.name = "--max-skipped",
         .argument = "N",
         .help = "stop when more files than this cannot be used (default: 10)",
         .number = &o->max_skipped},
    };
    memcpy(to, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* Columns and lines of text. Returns how many. */
static size_t text_options(struct import_options *o, struct kl_option *to)
{
    struct kl_import *i = &o->import;
    const struct kl_option options[] = {
        {.name = "--label-column",
         .argument = "C",
         .help = "of CSV files: column of the label, by name, number from 1, or last",
         .text = &i->read.label_column},
        {.name = "--group-column",
         .argument = "C",
         .help = "the same for the group",
         .text = &i->read.group_column},
        {.name = "--target-column",
         .argument = "C",
         .help = "the same for the target of a regression",
         .text = &i->read.target_column},
        {.name = "--time-column",
         .argument = "C",
         .help = "the same for time stamps (default: time, timestamp, t, time_ms, ...)",
         .text = &i->read.time_column},
        {.name = "--time-unit",
         .argument = "U",
         .help = "of time stamps: s, ms, us (default: by the column's name, else s)",
         .text = &i->read.time_unit},
        {.name = "--separator",
         .argument = "S",
         .help = "of CSV files: a character, or tab (default: the one of the first line)",
         .text = &o->separator},
        {.name = "--skip-lines",
         .argument = "N",
         .help = "lines before the header of CSV files",
         .number = &o->skip_lines},
    };
    memcpy(to, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* Channels and rates. Returns how many. */
static size_t signal_options(struct import_options *o, struct kl_option *to)
{
    struct kl_import *i = &o->import;
    const struct kl_option options[] = {
        {.name = "--raw",
         .argument = "LAYOUT",
         .help = "read files of unknown format as raw samples: int16,channels=3,skip=44",
         .text = &i->read.raw},
        {.name = "--channels",
         .argument = "LIST",
         .help = "keep these channels, by name or number from 1",
         .text = &i->read.channels},
        {.name = "--downmix",
         .help = "the mean of all channels; of colours their luminance",
         .flag = &i->downmix},
        {.name = "--channel-names",
         .argument = "LIST",
         .help = "name the channels",
         .text = &i->channel_names},
        {.name = "--unit", .argument = "U", .help = "unit of all channels", .text = &i->unit},
        {.name = "--source-rate",
         .argument = "HZ",
         .help = "rate of files that do not say it; 'NAME*=HZ' for some of them; repeat for more",
         .list = &o->rates},
        {.name = "--rate", .argument = "HZ", .help = "resample all to this rate", .text = &o->rate},
        {.name = "--segment",
         .argument = "S",
         .help = "cut series into items of S seconds",
         .text = &o->segment},
    };
    memcpy(to, options, sizeof options);
    return sizeof options / sizeof options[0];
}

int kl_cmd_data_import(int argc, char **argv, const struct kl_command *self)
{
    struct import_options o = {.max_skipped = -1, .import.made_by = self->name};
    struct kl_option options[64] = {{.name = NULL}};
    size_t count = which_options(&o, options);
    count += text_options(&o, options + count);
    signal_options(&o, options + count);
    struct kl_diag diag = {0};
    struct kl_result result;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &o.import.path, 1, &status)) {
        return status;
    }
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    kl_result_init(&result, self->name);
    enum kl_err err = arena ? import(&o, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    status = kl_finish(&result, &o.common, err, false, &diag);
    kl_arena_free(arena);
    return status;
}
