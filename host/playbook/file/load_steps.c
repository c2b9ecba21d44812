/* SPDX-License-Identifier: Apache-2.0 */
/* All steps of all chapters. */
#include <string.h>

#include "playbook/fields.h"
#include "playbook/file/load.h"

/* The list of that name in a chapter; of another kind: none. */
const struct kl_yaml *kl_load_list(const struct kl_chapter *chapter, const char *name)
{
    const struct kl_yaml *list = kl_yaml_get(chapter->node, name);
    return list && list->kind == KL_YAML_LIST ? list : NULL;
}

static size_t count_steps(const struct kl_playbook *playbook)
{
    size_t count = 0;
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        const struct kl_yaml *list = kl_load_list(&playbook->chapters[i], "steps");
        count += list ? list->count : 0;
    }
    return count;
}

/* Pointers to the steps from `first` on, for the chapter that they belong to. */
static enum kl_err give_to_chapter(struct kl_loader *loader, struct kl_chapter *chapter,
                                   const struct kl_step *first, size_t count)
{
    const struct kl_step **steps = KL_NEW(loader->arena, const struct kl_step *, count);
    if (!steps) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    for (size_t i = 0; i < count; i++) {
        steps[i] = first + i;
    }
    chapter->steps = steps;
    chapter->step_count = count;
    return KL_OK;
}

static enum kl_err load_chapter(struct kl_loader *loader, struct kl_chapter *chapter,
                                struct kl_step *steps, size_t *used)
{
    const struct kl_yaml *list = kl_load_list(chapter, "steps");
    size_t first = *used;
    for (size_t i = 0; list && i < list->count; i++) {
        if (list->items[i]->kind == KL_YAML_MAP) {
            KL_TRY(kl_load_step(loader, chapter, list->items[i], &steps[(*used)++]));
        }
    }
    return give_to_chapter(loader, chapter, steps + first, *used - first);
}

static void check_names(struct kl_loader *loader)
{
    const struct kl_playbook *playbook = loader->playbook;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct kl_step *step = &playbook->steps[i];
        const struct kl_yaml *name = kl_yaml_get(step->node, "name");
        const struct kl_step *first = kl_playbook_step(playbook, step->name);
        if (name && first != step) {
            kl_loader_error(loader, name,
                            "the step name '%.60s' appears twice (first at %s:%u); rename one",
                            step->name, first->node->origin, first->node->line);
        } else if (name && !strchr(step->name, '.') &&
                   (kl_fields_find(step->name) || kl_playbook_chapter(playbook, step->name))) {
            kl_loader_warn(loader, name,
                           "in gates this step hides the part of the playbook with the same name; "
                           "call it, for example, '%.60s.check'",
                           step->name);
        }
    }
}

enum kl_err kl_load_steps(struct kl_loader *loader)
{
    struct kl_playbook *playbook = loader->playbook;
    size_t count = count_steps(playbook);
    if (count > KL_MAX_STEPS) {
        return kl_fail(loader->diag, KL_ELIMIT, "%s: more than %d steps", playbook->path,
                       KL_MAX_STEPS);
    }
    struct kl_step *steps = KL_NEW(loader->arena, struct kl_step, count);
    if (!steps) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    size_t used = 0;
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        KL_TRY(load_chapter(loader, &playbook->chapters[i], steps, &used));
    }
    playbook->steps = steps;
    playbook->step_count = used;
    check_names(loader);
    return KL_OK;
}
