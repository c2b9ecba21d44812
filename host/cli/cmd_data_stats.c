/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/data_job.h"
#include "data/stats.h"

struct stats_options {
    struct kl_common common;
    const char *path;
    bool verify;
};

static json_t *class_stats_json(const struct kl_dataset *d, const struct kl_stats *s)
{
    json_t *list = json_array();
    for (int32_t c = 0; c <= d->facts.class_count; c++) {
        const struct kl_class_stats *k = &s->classes[c];
        if (k->items || c < d->facts.class_count) {
            json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:I, s:i, s:i, s:i}", "name",
                                                  k->name, "items", (int)k->items, "groups",
                                                  (int)k->groups, "frames", (json_int_t)k->frames,
                                                  "train", (int)k->splits[KL_SPLIT_TRAIN],
                                                  "validation", (int)k->splits[KL_SPLIT_VALIDATION],
                                                  "test", (int)k->splits[KL_SPLIT_TEST]));
        }
    }
    return list;
}

static json_t *coverage_json(const struct kl_dataset *d, const struct kl_stats *s)
{
    json_t *list = json_array();
    for (int32_t t = 0; t < s->tag_count; t++) {
        json_t *missing = json_array();
        for (int32_t c = 0; c < d->facts.class_count; c++) {
            if (s->classes[c].items > 0 && s->tags[t].classes[c] == 0) {
                json_array_append_new(missing, json_string(d->facts.classes[c]));
            }
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:o}", "tag", s->tags[t].key,
                                              "value", s->tags[t].value, "items",
                                              (int)s->tags[t].items, "missing_classes", missing));
    }
    return list;
}

static const char *channel_name(const struct kl_dataset *d, int32_t channel)
{
    return channel < 0 ? "" : d->facts.channels[channel];
}

static json_t *findings_json(const struct kl_dataset *d, const struct kl_findings *f)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < f->count; i++) {
        const struct kl_finding *x = &f->list[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:f}", "fault", kl_fault_names[x->fault], "item",
                            d->items[x->item].name, "channel", channel_name(d, x->channel),
                            "figure", x->what, "number", x->number));
    }
    return list;
}

void kl_describe_stats(struct kl_result *result, const struct kl_dataset *d,
                       const struct kl_stats *s)
{
    char name[64];
    int64_t all = 0;
    kl_describe_dataset(result, d);
    kl_result_data(result, d->path, d->version);
    kl_result_count(result, "data.groups", s->groups, "1", KL_COUNTED);
    kl_result_metric(result, "data.imbalance", json_real(s->imbalance), "1", KL_COUNTED);
    kl_result_count(result, "data.uncovered", s->uncovered, "1", KL_COUNTED);
    kl_result_count(result, "data.duplicates", s->near.exact, "1", KL_COUNTED);
    if (s->near.searched) {
        kl_result_count(result, "data.near_duplicates", s->near.near, "1", KL_COUNTED);
    }
    for (int f = 0; f < KL_FAULTS; f++) {
        snprintf(name, sizeof name, "quality.%s", kl_fault_names[f]);
        kl_result_count(result, name, s->findings.of[f], "1", KL_COUNTED);
        all += f == KL_OUTLIER ? 0 : s->findings.of[f];
    }
    kl_result_count(result, "quality.faults", all, "1", KL_COUNTED);
    kl_result_detail(result, "classes", class_stats_json(d, s));
    kl_result_detail(result, "coverage", coverage_json(d, s));
    kl_result_detail(result, "duplicates", kl_pairs_json(d, s->near.pairs, s->near.count));
    kl_result_detail(result, "findings", findings_json(d, &s->findings));
}

static void print_classes(const struct kl_dataset *d, const struct kl_stats *s)
{
    printf("\n  %-24s %8s %8s %8s %10s %8s\n", "class", "items", "groups", "train", "validation",
           "test");
    for (int32_t c = 0; c <= d->facts.class_count; c++) {
        const struct kl_class_stats *k = &s->classes[c];
        if (k->items || c < d->facts.class_count) {
            printf("  %-24.24s %8d %8d %8d %10d %8d\n", k->name[0] ? k->name : "(no label)",
                   k->items, k->groups, k->splits[KL_SPLIT_TRAIN], k->splits[KL_SPLIT_VALIDATION],
                   k->splits[KL_SPLIT_TEST]);
        }
    }
    if (s->folds) {
        printf("  in %d folds\n", s->folds);
    }
}

