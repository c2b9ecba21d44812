/* SPDX-License-Identifier: Apache-2.0 */
/* Do needs, inputs and outputs of the steps fit together? */
#include <string.h>

#include "base/nearest.h"
#include "playbook/evidence/depends.h"
#include "playbook/evidence/paths.h"
#include "playbook/file/load.h"

/* Of all steps together: what follows compares each with each. */
enum { MOST_MADE = 5000, MOST_INPUTS = 5000 };

/* Something that a step or document writes. */
struct made {
    const char *path; /* normal */
    const char *what, *name;
    const struct kl_yaml *node;
    bool unlisted; /* a metrics file that is not under outputs */
};

struct outputs {
    struct kl_loader *loader;
    struct made *items;
    size_t count;
};

/* Note what is written, and compare it with all that was noted before. */
static enum kl_err note(struct outputs *all, const struct kl_yaml *node, const char *path,
                        const char *what, const char *name)
{
    const char *normal = kl_load_output(all->loader, node, path);
    if (!normal) {
        return KL_OK;
    }
    if (all->count == MOST_MADE) {
        return kl_fail(all->loader->diag, KL_ELIMIT, "%s: more than %d outputs",
                       all->loader->playbook->path, MOST_MADE);
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct made *other = &all->items[i];
        if (kl_path_within(normal, other->path) || kl_path_within(other->path, normal)) {
            kl_loader_error(all->loader, node,
                            "'%.100s' is written by %s %.60s, too (%s:%u); each file has one "
                            "maker",
                            path, other->what, other->name, other->node->origin, other->node->line);
            break;
        }
    }
    all->items[all->count++] = (struct made){normal, what, name, node, false};
    return KL_OK;
}

/* Is the path among the outputs of the step, or in one of them? */
static bool is_own_output(const struct kl_loader *loader, const struct kl_step *step,
                          const char *normal)
{
    for (size_t i = 0; step->outputs[i]; i++) {
        const char *output = kl_path_normal(loader->arena, step->outputs[i]);
        if (output && kl_path_within(normal, output)) {
            return true;
        }
    }
    return false;
}

/* Of two steps that write one metrics file, each could take the figures of the other. */
static enum kl_err note_metrics_file(struct outputs *all, const struct kl_step *step)
{
    const struct kl_yaml *node = kl_yaml_get(step->node, "metrics_file");
    const char *normal =
        step->metrics_file ? kl_path_normal(all->loader->arena, step->metrics_file) : NULL;
    size_t before = all->count;
    if (!normal || is_own_output(all->loader, step, normal)) {
        return KL_OK;
    }
    KL_TRY(note(all, node, step->metrics_file, "step", step->name));
    if (all->count > before) {
        all->items[before].unlisted = true;
    }
    return KL_OK;
}

static enum kl_err note_step(struct outputs *all, const struct kl_step *step)
{
    const struct kl_yaml *list = kl_yaml_get(step->node, "outputs");
    for (size_t i = 0; list && list->kind == KL_YAML_LIST && i < list->count; i++) {
        const char *path = kl_yaml_text(list->items[i], "");
        if (path[0]) {
            KL_TRY(note(all, list->items[i], path, "step", step->name));
        }
    }
    return note_metrics_file(all, step);
}

static enum kl_err check_outputs(struct outputs *all)
{
    const struct kl_playbook *playbook = all->loader->playbook;
    all->items = KL_NEW(all->loader->arena, struct made, MOST_MADE);
    if (!all->items) {
        return KL_FAIL_MEMORY(all->loader->diag);
    }
    for (size_t i = 0; i < playbook->step_count; i++) {
        KL_TRY(note_step(all, &playbook->steps[i]));
    }
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        for (size_t k = 0; k < playbook->chapters[i].document_count; k++) {
            const struct kl_document *document = playbook->chapters[i].documents[k];
            KL_TRY(note(all, document->node, document->output, "document", document->name));
        }
    }
    return KL_OK;
}

