/* SPDX-License-Identifier: Apache-2.0 */
/* All gates of all chapters, and the waivers that hold some of them open. */
#include <string.h>

#include "base/nearest.h"
#include "playbook/expression.h"
#include "playbook/file/load.h"
#include "playbook/gates/names.h"

/* Fields that the gate compares with must be stated before it can ever pass. */
static void check_names(struct kl_loader *loader, const struct kl_gate *gate,
                        const struct kl_expression *expression)
{
    size_t count;
    const char *const *names = kl_expression_names(expression, &count);
    for (size_t i = 0; i < count; i++) {
        const char *metric;
        if (!kl_names_step(loader->playbook, names[i], &metric) &&
            !kl_playbook_field(loader->playbook, names[i])) {
            kl_loader_missing(loader, gate->that_node,
                              "gate %.60s compares with %.80s, which is not stated yet", gate->name,
                              names[i]);
        }
    }
}

enum kl_err kl_load_expression(struct kl_loader *loader, const char *text,
                               const struct kl_expression **expression, struct kl_diag *diag)
{
    const struct kl_evidence evidence = {.folder = ""};
    struct kl_names names = {
        .playbook = loader->playbook, .evidence = &evidence, .arena = loader->arena};
    const struct kl_scope scope = kl_names_scope(&names);
    KL_TRY(kl_expression_parse(text, loader->arena, expression, diag));
    return kl_expression_check(*expression, &scope, diag);
}

static void check_condition(struct kl_loader *loader, const struct kl_gate *gate)
{
    const struct kl_expression *expression =
        NULL; /* stays NULL when it cannot be parsed: reported */
    struct kl_diag diag = {0};
    if (kl_load_expression(loader, gate->that, &expression, &diag) == KL_OK) {
        check_names(loader, gate, expression);
    } else if (expression) {
        kl_loader_error(loader, gate->that_node, "gate %.60s: %s", gate->name, diag.message);
    }
}

static void read_gate(const struct kl_chapter *chapter, const struct kl_yaml *node,
                      struct kl_gate *gate)
{
    const char *name = kl_yaml_text(kl_yaml_get(node, "name"), "");
    const char *why = kl_yaml_text(kl_yaml_get(node, "why"), "");
    const char *demand = kl_yaml_text(kl_yaml_get(node, "demand"), "");
    const struct kl_yaml *that = kl_yaml_get(node, "that");
    *gate = (struct kl_gate){.name = name[0] ? name : "unnamed",
                             .chapter = chapter->id,
                             .that = kl_yaml_text(that, ""),
                             .why = why[0] ? why : NULL,
                             .demand = demand[0] ? demand : NULL,
                             .node = node,
                             .that_node = that ? that : node};
}

/* Gates must differ in name among themselves; that a step has the same name is confusing only. */
static void check_gate(struct kl_loader *loader, const struct kl_gate *gate)
{
    const struct kl_gate *first = kl_playbook_gate(loader->playbook, gate->name);
    const struct kl_yaml *name = kl_yaml_get(gate->node, "name");
    if (name && first != gate) {
        kl_loader_error(loader, name,
                        "the gate name '%.60s' appears twice (first at %s:%u); rename one",
                        gate->name, first->node->origin, first->node->line);
    }
    check_condition(loader, gate);
}

static enum kl_err load_chapter(struct kl_loader *loader, struct kl_chapter *chapter,
                                struct kl_gate *gates, size_t *used)
{
    const struct kl_yaml *list = kl_load_list(chapter, "gates");
    size_t count = list ? list->count : 0;
    const struct kl_gate **pointers = KL_NEW(loader->arena, const struct kl_gate *, count);
    if (!pointers) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    chapter->gates = pointers;
    for (size_t i = 0; i < count; i++) {
        if (list->items[i]->kind == KL_YAML_MAP) {
            struct kl_gate *gate = &gates[(*used)++];
            read_gate(chapter, list->items[i], gate);
            pointers[chapter->gate_count++] = gate;
        }
    }
    return KL_OK;
}