static void print_coverage(const struct kl_dataset *d, const struct kl_stats *s)
{
    enum { SHOWN = 24 };
    for (int32_t t = 0; t < s->tag_count && t < SHOWN; t++) {
        const struct kl_tag_stats *tag = &s->tags[t];
        printf("%s  %s=%s: %d items", t ? "" : "\nconditions\n", tag->key, tag->value, tag->items);
        const char *word = ", none of";
        for (int32_t c = 0; c < d->facts.class_count; c++) {
            if (s->classes[c].items > 0 && tag->classes[c] == 0) {
                printf("%s %s", word, d->facts.classes[c]);
                word = ",";
            }
        }
        printf("\n");
    }
    if (s->tag_count > SHOWN) {
        printf("  and %d more; --json lists them\n", s->tag_count - SHOWN);
    }
}

static void print_pairs(const struct kl_dataset *d, const struct kl_near *near)
{
    enum { SHOWN = 8 };
    printf("\nduplicates: %lld the same, ", (long long)near->exact);
    if (near->searched) {
        printf("%lld nearly\n", (long long)near->near);
    } else {
        printf("near ones are not searched in %s\n",
               d->facts.kind == KL_DATA_TABLE ? "tables" : "more than 20,000 items");
    }
    for (int32_t i = 0; i < near->count && i < SHOWN; i++) {
        const struct kl_near_pair *p = &near->pairs[i];
        printf("  %s %s %s", d->items[p->a].name, p->exact ? "=" : "~", d->items[p->b].name);
        printf(p->exact ? "\n" : " (%.3f)\n", p->distance);
    }
}

static void print_findings(const struct kl_dataset *d, const struct kl_findings *f)
{
    enum { SHOWN = 16 };
    static const char *const what[KL_FAULTS] = {"of its frames have one value",
                                                "of its frames lie at an extreme",
                                                "samples are missing",
                                                "relative deviation of the interval",
                                                "dB above the noise of the others",
                                                "robust deviations from the others"};
    int32_t shown[KL_FAULTS] = {0};
    printf("\nquality:");
    for (int k = 0; k < KL_FAULTS; k++) {
        printf(" %lld %s%s", (long long)f->of[k], kl_fault_names[k],
               k + 1 < KL_FAULTS ? "," : "\n");
    }
    for (int32_t i = 0; i < f->count; i++) {
        const struct kl_finding *x = &f->list[i];
        if (++shown[x->fault] > SHOWN) {
            continue;
        }
        bool is_share = x->fault == KL_STUCK || x->fault == KL_CLIPPED;
        printf("  %s%-8s%s %s%s%s%s%s: %.4g%s %s\n", kl_red(), kl_fault_names[x->fault], kl_plain(),
               d->items[x->item].name, x->channel < 0 ? "" : ", ", channel_name(d, x->channel),
               x->what[0] ? ", " : "", x->what, is_share ? 100 * x->number : x->number,
               is_share ? " %" : "", what[x->fault]);
    }
}

static enum kl_err stats(void *options, struct kl_arena *arena, struct kl_dataset *d,
                         struct kl_result *result, struct kl_diag *diag)
{
    const struct stats_options *o = options;
    struct kl_stats s;
    KL_TRY(kl_dataset_open(o->path, arena, d, diag));
    if (o->verify) {
        KL_TRY(kl_dataset_verify(d, diag));
    }
    KL_TRY(kl_stats_run(d, arena, &s, diag));
    kl_describe_stats(result, d, &s);
    if (!o->common.json) {
        kl_print_dataset(d);
        print_classes(d, &s);
        print_coverage(d, &s);
        print_pairs(d, &s.near);
        print_findings(d, &s.findings);
    }
    return KL_OK;
}

int kl_cmd_data_stats(int argc, char **argv, const struct kl_command *self)
{
    struct stats_options o = {.path = NULL};
    const struct kl_option options[] = {
        {.name = "--verify",
         .help = "compare all samples with the hashes of their items, too",
         .flag = &o.verify},
        {.name = NULL},
    };
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &o.path, 1, &status);
    return begun ? kl_data_run(self, &o.common, stats, &o) : status;
}
