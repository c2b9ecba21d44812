/* SPDX-License-Identifier: Apache-2.0 */
/* Names that must exist elsewhere in the playbook. */
#include <string.h>

#include "base/nearest.h"
#include "playbook/fields.h"
#include "playbook/file/contradictions.h"

enum { MOST_NAMES = 256 };

/* A key of the entries of one list that names an entry of another one. */
struct reference {
    const char *list, *key; /* key NULL: the list's path names a single value */
    const char *target, *target_key;
    const char *what;
};

static const struct reference references[] = {
    {"monitoring.signals", "runbook", "monitoring.runbooks", "name", "runbook"},
    {"learning.success", "measure", "use_case.measures", "name", "business measure"},
    {"security.threats", "asset", "security.assets", "name", "asset"},
    {"model.chosen", NULL, "model.candidates", "name", "candidate"},
    {"optimisation.chosen", NULL, "optimisation.ladder", "step", "step of the ladder"},
};

static void check_target(struct kl_loader *loader, const struct reference *r,
                         const struct kl_yaml *node)
{
    const struct kl_yaml *list = kl_stated_list(loader, r->target);
    const char *text = kl_yaml_text(node, "");
    const char *names[MOST_NAMES];
    size_t count = 0;
    for (size_t i = 0; list && i < list->count; i++) {
        const char *name = kl_yaml_text(kl_yaml_get(list->items[i], r->target_key), "");
        if (strcmp(name, text) == 0) {
            return;
        }
        if (count < MOST_NAMES) {
            names[count++] = name;
        }
    }
    const char *near = kl_nearest(text, names, count);
    kl_loader_error(loader, node, "there is no %s '%.60s' in %s%s%s%s", r->what, text, r->target,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Only when the other list was begun: a plan may be written from either end. */
static void check_reference(struct kl_loader *loader, const struct reference *r)
{
    const struct kl_yaml *list = kl_playbook_field(loader->playbook, r->list);
    if (!list || !kl_stated_list(loader, r->target)) {
        return;
    }
    if (!r->key) {
        check_target(loader, r, list);
        return;
    }
    for (size_t i = 0; list->kind == KL_YAML_LIST && i < list->count; i++) {
        const struct kl_yaml *node = kl_yaml_get(list->items[i], r->key);
        if (node && kl_yaml_text(node, "")[0]) {
            check_target(loader, r, node);
        }
    }
}

/* Does the text name a gate or a step, or is it an expression with names that exist? */
static void check_evidence(struct kl_loader *loader, const struct kl_yaml *node)
{
    const struct kl_expression *expression = NULL;
    struct kl_diag diag = {0};
    const char *text = kl_yaml_text(node, "");
    if (text[0] && !kl_playbook_gate(loader->playbook, text) &&
        !kl_playbook_step(loader->playbook, text) &&
        kl_load_expression(loader, text, &expression, &diag) != KL_OK) {
        kl_loader_error(loader, node,
                        "'%.60s' is neither a gate nor a step, nor an expression: %.400s", text,
                        diag.message);
    }
}

static void check_evidence_of(struct kl_loader *loader, const char *path, const char *key)
{
    const struct kl_yaml *list = kl_stated_list(loader, path);
    for (size_t i = 0; list && i < list->count && !kl_findings_full(loader->findings); i++) {
        check_evidence(loader, kl_yaml_get(list->items[i], key));
    }
}

/* What a test case is accepted by, and which requirement it is about. */
static void check_case(struct kl_loader *loader, const struct kl_yaml *map)
{
    const struct kl_expression *expression =
        NULL; /* stays NULL when it cannot be parsed: reported */
    const struct kl_yaml *accept = kl_yaml_get(map, "accept");
    const struct kl_yaml *node = kl_yaml_get(map, "requirement");
    const char *path = kl_yaml_text(node, "");
    struct kl_diag diag = {0};
    if (kl_yaml_text(accept, "")[0] &&
        kl_load_expression(loader, accept->text, &expression, &diag) != KL_OK && expression) {
        kl_loader_error(loader, accept, "%s", diag.message);
    }
    if (path[0] && !kl_fields_find(path) && !kl_playbook_field(loader->playbook, path)) {
        kl_loader_error(loader, node,
                        "'%.60s' is no part of a playbook; write a path such as "
                        "requirements.latency",
                        path);
    }
}

static void check_cases(struct kl_loader *loader)
{
    const struct kl_yaml *cases = kl_stated_list(loader, "test.cases");
    for (size_t i = 0; cases && i < cases->count && !kl_findings_full(loader->findings); i++) {
        check_case(loader, cases->items[i]);
    }
}

void kl_load_references(struct kl_loader *loader)
{
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        check_reference(loader, &references[i]);
    }
    check_evidence_of(loader, "optimisation.ladder", "evidence");
    check_evidence_of(loader, "security.threats", "evidence");
    check_evidence_of(loader, "security.en303645", "evidence");
    check_evidence_of(loader, "security.cra", "evidence");
    check_cases(loader);
}
