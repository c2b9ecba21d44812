/* SPDX-License-Identifier: Apache-2.0 */
/* Reads dataset.json and items.tsv, which may come from anywhere. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/rows.h"

enum { COLUMNS = 13, FOLDS = 1 << 20 };

/* dataset.json while it is read. */
struct facts_reader {
    const json_t *root;
    struct kl_arena *arena;
    struct kl_diag *diag;
};

static enum kl_err bad(struct facts_reader *r, const char *key, const char *wanted)
{
    return kl_fail(r->diag, KL_EINPUT, "dataset.json: \"%s\" must be %s", key, wanted);
}

static enum kl_err copy_text(struct facts_reader *r, const json_t *value, const char *key,
                             const char **text)
{
    const char *content = json_string_value(value);
    if (!content || strlen(content) != json_string_length(value) || !kl_data_is_text(content)) {
        return bad(r, key, "text without control characters, shorter than 1 KiB");
    }
    *text = kl_arena_copy(r->arena, content, strlen(content) + 1);
    return *text ? KL_OK : KL_FAIL_MEMORY(r->diag);
}

static enum kl_err get_text(struct facts_reader *r, const char *key, const char **text)
{
    return copy_text(r, json_object_get(r->root, key), key, text);
}

static enum kl_err get_names(struct facts_reader *r, const char *key, int32_t least, int32_t most,
                             const char *const **names, int32_t *count)
{
    const json_t *list = json_object_get(r->root, key);
    size_t size = json_array_size(list);
    if (!json_is_array(list) || size < (size_t)least || size > (size_t)most) {
        return bad(r, key, least ? "a list of 1 to 4096 names" : "a list of at most 4096 names");
    }
    const char **all = KL_NEW(r->arena, const char *, size);
    if (!all) {
        return KL_FAIL_MEMORY(r->diag);
    }
    for (size_t i = 0; i < size; i++) {
        KL_TRY(copy_text(r, json_array_get(list, i), key, &all[i]));
    }
    *names = all;
    *count = (int32_t)size;
    return KL_OK;
}

static enum kl_err get_kind(struct facts_reader *r, enum kl_data_kind *kind)
{
    const char *text = json_string_value(json_object_get(r->root, "kind"));
    for (int i = 0; text && i < 3; i++) {
        if (strcmp(text, kl_data_kind_names[i]) == 0) {
            *kind = (enum kl_data_kind)i;
            return KL_OK;
        }
    }
    return bad(r, "kind", "series, image or table");
}

static enum kl_err get_rule(struct facts_reader *r, struct kl_data_rule *rule)
{
    const json_t *json = json_object_get(r->root, "split");
    rule->method = "";
    if (!json) {
        return KL_OK;
    }
    KL_TRY(copy_text(r, json_object_get(json, "method"), "split", &rule->method));
    rule->seed = (uint64_t)json_integer_value(json_object_get(json, "seed"));
    json_int_t folds = json_integer_value(json_object_get(json, "folds"));
    rule->folds = folds >= 0 && folds <= FOLDS ? (int32_t)folds : 0;
    for (size_t i = 0; i < 3; i++) {
        double f = json_number_value(json_array_get(json_object_get(json, "fractions"), i));
        if (!(f >= 0 && f <= 1)) {
            return bad(r, "split", "a rule with fractions from 0 to 1");
        }
        rule->fractions[i] = f;
    }
    return KL_OK;
}

static enum kl_err read_facts(struct facts_reader *r, struct kl_dataset *dataset)
{
    struct kl_data_facts *f = &dataset->facts;
    const char *schema = json_string_value(json_object_get(r->root, "schema"));
    if (!schema || strcmp(schema, "kinglet.dataset/1") != 0) {
        return bad(r, "schema", "kinglet.dataset/1: another version of kinglet wrote this");
    }
    KL_TRY(get_kind(r, &f->kind));
    f->rate = json_number_value(json_object_get(r->root, "rate"));
    if (!(f->rate >= 0 && f->rate <= 1e9)) {
        return bad(r, "rate", "a number from 0 to 1e9");
    }
    KL_TRY(get_names(r, "channels", 1, KL_DATA_CHANNELS, &f->channels, &f->channel_count));
    KL_TRY(get_names(r, "classes", 0, KL_DATA_CLASSES, &f->classes, &f->class_count));
    KL_TRY(get_text(r, "unit", &f->unit));
    KL_TRY(get_text(r, "source", &f->source));
    KL_TRY(get_text(r, "licence", &f->licence));
    KL_TRY(get_text(r, "made_by", &f->made_by));
    return get_rule(r, &f->rule);
}