/* The step of that name, or a finding with the nearest one. */
static void check_need(struct kl_loader *loader, const struct kl_step *step,
                       const struct kl_yaml *node)
{
    const struct kl_playbook *playbook = loader->playbook;
    const char *name = kl_yaml_text(node, "");
    if (!name[0] || kl_playbook_step(playbook, name)) {
        if (strcmp(name, step->name) == 0) {
            kl_loader_error(loader, node, "the step needs itself; remove this");
        }
        return;
    }
    const char *names[KL_MAX_STEPS];
    for (size_t i = 0; i < playbook->step_count; i++) {
        names[i] = playbook->steps[i].name;
    }
    const char *near = kl_nearest(name, names, playbook->step_count);
    kl_loader_error(loader, node, "there is no step '%.60s'%s%s%s", name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Does any step make the path, or something in it? */
static bool is_made(const struct outputs *all, const char *normal)
{
    for (size_t i = 0; i < all->count; i++) {
        const char *made = all->items[i].path;
        if (kl_path_within(normal, made) || kl_path_within(made, normal)) {
            return true;
        }
    }
    return false;
}

/* Did an earlier step list the path, so that it was looked at already? */
static bool is_listed_before(const struct kl_loader *loader, const struct kl_step *step,
                             const char *path)
{
    for (const struct kl_step *other = loader->playbook->steps; other < step; other++) {
        for (size_t i = 0; other->inputs[i]; i++) {
            if (strcmp(other->inputs[i], path) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* An output of the step itself that is the input, lies in it or holds it; NULL: none. */
static const char *own_output_in(const struct kl_loader *loader, const struct kl_step *step,
                                 const char *normal)
{
    for (size_t i = 0; step->outputs[i]; i++) {
        const char *made = kl_path_normal(loader->arena, step->outputs[i]);
        if (made && (kl_path_within(normal, made) || kl_path_within(made, normal))) {
            return step->outputs[i];
        }
    }
    return NULL;
}

/* A metrics file in the input that nobody would wait for; NULL: none. */
static const struct made *unlisted_in(const struct outputs *all, const struct kl_step *step,
                                      const char *normal)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct made *made = &all->items[i];
        bool overlaps = kl_path_within(normal, made->path) || kl_path_within(made->path, normal);
        bool own = strcmp(made->name, step->name) == 0;
        if (made->unlisted && overlaps && (!own || strcmp(made->path, normal) == 0)) {
            return made;
        }
    }
    return NULL;
}

static void check_input(const struct outputs *all, const struct kl_step *step,
                        const struct kl_yaml *node)
{
    struct kl_loader *loader = all->loader;
    const char *path = kl_yaml_text(node, "");
    const char *normal = path[0] ? kl_path_normal(loader->arena, path) : NULL;
    if (!normal) {
        return;
    }
    const char *own = own_output_in(loader, step, normal);
    const struct made *unlisted = unlisted_in(all, step, normal);
    if (own || (unlisted && strcmp(unlisted->name, step->name) == 0)) {
        kl_loader_error(loader, node,
                        "the step reads '%.100s' and makes '%.100s': it would be out of date "
                        "as soon as it is done",
                        path, own ? own : unlisted->path);
        return;
    }
    if (unlisted) {
        kl_loader_error(loader, node,
                        "'%.100s' is or holds the metrics file of step %.60s (%s:%u); list that "
                        "file under its outputs, too, so that this step waits for it",
                        path, unlisted->name, unlisted->node->origin, unlisted->node->line);
        return;
    }
    if (kl_path_within(normal, "evidence")) {
        kl_loader_error(loader, node,
                        "'%.100s': evidence/ grows while steps run, so this one would never be up "
                        "to date; write reads: [evidence] instead",
                        path);
        return;
    }
    if (!kl_load_exists(loader, path) && !is_made(all, normal) &&
        !is_listed_before(loader, step, path)) {
        kl_loader_warn(loader, node, "'%.100s' is not there, and no step makes it", path);
    }
}

static void check_references(const struct outputs *all, const struct kl_step *step)
{
    const struct kl_findings *findings = all->loader->findings;
    const struct kl_yaml *needs = kl_yaml_get(step->node, "needs");
    const struct kl_yaml *inputs = kl_yaml_get(step->node, "inputs");
    size_t need_count = needs && needs->kind == KL_YAML_LIST ? needs->count : 0;
    size_t input_count = inputs && inputs->kind == KL_YAML_LIST ? inputs->count : 0;
    for (size_t i = 0; i < need_count && !kl_findings_full(findings); i++) {
        check_need(all->loader, step, needs->items[i]);
    }
    for (size_t i = 0; i < input_count && !kl_findings_full(findings); i++) {
        check_input(all, step, inputs->items[i]);
    }
}

static enum kl_err count_inputs(const struct kl_loader *loader)
{
    const struct kl_playbook *playbook = loader->playbook;
    size_t count = 0;
    for (size_t i = 0; i < playbook->step_count; i++) {
        for (size_t k = 0; playbook->steps[i].inputs[k]; k++) {
            count++;
        }
    }
    return count <= MOST_INPUTS ? KL_OK
                                : kl_fail(loader->diag, KL_ELIMIT,
                                          "%s: more than %d inputs of steps; list folders instead",
                                          playbook->path, MOST_INPUTS);
}

/* For finding circles among the steps that could not be ordered. */
struct walk {
    struct kl_loader *loader;
    const struct kl_depends *depends;
    bool *ordered;
    size_t *trip; /* number of the walk that came by; 0: none */
};

static size_t next_of(const struct walk *walk, size_t step)
{
    const struct kl_needs *needs = &walk->depends->needs[step];
    size_t i = 0;
    while (i + 1 < needs->count && walk->ordered[needs->steps[i]]) {
        i++;
    }
    return needs->steps[i];
}

/* "a (line 12) needs b (line 15) needs a" */
static void report_cycle(const struct walk *walk, size_t start)
{
    struct kl_loader *loader = walk->loader;
    const struct kl_step *steps = loader->playbook->steps;
    const char *text = "";
    size_t at = start;
    do {
        const char *longer =
            kl_arena_printf(loader->arena, "%s%s (%s:%u) needs ", text, steps[at].name,
                            steps[at].node->origin, steps[at].node->line);
        text = longer ? longer : text;
        at = next_of(walk, at);
    } while (at != start && strlen(text) < 800);
    kl_loader_error(loader, steps[start].node,
                    "steps need each other in a circle: %s%s%s; remove one of these needs or "
                    "inputs",
                    text, at == start ? "" : "... ", steps[start].name);
}

static void find_cycles(const struct walk *walk, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        if (walk->ordered[i] || walk->trip[i]) {
            continue;
        }
        while (!walk->trip[at]) {
            walk->trip[at] = i + 1;
            at = next_of(walk, at);
        }
        if (walk->trip[at] == i + 1) {
            report_cycle(walk, at);
        }
    }
}

/* A step that reads the evidence comes behind the others of its chapter. Who needs it in an earlier
 * chapter would bring it forward, and after each run it would be out of date again. */
static void check_late(struct kl_loader *loader, const struct kl_depends *depends)
{
    const struct kl_step *steps = loader->playbook->steps;
    for (size_t i = 0; i < loader->playbook->step_count; i++) {
        for (size_t k = 0; k < depends->needs[i].count; k++) {
            size_t need = depends->needs[i].steps[k];
            if (need > i && depends->late[need] &&
                strcmp(steps[need].chapter, steps[i].chapter) != 0) {
                kl_loader_error(loader, steps[i].node,
                                "step %.60s needs %.60s, which is about the results of a later "
                                "chapter, %.60s; move one of them",
                                steps[i].name, steps[need].name, steps[need].chapter);
            }
        }
    }
}

static enum kl_err check_cycles(struct kl_loader *loader)
{
    size_t count = loader->playbook->step_count;
    struct kl_depends depends;
    KL_TRY(kl_depends_make(loader->playbook, loader->arena, &depends, loader->diag));
    struct walk walk = {.loader = loader,
                        .depends = &depends,
                        .ordered = KL_NEW(loader->arena, bool, count),
                        .trip = KL_NEW(loader->arena, size_t, count)};
    if (!walk.ordered || !walk.trip) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    for (size_t i = 0; i < depends.ordered; i++) {
        walk.ordered[depends.order[i]] = true;
    }
    find_cycles(&walk, count);
    check_late(loader, &depends);
    return KL_OK;
}

enum kl_err kl_load_order(struct kl_loader *loader)
{
    struct outputs all = {.loader = loader};
    KL_TRY(count_inputs(loader));
    KL_TRY(check_outputs(&all));
    for (size_t i = 0; i < loader->playbook->step_count; i++) {
        check_references(&all, &loader->playbook->steps[i]);
    }
    return check_cycles(loader);
}
