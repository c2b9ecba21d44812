/* SPDX-License-Identifier: Apache-2.0 */
#include "data/rows.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What identifies an item and what is said of it. */
static void put_record(struct kl_buffer *text, const struct kl_data_facts *facts,
                       const struct kl_data_item *item)
{
    kl_buffer_printf(text, "%s\t%s\t%s\t", item->id, item->name,
                     item->label >= 0 ? facts->classes[item->label] : "");
    if (!isnan(item->target)) {
        kl_buffer_printf(text, "%.9g", item->target);
    }
    kl_buffer_printf(text, "\t%s\t%s\t%s\t%.6g\t%d\t%d\t%d", item->group, item->tags, item->origin,
                     item->jitter, item->lost, item->frames, item->width);
}

static void put_split(struct kl_buffer *text, const struct kl_data_item *item)
{
    if (item->fold >= 0) {
        kl_buffer_printf(text, "%d", item->fold);
    } else {
        kl_buffer_printf(text, "%s", kl_data_split_names[item->split]);
    }
}

void kl_data_put_row(struct kl_buffer *text, const struct kl_data_facts *facts,
                     const struct kl_data_item *item)
{
    put_record(text, facts, item);
    kl_buffer_printf(text, "\t%llu\t", (unsigned long long)item->offset);
    put_split(text, item);
    kl_buffer_append(text, "\n", 1);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* SHA-256 of `head` and the lines of `text`, sorted. */
static enum kl_err hash_sorted(const char *head, struct kl_buffer *text, int32_t count,
                               char hex[KL_SHA256_HEX_BYTES], struct kl_diag *diag)
{
    struct kl_buffer sorted = KL_BUFFER(KL_DATA_ROWS_BYTES);
    char **lines = calloc((size_t)count + 1, sizeof *lines);
    if (!lines || text->failed) {
        free(lines);
        return KL_FAIL_MEMORY(diag);
    }
    char *at = text->data;
    for (int32_t i = 0; i < count; i++) {
        lines[i] = at;
        at = strchr(at, '\n');
        *at++ = '\0';
    }
    qsort(lines, (size_t)count, sizeof *lines, compare_lines);
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_append(&sorted, lines[i], strlen(lines[i]));
        kl_buffer_append(&sorted, "\n", 1);
    }
    free(lines);
    bool failed = sorted.failed;
    kl_sha256_hex_pair(head, strlen(head), sorted.data, sorted.size, hex);
    kl_buffer_free(&sorted);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static void put_head(struct kl_buffer *head, const struct kl_data_facts *facts)
{
    kl_buffer_printf(head, "kinglet.dataset/1\n%s\t%.9g\t%s\n", kl_data_kind_names[facts->kind],
                     facts->rate, facts->unit);
    for (int32_t c = 0; c < facts->channel_count; c++) {
        kl_buffer_printf(head, "%s\t", facts->channels[c]);
    }
    kl_buffer_append(head, "\n", 1);
    for (int32_t c = 0; c < facts->class_count; c++) {
        kl_buffer_printf(head, "%s\t", facts->classes[c]);
    }
    kl_buffer_append(head, "\n", 1);
}

static enum kl_err hash_content(struct kl_dataset *dataset, struct kl_buffer *head,
                                struct kl_buffer *text, struct kl_diag *diag)
{
    put_head(head, &dataset->facts);
    for (int32_t i = 0; i < dataset->count; i++) {
        put_record(text, &dataset->facts, &dataset->items[i]);
        kl_buffer_append(text, "\n", 1);
    }
    if (head->failed) {
        return KL_FAIL_MEMORY(diag);
    }
    return hash_sorted(head->data, text, dataset->count, dataset->content, diag);
}

static enum kl_err hash_version(struct kl_dataset *dataset, struct kl_buffer *text,
                                struct kl_diag *diag)
{
    for (int32_t i = 0; i < dataset->count; i++) {
        kl_buffer_printf(text, "%s\t%s\t", dataset->items[i].id, dataset->items[i].name);
        put_split(text, &dataset->items[i]);
        kl_buffer_append(text, "\n", 1);
    }
    return hash_sorted(dataset->content, text, dataset->count, dataset->version, diag);
}

enum kl_err kl_data_hash(struct kl_dataset *dataset, struct kl_diag *diag)
{
    struct kl_buffer head = KL_BUFFER(KL_DATA_FACTS_BYTES);
    struct kl_buffer text = KL_BUFFER(KL_DATA_ROWS_BYTES);
    enum kl_err err = hash_content(dataset, &head, &text, diag);
    kl_buffer_free(&text);
    if (!err) {
        err = hash_version(dataset, &text, diag);
    }
    kl_buffer_free(&head);
    kl_buffer_free(&text);
    return err;
}

static json_t *names_json(const char *const *names, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(names[i]));
    }
    return list;
}

static json_t *rule_json(const struct kl_data_rule *rule)
{
    json_t *json = json_pack("{s:s, s:o}", "method", rule->method, "seed",
                             json_integer((json_int_t)rule->seed));
    if (strcmp(rule->method, "fractions") == 0) {
        json_object_set_new(
            json, "fractions",
            json_pack("[f, f, f]", rule->fractions[0], rule->fractions[1], rule->fractions[2]));
    } else {
        json_object_set_new(json, "folds", json_integer(rule->folds));
    }
    return json;
}

static json_t *facts_json(const struct kl_dataset *dataset)
{
    const struct kl_data_facts *f = &dataset->facts;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:f, s:o, s:s, s:o, s:s, s:s, s:s, s:i, s:I, s:s, s:s}",
                  "schema", "kinglet.dataset/1", "kind", kl_data_kind_names[f->kind], "type",
                  f->kind == KL_DATA_IMAGE ? "uint8" : "float32", "rate", f->rate, "channels",
                  names_json(f->channels, f->channel_count), "unit", f->unit, "classes",
                  names_json(f->classes, f->class_count), "source", f->source, "licence",
                  f->licence, "made_by", f->made_by, "items", (int)dataset->count, "samples_bytes",
                  (json_int_t)dataset->samples_bytes, "content", dataset->content, "version",
                  dataset->version);
    if (json && f->rule.method[0]) {
        json_object_set_new(json, "split", rule_json(&f->rule));
    }
    return json;
}

enum kl_err kl_data_facts_text(const struct kl_dataset *dataset, struct kl_buffer *text,
                               struct kl_diag *diag)
{
    json_t *json = facts_json(dataset);
    char *dump = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(json);
    if (!dump) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_buffer_printf(text, "%s\n", dump);
    free(dump);
    return text->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}
