/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/depends.h"

#include <stdlib.h>
#include <string.h>

#include "playbook/evidence/paths.h"
#include "playbook/evidence/words.h"

/* A path that a step makes. */
struct product {
    const char *path;
    size_t step;
};

struct finder {
    const struct kl_playbook *playbook;
    struct kl_arena *arena;
    struct product *products; /* sorted by path */
    size_t product_count;
    size_t *edges; /* of the step that is looked at, with repetitions */
    size_t edge_count, edge_capacity;
    size_t total;
    struct kl_diag *diag;
};

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;
    while (texts && texts[count]) {
        count++;
    }
    return count;
}

static int compare_products(const void *a, const void *b)
{
    return strcmp(((const struct product *)a)->path, ((const struct product *)b)->path);
}

static enum kl_err collect_products(struct finder *f)
{
    const struct kl_playbook *p = f->playbook;
    size_t count = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        count += count_texts(p->steps[i].outputs);
    }
    f->products = KL_NEW(f->arena, struct product, count);
    if (!f->products) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (size_t i = 0; i < p->step_count; i++) {
        for (size_t k = 0; k < count_texts(p->steps[i].outputs); k++) {
            const char *path = kl_path_normal(f->arena, p->steps[i].outputs[k]);
            if (!path) {
                return KL_FAIL_MEMORY(f->diag);
            }
            f->products[f->product_count++] = (struct product){path, i};
        }
    }
    if (count) {
        qsort(f->products, count, sizeof *f->products, compare_products);
    }
    return KL_OK;
}

static enum kl_err add_edge(struct finder *f, size_t from, size_t to)
{
    if (from == to) {
        return KL_OK;
    }
    if (f->total++ >= KL_DEPENDS_MAX_EDGES) {
        return kl_fail(f->diag, KL_ELIMIT, "%s: the steps need each other in more than %d ways",
                       f->playbook->path, KL_DEPENDS_MAX_EDGES);
    }
    if (f->edge_count == f->edge_capacity) {
        size_t capacity = f->edge_capacity ? f->edge_capacity * 2 : 64;
        size_t *grown = KL_NEW(f->arena, size_t, capacity);
        if (!grown) {
            return KL_FAIL_MEMORY(f->diag);
        }
        if (f->edge_count) {
            memcpy(grown, f->edges, f->edge_count * sizeof *grown);
        }
        f->edges = grown;
        f->edge_capacity = capacity;
    }
    f->edges[f->edge_count++] = to;
    return KL_OK;
}

