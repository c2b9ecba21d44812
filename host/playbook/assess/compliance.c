/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence shows for each provision of a standard, by the playbook's mapping. */
#include <math.h>
#include <string.h>

#include "playbook/assess/provisions.h"
#include "playbook/assess/tools.h"

enum standing { SHOWN, PARTLY, OPEN, NOT_APPLICABLE, STANDINGS };

struct provision_status {
    enum standing standing;
    const char *evidence, *reason, *note;
};

static const struct kl_yaml *entry_of(const struct kl_yaml *mapping, const char *number,
                                      size_t after, size_t *index)
{
    for (size_t i = after; mapping && i < mapping->count; i++) {
        if (strcmp(kl_assess_text(mapping->items[i], "provision"), number) == 0) {
            *index = i;
            return mapping->items[i];
        }
    }
    return NULL;
}

/* A step's name alone stands for the step's own check. */
static const char *as_expression(const struct kl_playbook *playbook, const char *text)
{
    if (!kl_playbook_gate(playbook, text) && kl_playbook_step(playbook, text)) {
        const char *ok = kl_arena_printf(playbook->arena, "%s.ok", text);
        return ok ? ok : text;
    }
    return text;
}

/* All entries for one provision: it is shown when the evidence of each holds; partly when that of
 * some does, or when there are only words. Words do not make up for evidence that speaks against
 * it. What does not apply needs a reason. */
static struct provision_status judge(const struct kl_playbook *playbook,
                                     const struct kl_evidence *evidence,
                                     const struct kl_yaml *mapping, const char *number,
                                     struct kl_result *result)
{
    struct provision_status status = {OPEN, "", "nothing is mapped to it", ""};
    size_t held = 0;
    size_t entries = 0;
    size_t words = 0;
    size_t index = 0;
    const struct kl_yaml *entry;
    for (size_t next = 0; (entry = entry_of(mapping, number, next, &index)) != NULL;
         next = index + 1) {
        bool applies = true;
        (void)kl_yaml_flag(kl_yaml_get(entry, "applies"), &applies);
        status.note = kl_assess_text(entry, "note");
        if (!applies) {
            status.standing = *status.note ? NOT_APPLICABLE : OPEN;
            status.reason =
                *status.note ? "does not apply" : "said not to apply; say why in its note";
            return status;
        }
        const char *mapped = kl_assess_text(entry, "evidence");
        const char *reason = *status.note ? "only a note" : "mapped without evidence";
        bool holds = *mapped && kl_assess_holds(playbook, evidence, as_expression(playbook, mapped),
                                                result, &reason) == KL_HOLDS;
        if (entries++ == held) { /* what does not hold is worth more to the reader */
            status.evidence = mapped;
            status.reason = reason;
        }
        held += holds ? 1 : 0;
        words += !*mapped && *status.note ? 1 : 0;
    }
    bool all = entries > 0 && held == entries;
    bool some = held > 0 || (words > 0 && words == entries);
    status.standing = all ? SHOWN : some ? PARTLY : OPEN;
    return status;
}

static void assess_table(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                         const struct kl_provisions *provisions, struct kl_result *result)
{
    static const char *const names[STANDINGS] = {"shown", "partly", "open", "not applicable"};
    const struct kl_yaml *mapping = kl_playbook_field(playbook, provisions->path);
    size_t counts[STANDINGS] = {0};
    json_t *rows = json_array();
    for (size_t i = 0; i < provisions->count; i++) {
        const struct kl_provision *p = &provisions->items[i];
        struct provision_status status = judge(playbook, evidence, mapping, p->number, result);
        counts[status.standing]++;
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "provision",
                                              p->number, "about", p->title, "kind",
                                              p->mandatory ? "required" : "recommended", "state",
                                              names[status.standing], "evidence", status.evidence,
                                              "reason", status.reason, "note", status.note));
    }
    static const char *const metrics[STANDINGS] = {"shown", "partly", "open", "not_applicable"};
    for (int i = 0; i < STANDINGS; i++) {
        const char *name = kl_arena_printf(playbook->arena, "%s.%s", provisions->id, metrics[i]);
        if (name) {
            kl_assess_count(result, name, counts[i]);
        }
    }
    double applicable = (double)(provisions->count - counts[NOT_APPLICABLE]);
    const char *share = kl_arena_printf(playbook->arena, "%s.share", provisions->id);
    if (share) {
        kl_assess_metric(result, share, applicable > 0 ? (double)counts[SHOWN] / applicable : NAN,
                         "1");
    }
    kl_assess_table(result, provisions->id, rows);
}

/* Threats as they are stated, and whether evidence shows the treatment of those called treated. */
static void assess_threats(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                           struct kl_result *result)
{
    const struct kl_yaml *threats = kl_playbook_field(playbook, "security.threats");
    json_t *rows = json_array();
    size_t open = 0;
    size_t shown = 0;
    for (size_t i = 0; threats && i < threats->count; i++) {
        const struct kl_yaml *threat = threats->items[i];
        const char *status = kl_assess_text(threat, "status");
        const char *mapped = kl_assess_text(threat, "evidence");
        const char *reason = "no evidence is named";
        bool holds = *mapped && kl_assess_holds(playbook, evidence, as_expression(playbook, mapped),
                                                result, &reason) == KL_HOLDS;
        open += strcmp(status, "open") == 0 ? 1 : 0;
        shown += holds ? 1 : 0;
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "threat",
                                              kl_assess_text(threat, "name"), "category",
                                              kl_assess_text(threat, "category"), "likelihood",
                                              kl_assess_text(threat, "likelihood"), "impact",
                                              kl_assess_text(threat, "impact"), "status", status,
                                              "evidence", mapped, "shown", holds ? "yes" : "no",
                                              "reason", reason));
    }
    kl_assess_count(result, "threats.all", json_array_size(rows));
    kl_assess_count(result, "threats.open", open);
    kl_assess_count(result, "threats.shown", shown);
    kl_assess_table(result, "threats", rows);
}

/* A number in the mapping that the standard does not have would never be looked at. */
static enum kl_err check_numbers(const struct kl_playbook *playbook,
                                 const struct kl_provisions *provisions, struct kl_diag *diag)
{
    const struct kl_yaml *mapping = kl_playbook_field(playbook, provisions->path);
    for (size_t i = 0; mapping && i < mapping->count; i++) {
        const char *number = kl_assess_text(mapping->items[i], "provision");
        bool known = false;
        for (size_t j = 0; j < provisions->count && !known; j++) {
            known = strcmp(provisions->items[j].number, number) == 0;
        }
        if (!known) {
            return kl_yaml_fail(mapping->items[i], diag,
                                "%s has no provision '%.40s'; they are written like %s",
                                provisions->title, number, provisions->items[0].number);
        }
    }
    return KL_OK;
}

enum kl_err kl_assess_compliance(const struct kl_playbook *playbook,
                                 const struct kl_evidence *evidence, struct kl_result *result,
                                 struct kl_diag *diag)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < kl_provision_lists_count; i++) {
        const struct kl_provisions *provisions = &kl_provision_lists[i];
        enum kl_err err = check_numbers(playbook, provisions, diag);
        if (err != KL_OK) {
            json_decref(sources);
            return err;
        }
        assess_table(playbook, evidence, provisions, result);
        json_array_append_new(sources,
                              json_pack("{s:s, s:s, s:s}", "table", provisions->id, "title",
                                        provisions->title, "source", provisions->source));
    }
    assess_threats(playbook, evidence, result);
    kl_assess_table(result, "sources", sources);
    return KL_OK;
}
