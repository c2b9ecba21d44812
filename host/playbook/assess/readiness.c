/* SPDX-License-Identifier: Apache-2.0 */
/* How far the playbook itself is: what is stated, done, shown and written, chapter by chapter. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "playbook/assess/tools.h"
#include "playbook/fields.h"

enum { MOST_MISSING = 500 };

struct tally {
    size_t done, all;
};

struct readiness {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    struct kl_result *result;
    const char *chapter; /* title of the one that is looked at */
    json_t *missing;     /* rows of the table "missing" */
};

static void miss(struct readiness *r, const char *kind, const char *what)
{
    if (json_array_size(r->missing) < MOST_MISSING) {
        json_array_append_new(r->missing, json_pack("{s:s, s:s, s:s}", "chapter", r->chapter,
                                                    "kind", kind, "what", what));
    }
}

static bool is_stated(const struct kl_yaml *node)
{
    if (!node) {
        return false;
    }
    return node->kind == KL_YAML_SCALAR ? node->text[0] != '\0' : node->count > 0;
}

/* The fields that a playbook is expected to have; those of a record that is not there count, too,
 * when the record is expected. */
static void tally_fields(struct readiness *r, const struct kl_field *fields,
                         const struct kl_yaml *map, const char *prefix, struct tally *tally)
{
    for (; fields && fields->name; fields++) {
        const struct kl_yaml *node = kl_yaml_get(map, fields->name);
        bool expected = fields->expected || fields->required;
        const char *path = kl_arena_printf(r->playbook->arena, "%s.%s", prefix, fields->name);
        if (!path || (!expected && !node)) {
            continue;
        }
        if (fields->kind == KL_FIELD_RECORD) {
            tally_fields(r, fields->fields, node, path, tally);
        } else if (expected) {
            bool stated = is_stated(node);
            tally->all++;
            tally->done += stated ? 1 : 0;
            if (!stated) {
                miss(r, "field", path);
            }
        }
    }
}

static struct tally tally_stated(struct readiness *r, const struct kl_chapter *chapter)
{
    struct tally tally = {0, 0};
    for (size_t i = 0; i < kl_chapter_count; i++) {
        if (strcmp(kl_chapters[i].id, chapter->id) == 0) {
            tally_fields(r, kl_chapters[i].fields, chapter->node, chapter->id, &tally);
        }
    }
    /* The technical requirements belong to the chapter about the use case. */
    if (strcmp(chapter->id, "use_case") == 0) {
        const struct kl_field *field = kl_fields_find("requirements");
        tally_fields(r, field ? field->fields : NULL,
                     kl_playbook_field(r->playbook, "requirements"), "requirements", &tally);
    }
    return tally;
}

static struct tally tally_steps(struct readiness *r, const struct kl_chapter *chapter)
{
    struct tally tally = {0, chapter->step_count};
    for (size_t i = 0; i < chapter->step_count; i++) {
        const char *name = chapter->steps[i]->name;
        const struct kl_record *record = kl_evidence_latest(r->evidence, name);
        if (record && record->finished) {
            tally.done++;
        } else {
            miss(r, "step", name);
        }
    }
    return tally;
}

static struct tally tally_gates(struct readiness *r, const struct kl_chapter *chapter)
{
    struct tally tally = {0, chapter->gate_count};
    for (size_t i = 0; i < chapter->gate_count; i++) {
        const struct kl_gate *gate = chapter->gates[i];
        const char *reason;
        if (kl_assess_holds(r->playbook, r->evidence, gate->name, r->result, &reason) == KL_HOLDS) {
            tally.done++;
        } else {
            miss(r, "gate", gate->name);
        }
    }
    return tally;
}

static struct tally tally_documents(struct readiness *r, const struct kl_chapter *chapter)
{
    struct tally tally = {0, chapter->document_count};
    for (size_t i = 0; i < chapter->document_count; i++) {
        const struct kl_document *document = chapter->documents[i];
        const char *path = kl_playbook_file(r->playbook, document->output);
        if (path && access(path, R_OK) == 0) {
            tally.done++;
        } else {
            miss(r, "document", document->name);
        }
    }
    return tally;
}

static json_t *tally_text(struct tally tally)
{
    return tally.all > 0 ? kl_assess_printf("%zu of %zu", tally.done, tally.all) : json_null();
}

static double share_of(struct tally tally)
{
    return tally.all > 0 ? (double)tally.done / (double)tally.all : NAN;
}

static struct tally add_chapter(struct readiness *r, const struct kl_chapter *chapter,
                                struct kl_result *result, json_t *rows)
{
    r->chapter = chapter->title;
    struct tally fields = tally_stated(r, chapter);
    struct tally steps = tally_steps(r, chapter);
    struct tally gates = tally_gates(r, chapter);
    struct tally documents = tally_documents(r, chapter);
    struct tally sum = {fields.done + steps.done + gates.done + documents.done,
                        fields.all + steps.all + gates.all + documents.all};
    const char *status = kl_assess_text(chapter->node, "status");
    const char *name = kl_arena_printf(r->playbook->arena, "readiness.%s", chapter->id);
    if (name) {
        kl_assess_metric(result, name, share_of(sum), "1");
    }
    json_array_append_new(
        rows, json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "number", (int)chapter->number,
                        "chapter", chapter->title, "status", status, "fields", tally_text(fields),
                        "steps", tally_text(steps), "gates", tally_text(gates), "documents",
                        tally_text(documents), "share", kl_json_number(share_of(sum))));
    return sum;
}

enum kl_err kl_assess_readiness(const struct kl_playbook *playbook,
                                const struct kl_evidence *evidence, struct kl_result *result,
                                struct kl_diag *diag)
{
    (void)diag;
    struct readiness r = {
        .playbook = playbook, .evidence = evidence, .result = result, .missing = json_array()};
    struct tally all = {0, 0};
    json_t *rows = json_array();
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        struct tally sum = add_chapter(&r, &playbook->chapters[i], result, rows);
        all.done += sum.done;
        all.all += sum.all;
    }
    kl_assess_metric(result, "readiness", share_of(all), "1");
    kl_assess_count(result, "items.done", all.done);
    kl_assess_count(result, "items.all", all.all);
    kl_assess_table(result, "chapters", rows);
    kl_assess_table(result, "missing", r.missing);
    return KL_OK;
}