/* The first product whose path is not before `path`. */
static size_t lower_bound(const struct finder *f, const char *path)
{
    size_t low = 0;
    size_t high = f->product_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(f->products[middle].path, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum kl_err add_makers_of(struct finder *f, size_t step, const char *path)
{
    for (size_t i = lower_bound(f, path);
         i < f->product_count && strcmp(f->products[i].path, path) == 0; i++) {
        KL_TRY(add_edge(f, step, f->products[i].step));
    }
    return KL_OK;
}

/* Products that lie in the folder `path`. */
static enum kl_err add_makers_below(struct finder *f, size_t step, const char *path)
{
    bool all = strcmp(path, ".") == 0;
    const char *prefix = all ? "" : kl_arena_printf(f->arena, "%s/", path);
    if (!prefix) {
        return KL_FAIL_MEMORY(f->diag);
    }
    size_t length = strlen(prefix);
    for (size_t i = lower_bound(f, prefix);
         i < f->product_count && strncmp(f->products[i].path, prefix, length) == 0; i++) {
        KL_TRY(add_edge(f, step, f->products[i].step));
    }
    return KL_OK;
}

/* Products that are the path, or a folder that holds it. */
static enum kl_err add_makers_above(struct finder *f, size_t step, const char *path)
{
    char *part = kl_arena_printf(f->arena, "%s", path);
    if (!part) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (;;) {
        KL_TRY(add_makers_of(f, step, part));
        char *slash = strrchr(part, '/');
        if (!slash || slash == part) {
            break;
        }
        *slash = '\0';
    }
    return strcmp(path, ".") != 0 && kl_path_is_below(path) ? add_makers_of(f, step, ".") : KL_OK;
}

static enum kl_err add_makers(struct finder *f, size_t step, const char *const *paths)
{
    for (size_t i = 0; paths && paths[i]; i++) {
        const char *path = kl_path_normal(f->arena, paths[i]);
        if (!path) {
            return KL_FAIL_MEMORY(f->diag);
        }
        KL_TRY(add_makers_above(f, step, path));
        KL_TRY(add_makers_below(f, step, path));
    }
    return KL_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The edges found for a step: sorted, each once. */
static enum kl_err keep_edges(struct finder *f, struct kl_needs *needs)
{
    size_t count = 0;
    if (f->edge_count) {
        qsort(f->edges, f->edge_count, sizeof *f->edges, compare_numbers);
    }
    for (size_t i = 0; i < f->edge_count; i++) {
        if (count == 0 || f->edges[count - 1] != f->edges[i]) {
            f->edges[count++] = f->edges[i];
        }
    }
    needs->count = count;
    needs->steps = count ? kl_arena_copy(f->arena, f->edges, count * sizeof *f->edges) : NULL;
    f->edge_count = 0;
    return !count || needs->steps ? KL_OK : KL_FAIL_MEMORY(f->diag);
}

static enum kl_err find_needs(struct finder *f, size_t step, struct kl_needs *needs)
{
    const struct kl_step *s = &f->playbook->steps[step];
    for (size_t i = 0; s->needs && s->needs[i]; i++) {
        const struct kl_step *other = kl_playbook_step(f->playbook, s->needs[i]);
        if (other) {
            KL_TRY(add_edge(f, step, (size_t)(other - f->playbook->steps)));
        }
    }
    const char *const *words = kl_step_words(s, f->arena);
    if (!words) {
        return KL_FAIL_MEMORY(f->diag);
    }
    KL_TRY(add_makers(f, step, s->inputs));
    KL_TRY(add_makers(f, step, words));
    return keep_edges(f, needs);
}

bool kl_step_reads_evidence(const struct kl_step *step)
{
    for (size_t i = 0; step->reads && step->reads[i]; i++) {
        if (strcmp(step->reads[i], "evidence") == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err mark_late(struct finder *f, struct kl_depends *depends)
{
    bool *late = KL_NEW(f->arena, bool, f->playbook->step_count);
    if (!late) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (size_t i = 0; i < depends->ordered; i++) {
        size_t step = depends->order[i];
        late[step] = kl_step_reads_evidence(&f->playbook->steps[step]);
        for (size_t k = 0; k < depends->needs[step].count; k++) {
            late[step] |= late[depends->needs[step].steps[k]];
        }
    }
    depends->late = late;
    return KL_OK;
}

static bool is_ready(const struct kl_needs *needs, const bool *taken)
{
    for (size_t i = 0; i < needs->count; i++) {
        if (!taken[needs->steps[i]]) {
            return false;
        }
    }
    return true;
}

/* Always take the first step of the file whose needs are taken, so that the order stays as near to
 * the file's as it can; what is left in the end needs itself. */
static enum kl_err order_steps(struct finder *f, struct kl_depends *depends)
{
    size_t count = f->playbook->step_count;
    bool *taken = KL_NEW(f->arena, bool, count);
    size_t *order = KL_NEW(f->arena, size_t, count);
    if (!taken || !order) {
        return KL_FAIL_MEMORY(f->diag);
    }
    size_t step = 0;
    while (step < count) {
        if (taken[step] || !is_ready(&depends->needs[step], taken)) {
            step++;
            continue;
        }
        taken[step] = true;
        order[depends->ordered++] = step;
        step = 0; /* an earlier one may have waited for it */
    }
    depends->order = order;
    return KL_OK;
}

enum kl_err kl_depends_make(const struct kl_playbook *playbook, struct kl_arena *arena,
                            struct kl_depends *depends, struct kl_diag *diag)
{
    struct finder finder = {.playbook = playbook, .arena = arena, .diag = diag};
    struct kl_needs *needs = KL_NEW(arena, struct kl_needs, playbook->step_count);
    if (!needs) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(collect_products(&finder));
    for (size_t i = 0; i < playbook->step_count; i++) {
        KL_TRY(find_needs(&finder, i, &needs[i]));
    }
    *depends = (struct kl_depends){.needs = needs};
    KL_TRY(order_steps(&finder, depends));
    return mark_late(&finder, depends);
}
