/* SPDX-License-Identifier: Apache-2.0 */
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { SEEDS = 256 };

const char *const kl_split_methods[3] = {"fractions", "folds", "leave-one-group-out"};

struct group {
    const char *name;
    int32_t joined; /* place of the group that it belongs to: the first by name */
    int32_t side;
    uint64_t hash;
    int32_t *counts; /* [classes + 1] of its items */
};

struct split {
    const struct kl_dataset *d;
    const struct kl_split_request *request;
    struct kl_arena *arena;
    struct kl_split_report *report;
    struct kl_diag *diag;
    struct group *groups; /* sorted by name */
    int32_t count, columns;
    int32_t *group_of; /* of each item */
    int32_t *totals;   /* [columns] */
    int32_t *holders;  /* [columns]: groups that have the class */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct kl_data_item *const *)a)->group,
                  (*(const struct kl_data_item *const *)b)->group);
}

/* The first 64 bits of the SHA-256 of the name. */
static uint64_t hash_name(const char *name)
{
    char hex[KL_SHA256_HEX_BYTES];
    kl_sha256_hex(name, strlen(name), hex);
    hex[16] = '\0';
    return strtoull(hex, NULL, 16);
}

static enum kl_err collect(struct split *s)
{
    size_t count = (size_t)s->d->count;
    const struct kl_data_item **sorted = KL_NEW(s->arena, const struct kl_data_item *, count);
    s->groups = KL_NEW(s->arena, struct group, count);
    s->group_of = KL_NEW(s->arena, int32_t, count);
    s->totals = KL_NEW(s->arena, int32_t, (size_t)s->columns);
    s->holders = KL_NEW(s->arena, int32_t, (size_t)s->columns);
    if (!sorted || !s->groups || !s->group_of || !s->totals || !s->holders) {
        return KL_FAIL_MEMORY(s->diag);
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &s->d->items[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || strcmp(sorted[i]->group, sorted[i - 1]->group) != 0;
        if (first) {
            s->groups[s->count] = (struct group){.name = sorted[i]->group, .joined = s->count};
            s->count++;
        }
        s->group_of[sorted[i] - s->d->items] = s->count - 1;
    }
    return KL_OK;
}

static int32_t root(const struct split *s, int32_t group)
{
    while (s->groups[group].joined != group) {
        group = s->groups[group].joined;
    }
    return group;
}

/* Join groups that share samples: the first by name stands for all of them. */
static void join(struct split *s, const struct kl_near *near)
{
    for (int32_t i = 0; i < near->count && near->pairs[i].exact; i++) {
        int32_t a = root(s, s->group_of[near->pairs[i].a]);
        int32_t b = root(s, s->group_of[near->pairs[i].b]);
        s->groups[a > b ? a : b].joined = a > b ? b : a;
    }
    for (int32_t i = 0; i < s->d->count; i++) {
        s->group_of[i] = root(s, s->group_of[i]);
    }
}

/* A copy that was made by augmentation is learnt from only. Of folds, training leaves it out. */
static bool is_copy(const struct kl_data_item *item)
{
    return item->origin[0] != '\0';
}

static int32_t column_of(const struct split *s, const struct kl_data_item *item)
{
    return item->label < 0 ? s->columns - 1 : item->label;
}

/* Of what was recorded: copies follow it, and say nothing of balance. */
static enum kl_err count_classes(struct split *s)
{
    for (int32_t g = 0; g < s->count; g++) {
        struct group *group = &s->groups[g];
        if (group->joined != g) {
            continue;
        }
        group->hash = hash_name(group->name);
        group->counts = KL_NEW(s->arena, int32_t, (size_t)s->columns);
        if (!group->counts) {
            return KL_FAIL_MEMORY(s->diag);
        }
        s->report->groups++;
    }
    for (int32_t i = 0; i < s->d->count; i++) {
        int32_t column = column_of(s, &s->d->items[i]);
        if (is_copy(&s->d->items[i])) {
            continue;
        }
        s->totals[column]++;
        s->holders[column] += s->groups[s->group_of[i]].counts[column]++ == 0;
    }
    return KL_OK;
}

/* The wanted share of a side. */
static double share(const struct split *s, int32_t side)
{
    return s->request->method == KL_BY_FRACTIONS ? s->request->fractions[side]
                                                 : 1.0 / s->report->sides;
}

static int32_t side_of(const struct split *s, uint64_t hash, uint64_t seed)
{
    struct kl_random random = {seed};
    random.state = hash ^ kl_random_next(&random);
    double u = kl_random_between(&random, 0, 1);
    double end = 0;
    for (int32_t side = 0; side + 1 < s->report->sides; side++) {
        end += share(s, side);
        if (u < end) {
            return side;
        }
    }
    int32_t last = s->report->sides - 1;
    while (last > 0 && share(s, last) <= 0) {
        last--;
    }
    return last;
}

/* Assign all groups, and count. */
static void assign(struct split *s, uint64_t seed)
{
    int32_t next = 0;
    memset(s->report->counts, 0,
           (size_t)s->report->sides * (size_t)s->columns * sizeof *s->report->counts);
    for (int32_t g = 0; g < s->count; g++) {
        struct group *group = &s->groups[g];
        if (group->joined != g) {
            continue;
        }
        group->side =
            s->request->method == KL_BY_EACH_GROUP ? next++ : side_of(s, group->hash, seed);
        for (int32_t c = 0; c < s->columns; c++) {
            s->report->counts[group->side * s->columns + c] += group->counts[c];
        }
    }
}

static int32_t side_total(const struct split *s, int32_t side)
{
    int32_t sum = 0;
    for (int32_t c = 0; c < s->columns; c++) {
        sum += s->report->counts[side * s->columns + c];
    }
    return sum;
}

/* How far the sides are from what is wanted: squared differences of shares weighted by the size of
 * the class, and a penalty for what is empty and need not be. */
static double cost(struct split *s)
{
    double sum = 0;
    s->report->worst = 0;
    for (int32_t side = 0; side < s->report->sides; side++) {
        double wanted = share(s, side);
        sum += wanted > 0 && side_total(s, side) == 0 ? 100 : 0;
        for (int32_t c = 0; c < s->columns; c++) {
            if (s->totals[c] == 0) {
                continue;
            }
            int32_t count = s->report->counts[side * s->columns + c];
            double difference = (double)count / s->totals[c] - wanted;
            sum += difference * difference * s->totals[c] / s->d->count;
            sum += count == 0 && wanted > 0 ? 1 : 0;
            s->report->worst = fmax(s->report->worst, fabs(difference));
        }
    }
    return sum;
}

static void choose_seed(struct split *s)
{
    uint64_t best = s->request->seed;
    double lowest = HUGE_VAL;
    bool given = best != 0 || s->request->method == KL_BY_EACH_GROUP;
    for (uint64_t seed = 1; !given && seed <= SEEDS; seed++) {
        assign(s, seed);
        double now = cost(s);
        if (now < lowest) {
            lowest = now;
            best = seed;
        }
    }
    assign(s, best);
    cost(s);
    s->report->rule.seed = best;
}

static enum kl_err check_groups(const struct split *s)
{
    int32_t wanted = 0;
    for (int32_t side = 0; side < s->report->sides; side++) {
        wanted += share(s, side) > 0;
    }
    if (s->report->groups < wanted || s->report->groups < 2) {
        return kl_fail(
            s->diag, KL_EINPUT,
            "%d group%s cannot be split into %d parts: groups stay together. Record more, "
            "or import with a finer group",
            s->report->groups, s->report->groups == 1 ? "" : "s", wanted < 2 ? 2 : wanted);
    }
    return KL_OK;
}

static const char *side_name(const struct split *s, int32_t side, char text[24])
{
    snprintf(text, 24, "fold %d", side);
    return s->request->method == KL_BY_FRACTIONS ? kl_data_split_names[side + 1] : text;
}

/* The one group that has a class. */
static const char *holder(const struct split *s, int32_t class)
{
    int32_t i = 0;
    while (s->d->items[i].label != class) {
        i++;
    }
    return s->groups[s->group_of[i]].name;
}

/* A model cannot learn a class that is in no training data, and nobody knows how well it tells one
 * that is in no test. */
static enum kl_err check_classes(const struct split *s)
{
    char text[24];
    for (int32_t c = 0; c + 1 < s->columns && !s->request->missing_classes; c++) {
        const char *name = s->d->facts.classes[c];
        if (s->totals[c] > 0 && s->holders[c] < 2) {
            return kl_fail(
                s->diag, KL_EINPUT,
                "class '%.60s' has a single group, '%.60s': it cannot be in training and "
                "test at once. Record more, or allow it by --missing-classes",
                name, holder(s, c));
        }
        for (int32_t side = 0; side < s->report->sides; side++) {
            bool needed = s->request->method == KL_BY_FRACTIONS && side != 1 && share(s, side) > 0;
            if (needed && s->totals[c] > 0 && s->report->counts[side * s->columns + c] == 0) {
                return kl_fail(s->diag, KL_EINPUT,
                               "class '%.60s' is missing in %s; its %d groups are too few for "
                               "these fractions. Use --folds or another --seed, or allow it by "
                               "--missing-classes",
                               name, side_name(s, side, text), s->holders[c]);
            }
        }
    }
    return KL_OK;
}

static enum kl_err check_sides(const struct split *s)
{
    char text[24];
    for (int32_t side = 0; side < s->report->sides; side++) {
        if (share(s, side) > 0 && side_total(s, side) == 0) {
            return kl_fail(s->diag, KL_EINPUT,
                           "no group falls into %s: %d groups are too few to be split by their "
                           "hash like this. Use --leave-one-group-out, fewer parts, or another "
                           "--seed",
                           side_name(s, side, text), s->report->groups);
        }
    }
    return check_classes(s);
}

/* Write the sides to the items, and count them. */
static void set_items(struct split *s)
{
    struct kl_split_report *r = s->report;
    bool folds = s->request->method != KL_BY_FRACTIONS;
    memset(r->counts, 0, (size_t)r->sides * (size_t)s->columns * sizeof *r->counts);
    for (int32_t i = 0; i < s->d->count; i++) {
        const struct kl_data_item *item = &s->d->items[i];
        int32_t side = s->groups[s->group_of[i]].side;
        bool left_out = !folds && is_copy(item) && side + 1 != KL_SPLIT_TRAIN;
        r->items[i].fold = folds ? side : -1;
        r->items[i].split = folds || left_out ? KL_SPLIT_NONE : (enum kl_data_split)(side + 1);
        r->copies_left_out += left_out;
        r->counts[side * s->columns + column_of(s, item)] += !left_out;
    }
}

static enum kl_err find_leaks(struct split *s, const struct kl_near *near)
{
    struct kl_split_report *r = s->report;
    for (int32_t i = 0; i < near->count; i++) {
        const struct kl_near_pair *pair = &near->pairs[i];
        if (s->groups[s->group_of[pair->a]].side != s->groups[s->group_of[pair->b]].side) {
            r->leaks[r->leak_count++] = *pair;
            r->exact_leaks += pair->exact;
        }
    }
    return r->exact_leaks == 0
               ? KL_OK
               : kl_fail(s->diag, KL_ECHECK,
                         "%d pair%s of items with the same samples would be on two sides: '%.80s' "
                         "and '%.80s'; --join-duplicates keeps their groups together",
                         r->exact_leaks, r->exact_leaks == 1 ? "" : "s",
                         s->d->items[r->leaks[0].a].name, s->d->items[r->leaks[0].b].name);
}

static enum kl_err prepare(struct split *s, const struct kl_near *near)
{
    struct kl_split_report *r = s->report;
    KL_TRY(collect(s));
    if (s->request->join_duplicates) {
        join(s, near);
    }
    KL_TRY(count_classes(s));
    r->sides = s->request->method == KL_BY_FRACTIONS ? 3
               : s->request->method == KL_BY_FOLDS   ? s->request->folds
                                                     : r->groups;
    r->rule.method = kl_split_methods[s->request->method];
    r->rule.folds = s->request->method == KL_BY_FRACTIONS ? 0 : r->sides;
    for (int i = 0; s->request->method == KL_BY_FRACTIONS && i < 3; i++) {
        r->rule.fractions[i] = s->request->fractions[i];
    }
    r->counts = kl_arena_alloc(s->arena, (size_t)r->sides * (size_t)s->columns, sizeof *r->counts);
    r->items = KL_NEW(s->arena, struct kl_data_item, (size_t)s->d->count);
    r->leaks = KL_NEW(s->arena, struct kl_near_pair, (size_t)near->count + 1);
    return r->counts && r->items && r->leaks ? check_groups(s) : KL_FAIL_MEMORY(s->diag);
}

enum kl_err kl_split_run(const struct kl_dataset *d, const struct kl_split_request *request,
                         struct kl_arena *arena, struct kl_split_report *report,
                         struct kl_diag *diag)
{
    struct kl_near near;
    struct split s = {.d = d, .request = request, .arena = arena, .report = report, .diag = diag};
    memset(report, 0, sizeof *report);
    s.columns = d->facts.class_count + 1;
    KL_TRY(kl_near_find(d, arena, &near, diag));
    KL_TRY(prepare(&s, &near));
    choose_seed(&s);
    KL_TRY(check_sides(&s));
    set_items(&s);
    return find_leaks(&s, &near);
}
