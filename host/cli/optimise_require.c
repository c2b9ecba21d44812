/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/optimise_require.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

enum { MOST_NAMES = 1100 };

/* A rung whose figures are names in expressions. */
struct scope {
    const struct kl_rung *rung;
    bool empty; /* figures have no values yet: a typical one stands for them */
};

static enum kl_err unknown_name(const struct kl_rung *rung, const char *name, struct kl_diag *diag)
{
    const char *names[MOST_NAMES];
    size_t count = 0;
    for (int32_t i = 0; i < rung->figure_count && count < MOST_NAMES; i++) {
        names[count++] = rung->figures[i].name;
    }
    const char *near = kl_nearest(name, names, count);
    return near ? kl_fail(diag, KL_EINPUT, "a rung has no such figure; did you mean '%s'?", near)
                : kl_fail(diag, KL_EINPUT,
                          "a rung has no such figure; there are %s, difference.low, least_recall, "
                          "flash, ram, cycles, latency, energy and more (docs/guide/optimise.md)",
                          names[0]);
}

static enum kl_err find(void *user, const char *name, struct kl_operand *value, const char **reason,
                        struct kl_diag *diag)
{
    const struct scope *scope = user;
    const struct kl_figure *f = kl_rung_figure(scope->rung, name);
    if (!f) {
        return unknown_name(scope->rung, name, diag);
    }
    value->share = f->share;
    if (!f->known && !scope->empty) {
        *reason = f->how ? f->how : "it is not known of this rung";
        return KL_OK;
    }
    value->kind = KL_OPERAND_NUMBER;
    value->number = (struct kl_value){scope->empty ? 0.5 : f->value, f->dimension};
    value->provenance = f->provenance;
    return KL_OK;
}

static struct kl_scope scope_of(struct scope *scope)
{
    return (struct kl_scope){.find = find, .user = scope};
}

static enum kl_err refuse(const char *text, const struct kl_diag *found, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EUSAGE, "--require '%.200s': %s", text, found->message);
}

enum kl_err kl_requirements_parse(const struct kl_strings *texts, struct kl_arena *arena,
                                  struct kl_requirements *requirements, struct kl_diag *diag)
{
    *requirements = (struct kl_requirements){.count = texts->count};
    for (int i = 0; i < texts->count; i++) {
        struct kl_diag found = {0};
        requirements->texts[i] = texts->items[i];
        if (kl_expression_parse(texts->items[i], arena, &requirements->expressions[i], &found) !=
            KL_OK) {
            return refuse(texts->items[i], &found, diag);
        }
    }
    return KL_OK;
}

/* Is it a comparison of what belongs together? Values are typical ones: what fails with them, such
 * as a share that is compared with per cent without their sign, fails with all. */
static enum kl_err check(void *user, const struct kl_rung *empty, struct kl_diag *diag)
{
    const struct kl_requirements *r = user;
    struct scope names = {empty, true};
    const struct kl_scope scope = scope_of(&names);
    struct kl_arena *arena = kl_arena_create(1 << 20);
    enum kl_err err = arena ? KL_OK : KL_FAIL_MEMORY(diag);
    for (int32_t i = 0; i < r->count && err == KL_OK; i++) {
        struct kl_diag found = {0};
        struct kl_evaluation e;
        if (kl_expression_check(r->expressions[i], &scope, &found) != KL_OK ||
            kl_expression_evaluate(r->expressions[i], &scope, arena, &e, &found) != KL_OK) {
            err = refuse(r->texts[i], &found, diag);
        } else if (e.value.kind != KL_OPERAND_TRUTH) {
            err = kl_fail(diag, KL_EUSAGE,
                          "--require '%.200s' is neither true nor false; write a comparison such "
                          "as 'accuracy >= 95 %%'",
                          r->texts[i]);
        }
    }
    kl_arena_free(arena);
    return err;
}

/* By how much a comparison is missed. */
static enum kl_err put_gap(const struct kl_requirements *r, int32_t index,
                           const struct kl_scope *scope, struct kl_arena *arena,
                           struct kl_verdict *verdict, struct kl_diag *diag)
{
    struct kl_operand sides[2];
    char text[KL_VALUE_BYTES];
    KL_TRY(kl_expression_sides(r->expressions[index], scope, arena, sides, diag));
    if (sides[0].kind != KL_OPERAND_NUMBER) {
        return KL_OK;
    }
    double wanted = fabs(sides[1].number.value);
    double gap = fabs(sides[0].number.value - sides[1].number.value);
    verdict->miss = gap / (wanted > 0 ? wanted : 1);
    bool points = kl_dimension_equal(sides[0].number.dimension, KL_PLAIN) &&
                  (sides[0].share || sides[1].share || strchr(r->texts[index], '%'));
    verdict->gap =
        points ? kl_arena_printf(arena, "%.2f points", 100 * gap)
               : kl_arena_printf(arena, "%s",
                                 kl_value_format((struct kl_value){gap, sides[0].number.dimension},
                                                 NULL, text));
    return verdict->gap ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err judge_one(const struct kl_requirements *r, int32_t index,
                             const struct kl_scope *scope, struct kl_arena *arena,
                             struct kl_verdict *verdict, struct kl_diag *diag)
{
    struct kl_evaluation e;
    struct kl_diag found = {0};
    *verdict = (struct kl_verdict){.requirement = r->texts[index], .miss = NAN};
    enum kl_err err = kl_expression_evaluate(r->expressions[index], scope, arena, &e, &found);
    if (err != KL_OK && err != KL_ECHECK) {
        return refuse(r->texts[index], &found, diag);
    }
    verdict->met = err == KL_OK && e.value.kind == KL_OPERAND_TRUTH && e.value.truth;
    verdict->reason = kl_arena_printf(arena, "%s", err == KL_OK ? e.reason : found.message);
    if (!verdict->reason) {
        return KL_FAIL_MEMORY(diag);
    }
    return verdict->met || err != KL_OK ? KL_OK : put_gap(r, index, scope, arena, verdict, diag);
}

static enum kl_err judge(void *user, struct kl_rung *rung, struct kl_arena *arena,
                         struct kl_diag *diag)
{
    const struct kl_requirements *r = user;
    struct scope names = {rung, false};
    const struct kl_scope scope = scope_of(&names);
    rung->verdicts = KL_NEW(arena, struct kl_verdict, (size_t)r->count + 1);
    if (!rung->verdicts) {
        return KL_FAIL_MEMORY(diag);
    }
    rung->met = true;
    for (int32_t i = 0; i < r->count; i++) {
        KL_TRY(judge_one(r, i, &scope, arena, &rung->verdicts[i], diag));
        rung->met = rung->met && rung->verdicts[i].met;
        rung->verdict_count++;
    }
    return KL_OK;
}

struct kl_ladder_judge kl_requirements_judge(struct kl_requirements *requirements)
{
    return (struct kl_ladder_judge){.check = check, .judge = judge, .user = requirements};
}
