/* SPDX-License-Identifier: Apache-2.0 */
#include "data/stats.h"

#include <stdlib.h>
#include <string.h>

static int compare_groups(const void *a, const void *b)
{
    const struct kl_data_item *x = *(const struct kl_data_item *const *)a;
    const struct kl_data_item *y = *(const struct kl_data_item *const *)b;
    int order = strcmp(x->group, y->group);
    return order ? order : (x->label > y->label) - (x->label < y->label);
}

static int32_t row_of(const struct kl_dataset *d, const struct kl_data_item *item)
{
    return item->label < 0 ? d->facts.class_count : item->label;
}

/* Groups in all and of each class. */
static enum kl_err count_groups(const struct kl_dataset *d, struct kl_arena *arena,
                                struct kl_stats *stats, struct kl_diag *diag)
{
    const struct kl_data_item **sorted = kl_dataset_sorted(d, compare_groups, arena);
    if (!sorted) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < d->count; i++) {
        bool new_group = i == 0 || strcmp(sorted[i]->group, sorted[i - 1]->group) != 0;
        bool new_class = new_group || sorted[i]->label != sorted[i - 1]->label;
        stats->groups += new_group;
        stats->classes[row_of(d, sorted[i])].groups += new_class;
    }
    return KL_OK;
}

static enum kl_err count_items(const struct kl_dataset *d, struct kl_arena *arena,
                               struct kl_stats *stats, struct kl_diag *diag)
{
    int32_t least = INT32_MAX;
    int32_t most = 0;
    stats->classes = KL_NEW(arena, struct kl_class_stats, (size_t)d->facts.class_count + 1);
    if (!stats->classes) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < d->count; i++) {
        struct kl_class_stats *row = &stats->classes[row_of(d, &d->items[i])];
        row->items++;
        row->frames += d->items[i].frames;
        row->splits[d->items[i].split]++;
        stats->folds = d->items[i].fold >= stats->folds ? d->items[i].fold + 1 : stats->folds;
    }
    stats->classes[d->facts.class_count].name = "";
    for (int32_t c = 0; c < d->facts.class_count; c++) {
        stats->classes[c].name = d->facts.classes[c];
        least = stats->classes[c].items < least ? stats->classes[c].items : least;
        most = stats->classes[c].items > most ? stats->classes[c].items : most;
    }
    stats->imbalance = most && least ? (double)most / least : 0;
    return count_groups(d, arena, stats, diag);
}

static int compare_tag(const struct kl_tag_stats *tag, const char *text)
{
    size_t key = strlen(tag->key);
    int order = strncmp(tag->key, text, key);
    if (order == 0 && text[key] != '=') {
        order = -1;
    }
    size_t length = strcspn(text, ",");
    if (order == 0) {
        order = strncmp(tag->value, text + key + 1, length - key - 1);
    }
    return order == 0 && strlen(tag->value) > length - key - 1 ? 1 : order;
}

/* The row of the tag "key=value" that the text begins with; made when it is new. NULL when there is
 * no room, or memory is short. */
static struct kl_tag_stats *find_tag(const struct kl_dataset *d, struct kl_arena *arena,
                                     struct kl_stats *stats, const char *text)
{
    size_t length = strcspn(text, ",");
    const char *equals = memchr(text, '=', length);
    for (int32_t t = 0; t < stats->tag_count; t++) {
        if (compare_tag(&stats->tags[t], text) == 0) {
            return &stats->tags[t];
        }
    }
    if (!equals || stats->tag_count == KL_STATS_TAGS) {
        return NULL;
    }
    struct kl_tag_stats *tag = &stats->tags[stats->tag_count];
    tag->key = kl_arena_printf(arena, "%.*s", (int)(equals - text), text);
    tag->value =
        kl_arena_printf(arena, "%.*s", (int)(length - (size_t)(equals - text) - 1), equals + 1);
    tag->classes = KL_NEW(arena, int32_t, (size_t)d->facts.class_count);
    bool made = tag->key && tag->value && tag->classes;
    stats->tag_count += made;
    return made ? tag : NULL;
}

static int by_key(const void *a, const void *b)
{
    const struct kl_tag_stats *x = a;
    const struct kl_tag_stats *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : strcmp(x->value, y->value);
}

static void count_tags(const struct kl_dataset *d, struct kl_arena *arena, struct kl_stats *stats)
{
    for (int32_t i = 0; i < d->count; i++) {
        const char *text = d->items[i].tags;
        while (*text) {
            /* What augmentation did is no condition of recording. */
            bool made = strncmp(text, "augment=", 8) == 0;
            struct kl_tag_stats *tag = made ? NULL : find_tag(d, arena, stats, text);
            if (tag) {
                tag->items++;
            }
            if (tag && d->items[i].label >= 0) {
                tag->classes[d->items[i].label]++;
            }
            text += strcspn(text, ",");
            text += *text == ',';
        }
    }
    qsort(stats->tags, (size_t)stats->tag_count, sizeof *stats->tags, by_key);
    for (int32_t t = 0; t < stats->tag_count; t++) {
        for (int32_t c = 0; c < d->facts.class_count; c++) {
            stats->uncovered += stats->classes[c].items > 0 && stats->tags[t].classes[c] == 0;
        }
    }
}

enum kl_err kl_stats_run(const struct kl_dataset *d, struct kl_arena *arena, struct kl_stats *stats,
                         struct kl_diag *diag)
{
    memset(stats, 0, sizeof *stats);
    stats->tags = KL_NEW(arena, struct kl_tag_stats, KL_STATS_TAGS);
    if (!stats->tags) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(count_items(d, arena, stats, diag));
    count_tags(d, arena, stats);
    KL_TRY(kl_near_find(d, arena, &stats->near, diag));
    return kl_quality_find(d, arena, &stats->findings, diag);
}