/* A row while it is read. */
struct row_reader {
    char *field[COLUMNS];
    long line;
    struct kl_diag *diag;
};

static enum kl_err bad_row(struct row_reader *r, const char *what)
{
    return kl_fail(r->diag, KL_EINPUT, "items.tsv:%ld: %s", r->line, what);
}

static enum kl_err cut_row(struct row_reader *r, char *line)
{
    for (int i = 0; i < COLUMNS; i++) {
        r->field[i] = line;
        size_t length = strcspn(line, "\t");
        bool last = i == COLUMNS - 1;
        if (last != (line[length] == '\0')) {
            return bad_row(r, "a row has 13 fields, separated by tabs");
        }
        line[length] = '\0';
        if (!kl_data_is_text(line)) {
            return bad_row(r, "a field is not text without control characters, or 1 KiB or longer");
        }
        line += length + !last;
    }
    return KL_OK;
}

static bool read_whole(const char *text, long long least, long long most, long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return text[0] != '\0' && *end == '\0' && errno == 0 && *value >= least && *value <= most;
}

static bool read_real(const char *text, double *value)
{
    char *end;
    *value = text[0] ? strtod(text, &end) : (double)NAN;
    return text[0] == '\0' || (*end == '\0' && isfinite(*value));
}

static bool is_id(const char *text)
{
    return strlen(text) == KL_SHA256_HEX_BYTES - 1 &&
           strspn(text, "0123456789abcdef") == KL_SHA256_HEX_BYTES - 1;
}

static enum kl_err read_split(struct row_reader *r, struct kl_data_item *item)
{
    long long fold;
    const char *text = r->field[12];
    item->fold = -1;
    for (int s = 0; s < 4; s++) {
        if (strcmp(text, kl_data_split_names[s]) == 0) {
            item->split = (enum kl_data_split)s;
            return KL_OK;
        }
    }
    if (!read_whole(text, 0, FOLDS, &fold)) {
        return bad_row(r, "the split must be train, validation, test, a fold's number, or empty");
    }
    item->fold = (int32_t)fold;
    return KL_OK;
}

static enum kl_err read_shape(struct row_reader *r, const struct kl_dataset *dataset,
                              struct kl_data_item *item)
{
    long long frames;
    long long width;
    long long offset;
    long long lost;
    if (!read_whole(r->field[8], 0, INT32_MAX, &lost) ||
        !read_whole(r->field[9], 1, KL_DATA_ITEM_VALUES, &frames) ||
        !read_whole(r->field[10], 1, KL_DATA_ITEM_VALUES, &width) ||
        !read_whole(r->field[11], 0, INT64_MAX, &offset)) {
        return bad_row(r, "lost, frames, width and offset must be whole numbers within the limits");
    }
    if (frames * width > KL_DATA_ITEM_VALUES / dataset->facts.channel_count) {
        return bad_row(r, "the item is larger than 2^28 values");
    }
    item->frames = (int32_t)frames;
    item->width = (int32_t)width;
    item->offset = (uint64_t)offset;
    item->lost = (int32_t)lost;
    bool flat = dataset->facts.kind == KL_DATA_IMAGE || width == 1;
    if (!flat || (dataset->facts.kind == KL_DATA_TABLE && frames != 1)) {
        return bad_row(r, "the item's shape does not fit the kind of data");
    }
    uint64_t bytes =
        kl_data_values(&dataset->facts, item) * kl_data_value_bytes(dataset->facts.kind);
    if (item->offset % 16 != 0 || item->offset > dataset->samples_bytes ||
        bytes > dataset->samples_bytes - item->offset) {
        return bad_row(r, "the item lies outside of samples.bin");
    }
    return KL_OK;
}