static void unknown_gate(struct kl_loader *loader, const struct kl_yaml *node)
{
    const char *names[KL_MAX_GATES];
    const struct kl_playbook *playbook = loader->playbook;
    for (size_t i = 0; i < playbook->gate_count; i++) {
        names[i] = playbook->gates[i].name;
    }
    const char *near = kl_nearest(node->text, names, playbook->gate_count);
    kl_loader_error(loader, node, "there is no gate '%.60s'%s%s%s", node->text,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Several waivers of one gate would leave open which of them holds. */
static enum kl_err attach(struct kl_loader *loader, const struct kl_yaml *node,
                          const struct kl_waiver *waiver, struct kl_gate *gate)
{
    if (gate->waiver) {
        kl_loader_error(loader, node, "gate '%.60s' is waived twice (first at %s:%u); remove one",
                        gate->name, gate->waiver->node->origin, gate->waiver->node->line);
        return KL_OK;
    }
    gate->waiver = kl_arena_copy(loader->arena, waiver, sizeof *waiver);
    return gate->waiver ? KL_OK : KL_FAIL_MEMORY(loader->diag);
}

/* A waiver without reason, name or end is none; the check of the fields says what is missing. */
static enum kl_err read_waiver(struct kl_loader *loader, const struct kl_yaml *node,
                               struct kl_gate *gates)
{
    const struct kl_yaml *name = kl_yaml_get(node, "gate");
    const struct kl_yaml *until = kl_yaml_get(node, "until");
    struct kl_waiver waiver = {.reason = kl_yaml_text(kl_yaml_get(node, "reason"), ""),
                               .by = kl_load_person(loader, kl_yaml_get(node, "by")),
                               .node = node};
    if (!kl_yaml_text(name, "")[0]) {
        return KL_OK;
    }
    const struct kl_gate *found = kl_playbook_gate(loader->playbook, name->text);
    if (!found) {
        unknown_gate(loader, name);
        return KL_OK;
    }
    bool answered = waiver.reason[0] && waiver.by && waiver.by[0];
    if (!answered || !kl_date_parse(kl_yaml_text(until, ""), &waiver.until)) {
        return KL_OK;
    }
    if (kl_date_days(waiver.until) < kl_date_days(loader->today)) {
        kl_loader_error(loader, until,
                        "the waiver of gate '%.60s' ended on %s; mend what the gate asks for, or "
                        "let %.60s decide anew",
                        name->text, until->text, waiver.by);
    }
    return attach(loader, node, &waiver, &gates[found - loader->playbook->gates]);
}

static enum kl_err load_waivers(struct kl_loader *loader, struct kl_gate *gates)
{
    const struct kl_yaml *list = kl_yaml_get(loader->playbook->root, "waivers");
    size_t count = list && list->kind == KL_YAML_LIST ? list->count : 0;
    for (size_t i = 0; i < count && i < KL_MAX_LIST; i++) {
        KL_TRY(read_waiver(loader, list->items[i], gates));
    }
    return KL_OK;
}

enum kl_err kl_load_gates(struct kl_loader *loader)
{
    struct kl_playbook *playbook = loader->playbook;
    size_t count = 0;
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        const struct kl_yaml *list = kl_load_list(&playbook->chapters[i], "gates");
        count += list ? list->count : 0;
    }
    if (count > KL_MAX_GATES) {
        return kl_fail(loader->diag, KL_ELIMIT, "%s: more than %d gates", playbook->path,
                       KL_MAX_GATES);
    }
    struct kl_gate *gates = KL_NEW(loader->arena, struct kl_gate, count);
    if (!gates) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        KL_TRY(load_chapter(loader, &playbook->chapters[i], gates, &playbook->gate_count));
    }
    playbook->gates = gates;
    for (size_t i = 0; i < playbook->gate_count && !kl_findings_full(loader->findings); i++) {
        check_gate(loader, &gates[i]);
    }
    return load_waivers(loader, gates);
}
