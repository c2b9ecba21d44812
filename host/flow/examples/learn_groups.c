/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/examples/learn_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/scores.h"

/* An item in a part, by its group or its samples. */
struct keyed {
    const char *key;
    int32_t part;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->part - y->part;
}

/* What a copy was made from, for copies. */
static const char *samples_of(const struct kl_data_item *item)
{
    return item->origin[0] ? item->origin : item->id;
}

/* Items of all parts, sorted by key; those without a key are left out. Returns how many. */
static int32_t list_items(const struct kl_learn_data *data, bool groups, struct keyed *list)
{
    int32_t count = 0;
    for (int32_t k = 0; k < KL_PARTS; k++) {
        const struct kl_learn_part *part = &data->part[k];
        for (int32_t i = 0; i < part->set.count; i++) {
            const struct kl_data_item *item = &data->dataset->items[part->item[i]];
            const char *key = groups ? item->group : samples_of(item);
            bool fresh = i == 0 || part->item[i] != part->item[i - 1];
            if (fresh && key[0]) {
                list[count++] = (struct keyed){key, k};
            }
        }
    }
    qsort(list, (size_t)count, sizeof list[0], by_key);
    return count;
}

/* The end of the run of equal keys that begins at `first`. */
static int32_t end_of_run(const struct keyed *list, int32_t count, int32_t first)
{
    int32_t end = first + 1;
    while (end < count && strcmp(list[end].key, list[first].key) == 0) {
        end++;
    }
    return end;
}

static void count_groups(struct kl_learn_data *data, const struct keyed *list, int32_t count)
{
    for (int32_t first = 0, end; first < count; first = end) {
        end = end_of_run(list, count, first);
        data->shared_groups += list[first].part != list[end - 1].part;
        for (int32_t i = first; i < end; i++) {
            bool fresh = i == first || list[i].part != list[i - 1].part;
            data->part[list[i].part].groups += fresh;
        }
    }
}

/* In a run, the items of all parts but the first one. */
static void count_leaks(struct kl_learn_data *data, const struct keyed *list, int32_t count)
{
    for (int32_t first = 0, end; first < count; first = end) {
        end = end_of_run(list, count, first);
        for (int32_t i = first; i < end; i++) {
            data->leaks += list[i].part != list[first].part;
        }
    }
}

enum kl_err learn_count_groups(struct kl_learn_data *data, struct kl_arena *arena,
                               struct kl_diag *diag)
{
    struct keyed *list = KL_NEW(arena, struct keyed, (size_t)data->dataset->count);
    if (!list) {
        return KL_FAIL_MEMORY(diag);
    }
    count_groups(data, list, list_items(data, true, list));
    count_leaks(data, list, list_items(data, false, list));
    return KL_OK;
}

bool kl_learn_leaks_text(int32_t leaks, int32_t shared_groups, char text[KL_LEAKS_TEXT_BYTES])
{
    snprintf(text, KL_LEAKS_TEXT_BYTES,
             "%d item%s the samples of an item in another part, and %d group%s in several parts: "
             "the scores may be too good; split with `kinglet data split --join-duplicates`",
             leaks, leaks == 1 ? " has" : "s have", shared_groups,
             shared_groups == 1 ? " is" : "s are");
    return leaks + shared_groups > 0;
}

bool kl_learn_cautions(const struct kl_learn_data *data, enum kl_data_part part,
                       char text[KL_CAUTIONS_BYTES])
{
    char narrow[KL_SCORE_CAUTION_BYTES], leaks[KL_LEAKS_TEXT_BYTES];
    const struct kl_score score = {.count = data->part[part].set.count,
                                   .groups = data->part[part].groups};
    bool is_narrow = kl_score_caution(&score, narrow);
    bool leaky = kl_learn_leaks_text(data->leaks, data->shared_groups, leaks);
    snprintf(text, KL_CAUTIONS_BYTES, "%s%s%s", is_narrow ? narrow : "",
             is_narrow && leaky ? ". " : "", leaky ? leaks : "");
    return is_narrow || leaky;
}