static enum kl_err read_row(struct row_reader *r, char *line, const struct kl_dataset *dataset,
                            struct kl_data_item *item)
{
    KL_TRY(cut_row(r, line));
    if (!is_id(r->field[0]) || (r->field[6][0] && !is_id(r->field[6]))) {
        return bad_row(r, "an id is 64 hexadecimal digits");
    }
    memcpy(item->id, r->field[0], sizeof item->id);
    item->name = r->field[1];
    item->label = r->field[2][0] ? kl_data_class(&dataset->facts, r->field[2]) : -1;
    if (r->field[2][0] && item->label < 0) {
        return bad_row(r, "the label is none of the classes of dataset.json");
    }
    item->group = r->field[4];
    item->tags = r->field[5];
    item->origin = r->field[6];
    if (!read_real(r->field[3], &item->target) || !read_real(r->field[7], &item->jitter) ||
        !(item->jitter >= 0)) {
        return bad_row(r, "target and jitter must be numbers");
    }
    KL_TRY(read_shape(r, dataset, item));
    return read_split(r, item);
}

/* Does the text begin with the head of the table? */
static bool has_head(struct kl_bytes rows)
{
    size_t length = sizeof KL_DATA_ROW_HEAD - 1;
    return rows.size >= length && memcmp(rows.data, KL_DATA_ROW_HEAD, length) == 0 &&
           rows.data[rows.size - 1] == '\n' && !memchr(rows.data, 0, rows.size);
}

static size_t count_lines(struct kl_bytes text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++) {
        lines += text.data[i] == '\n';
    }
    return lines;
}

static enum kl_err read_rows(struct kl_bytes rows, struct kl_arena *arena,
                             struct kl_dataset *dataset, struct kl_diag *diag)
{
    struct row_reader r = {.line = 2, .diag = diag};
    if (!has_head(rows)) {
        r.line = 1;
        return bad_row(&r, "the first line is not the head of this table, or the last is cut off");
    }
    size_t count = count_lines(rows) - 1;
    if (count > KL_DATA_ITEMS) {
        return kl_fail(diag, KL_ELIMIT, "items.tsv: more than %d items", KL_DATA_ITEMS);
    }
    dataset->items = KL_NEW(arena, struct kl_data_item, count);
    char *text = kl_arena_copy(arena, rows.data, rows.size);
    if (!dataset->items || !text) {
        return KL_FAIL_MEMORY(diag);
    }
    char *line = text + sizeof KL_DATA_ROW_HEAD - 1;
    for (size_t i = 0; i < count; i++, r.line++) {
        char *end = strchr(line, '\n');
        *end = '\0';
        KL_TRY(read_row(&r, line, dataset, &dataset->items[i]));
        line = end + 1;
    }
    dataset->count = (int32_t)count;
    return KL_OK;
}

static enum kl_err check_hashes(const json_t *root, struct kl_dataset *dataset,
                                struct kl_diag *diag)
{
    KL_TRY(kl_data_hash(dataset, diag));
    const char *content = json_string_value(json_object_get(root, "content"));
    const char *version = json_string_value(json_object_get(root, "version"));
    if (!content || !version || strcmp(content, dataset->content) != 0 ||
        strcmp(version, dataset->version) != 0) {
        return kl_fail(
            diag, KL_EINPUT,
            "items.tsv: its rows are not those that dataset.json was written for: one of "
            "the files was changed; import the data again");
    }
    return KL_OK;
}

enum kl_err kl_dataset_parse(struct kl_bytes facts, struct kl_bytes rows, uint64_t samples_bytes,
                             struct kl_arena *arena, struct kl_dataset *dataset,
                             struct kl_diag *diag)
{
    json_error_t error;
    memset(dataset, 0, sizeof *dataset);
    dataset->samples_bytes = samples_bytes;
    json_t *root = json_loadb((const char *)facts.data, facts.size, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        return kl_fail(diag, KL_EINPUT, "dataset.json:%d: %s", error.line, error.text);
    }
    struct facts_reader reader = {root, arena, diag};
    enum kl_err err = read_facts(&reader, dataset);
    if (!err) {
        err = read_rows(rows, arena, dataset, diag);
    }
    if (!err) {
        err = check_hashes(root, dataset, diag);
    }
    json_decref(root);
    return err;
}
