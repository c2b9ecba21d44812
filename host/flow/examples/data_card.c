/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/data_card.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/html.h"

enum { CLASSES_SHOWN = 40, TAGS_SHOWN = 60, FINDINGS_SHOWN = 40, EXAMPLES = 4, POINTS = 400 };

/* Text from outside inside of a sentence or a cell. */
static void put_text(struct kl_buffer *md, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_{}[]<>|#~!&", *text)) {
            kl_buffer_append(md, "\\", 1);
        }
        kl_buffer_append(md, text, 1);
    }
}

static void put_row(struct kl_buffer *md, const char *name, const char *text)
{
    kl_buffer_printf(md, "| %s | ", name);
    put_text(md, text[0] ? text : "not stated");
    kl_buffer_printf(md, " |\n");
}

static int64_t all_frames(const struct kl_dataset *d)
{
    int64_t frames = 0;
    for (int32_t i = 0; i < d->count; i++) {
        frames += d->items[i].frames;
    }
    return frames;
}

static void put_origin(struct kl_buffer *md, const struct kl_data_card *card)
{
    const struct kl_dataset *d = card->dataset;
    kl_buffer_printf(md, "| | |\n|---|---|\n");
    put_row(md, "source", d->facts.source);
    put_row(md, "licence", d->facts.licence);
    put_row(md, "made by", d->facts.made_by);
    put_row(md, "content (SHA-256)", d->content);
    put_row(md, "version with its split (SHA-256)", d->version);
}

static void put_shape(struct kl_buffer *md, const struct kl_data_card *card)
{
    const struct kl_dataset *d = card->dataset;
    kl_buffer_printf(md, "| | |\n|---|---|\n| kind | %s |\n| items | %d |\n",
                     kl_data_kind_names[d->facts.kind], d->count);
    kl_buffer_printf(md, "| groups | %d |\n| channels | %d: ", card->stats->groups,
                     d->facts.channel_count);
    for (int32_t c = 0; c < d->facts.channel_count && c < 16; c++) {
        kl_buffer_printf(md, "%s", c ? ", " : "");
        put_text(md, d->facts.channels[c]);
    }
    kl_buffer_printf(md, "%s |\n", d->facts.channel_count > 16 ? ", ..." : "");
    if (d->facts.unit[0]) {
        put_row(md, "unit", d->facts.unit);
    }
    if (d->facts.rate > 0) {
        kl_buffer_printf(md, "| rate | %g Hz |\n| duration | %.1f s |\n", d->facts.rate,
                         (double)all_frames(d) / d->facts.rate);
    }
}

static const char *class_name(const struct kl_class_stats *k)
{
    return k->name[0] ? k->name : "(no label)";
}

static void put_classes(struct kl_buffer *md, const struct kl_data_card *card)
{
    int32_t count = card->dataset->facts.class_count;
    kl_buffer_printf(md, "| class | items | groups | train | validation | "
                         "test |\n|---|---:|---:|---:|---:|---:|\n");
    for (int32_t c = 0; c <= count && c < CLASSES_SHOWN; c++) {
        const struct kl_class_stats *k = &card->stats->classes[c];
        if (k->items == 0 && c == count) {
            continue;
        }
        kl_buffer_printf(md, "| ");
        put_text(md, class_name(k));
        kl_buffer_printf(md, " | %d | %d | %d | %d | %d |\n", k->items, k->groups,
                         k->splits[KL_SPLIT_TRAIN], k->splits[KL_SPLIT_VALIDATION],
                         k->splits[KL_SPLIT_TEST]);
    }
    if (count >= CLASSES_SHOWN) {
        kl_buffer_printf(md, "\n%d classes in all.\n", count);
    }
    if (card->stats->imbalance > 0) {
        kl_buffer_printf(md, "\nThe largest class has %.2g times the items of the smallest.\n",
                         card->stats->imbalance);
    }
}

static void put_rule(struct kl_buffer *md, const struct kl_data_card *card)
{
    const struct kl_data_rule *rule = &card->dataset->facts.rule;
    if (!rule->method[0]) {
        kl_buffer_printf(md, "\nIt was not split by a rule.\n");
        return;
    }
    kl_buffer_printf(md, "\nSplit by group: ");
    put_text(md, rule->method);
    if (rule->folds) {
        kl_buffer_printf(md, ", %d folds", rule->folds);
    } else {
        kl_buffer_printf(md, " %.3g, %.3g, %.3g", rule->fractions[0], rule->fractions[1],
                         rule->fractions[2]);
    }
    kl_buffer_printf(md, ", seed %llu.\n", (unsigned long long)rule->seed);
}

static void put_conditions(struct kl_buffer *md, const struct kl_data_card *card)
{
    const struct kl_stats *s = card->stats;
    const struct kl_dataset *d = card->dataset;
    if (s->tag_count == 0) {
        kl_buffer_printf(md, "No conditions of recording are stated.\n");
        return;
    }
    kl_buffer_printf(md, "| condition | items | classes without one |\n"
                         "|---|---:|---|\n");
    for (int32_t t = 0; t < s->tag_count && t < TAGS_SHOWN; t++) {
        kl_buffer_printf(md, "| ");
        put_text(md, s->tags[t].key);
        kl_buffer_printf(md, " = ");
        put_text(md, s->tags[t].value);
        kl_buffer_printf(md, " | %d |", s->tags[t].items);
        for (int32_t c = 0; c < d->facts.class_count; c++) {
            if (s->classes[c].items > 0 && s->tags[t].classes[c] == 0) {
                kl_buffer_printf(md, " ");
                put_text(md, d->facts.classes[c]);
            }
        }
        kl_buffer_printf(md, " |\n");
    }
    if (s->tag_count > TAGS_SHOWN) {
        kl_buffer_printf(md, "\nAnd %d more.\n", s->tag_count - TAGS_SHOWN);
    }
}

static void put_finding(struct kl_buffer *md, const struct kl_dataset *d,
                        const struct kl_finding *x)
{
    kl_buffer_printf(md, "| %s%s%s | ", kl_fault_names[x->fault], x->what[0] ? ", " : "", x->what);
    put_text(md, d->items[x->item].name);
    kl_buffer_printf(md, " | ");
    put_text(md, x->channel < 0 ? "all" : d->facts.channels[x->channel]);
    kl_buffer_printf(md, " | %.4g |\n", x->number);
}

static void put_quality(struct kl_buffer *md, const struct kl_data_card *card)
{
    const struct kl_stats *s = card->stats;
    kl_buffer_printf(md, "| finding | count |\n|---|---:|\n");
    kl_buffer_printf(md, "| exact duplicates | %lld |\n", (long long)s->near.exact);
    if (s->near.searched) {
        kl_buffer_printf(md, "| near duplicates | %lld |\n", (long long)s->near.near);
    }
    for (int f = 0; f < KL_FAULTS; f++) {
        kl_buffer_printf(md, "| %s | %lld |\n", kl_fault_names[f], (long long)s->findings.of[f]);
    }
    if (s->findings.count) {
        kl_buffer_printf(md, "\n| finding | item | channel | number |\n|---|---|---|---:|\n");
    }
    for (int32_t i = 0; i < s->findings.count && i < FINDINGS_SHOWN; i++) {
        put_finding(md, card->dataset, &s->findings.list[i]);
    }
    if (s->findings.count > FINDINGS_SHOWN) {
        kl_buffer_printf(md, "\nThe first %d; `kinglet data stats --json` lists all.\n",
                         FINDINGS_SHOWN);
    }
}

static void put_notes(struct kl_buffer *md, const struct kl_data_card *card)
{
    kl_buffer_printf(md, "%s\n", card->notes ? card->notes : "Nothing is stated.");
}

static void put_split(struct kl_buffer *md, const struct kl_data_card *card)
{
    put_classes(md, card);
    put_rule(md, card);
}

static const struct section {
    const char *heading;
    void (*put)(struct kl_buffer *md, const struct kl_data_card *card);
} sections[] = {{"Origin", put_origin},           {"Shape", put_shape},
                {"Classes and split", put_split}, {"Conditions", put_conditions},
                {"Quality", put_quality},         {"Known gaps", put_notes}};

enum { SECTIONS = sizeof sections / sizeof sections[0] };

void kl_data_card_markdown(const struct kl_data_card *card, struct kl_buffer *text)
{
    kl_buffer_printf(text, "# Data card: ");
    put_text(text, card->title);
    kl_buffer_printf(text, "\n");
    for (int i = 0; i < SECTIONS; i++) {
        kl_buffer_printf(text, "\n## %s\n\n", sections[i].heading);
        sections[i].put(text, card);
    }
}

/* A section of the page; it is left open for charts. */
static void begin_section(struct kl_buffer *html, const struct kl_data_card *card,
                          const struct section *section)
{
    struct kl_buffer md = KL_BUFFER(html->max);
    kl_html_printf(html, "<section><h2>%s</h2>\n", section->heading);
    section->put(&md, card);
    if (md.failed) {
        html->failed = true;
    } else {
        kl_html_markdown(html, md.data);
    }
    kl_buffer_free(&md);
}

static void chart_classes(struct kl_buffer *html, const struct kl_data_card *card)
{
    struct kl_bar bars[CLASSES_SHOWN];
    char texts[CLASSES_SHOWN][16];
    size_t count = 0;
    for (int32_t c = 0; c < card->dataset->facts.class_count && c < CLASSES_SHOWN; c++) {
        const struct kl_class_stats *k = &card->stats->classes[c];
        snprintf(texts[count], sizeof texts[0], "%d", k->items);
        bars[count] =
            (struct kl_bar){k->name, k->items, texts[count], false, (double)NAN, (double)NAN};
        count++;
    }
    if (count) {
        kl_chart_bars(html, "Items of each class", bars, count, NULL, (double)NAN);
    }
}

static void chart_splits(struct kl_buffer *html, const struct kl_data_card *card)
{
    struct kl_stack rows[CLASSES_SHOWN];
    struct kl_part parts[CLASSES_SHOWN][3];
    char texts[CLASSES_SHOWN][16];
    size_t count = 0;
    bool split = false;
    for (int32_t c = 0; c < card->dataset->facts.class_count && c < CLASSES_SHOWN; c++) {
        const struct kl_class_stats *k = &card->stats->classes[c];
        for (int p = 0; p < 3; p++) {
            parts[count][p] = (struct kl_part){kl_data_split_names[p + 1], k->splits[p + 1]};
            split = split || k->splits[p + 1] > 0;
        }
        snprintf(texts[count], sizeof texts[0], "%d", k->items);
        rows[count] = (struct kl_stack){k->name, texts[count], parts[count], 3};
        count++;
    }
    if (count && split) {
        kl_chart_stacks(html, "Split of each class", rows, count);
    }
}

/* How long recordings are: 20 equal steps from the shortest to the longest. */
static void chart_lengths(struct kl_buffer *html, const struct kl_data_card *card)
{
    enum { STEPS = 20 };
    const struct kl_dataset *d = card->dataset;
    double unit = d->facts.rate > 0 ? d->facts.rate : 1;
    double least = HUGE_VAL;
    double most = 0;
    double x[STEPS];
    double y[STEPS] = {0};
    for (int32_t i = 0; i < d->count; i++) {
        least = fmin(least, d->items[i].frames / unit);
        most = fmax(most, d->items[i].frames / unit);
    }
    if (d->facts.kind != KL_DATA_SERIES || !(most > least)) {
        return;
    }
    for (int32_t i = 0; i < d->count; i++) {
        int step = (int)((d->items[i].frames / unit - least) / (most - least) * STEPS);
        y[step < STEPS ? step : STEPS - 1]++;
    }
    for (int k = 0; k < STEPS; k++) {
        x[k] = least + (most - least) * (k + 0.5) / STEPS;
    }
    const struct kl_axis x_axis = {.label = d->facts.rate > 0 ? "length, s" : "length, frames"};
    const struct kl_axis y_axis = {.label = "items"};
    const struct kl_series series = {"items", x, y, STEPS};
    kl_chart_lines(html, "Lengths of items", &x_axis, &y_axis, &series, 1, true);
}

static const struct kl_data_item *first_of(const struct kl_dataset *d, int32_t class)
{
    for (int32_t i = 0; i < d->count; i++) {
        if (d->items[i].label == class) {
            return &d->items[i];
        }
    }
    return NULL;
}

/* All channels of a recording, each POINTS-th part of it by its first value. */
static void chart_example(struct kl_buffer *html, const struct kl_dataset *d,
                          const struct kl_data_item *item, const char *class)
{
    double x[POINTS];
    double y[EXAMPLES][POINTS];
    struct kl_series series[EXAMPLES];
    char title[2 * KL_DATA_TEXT + 16];
    size_t channels = (size_t)d->facts.channel_count;
    size_t lines = channels < EXAMPLES ? channels : EXAMPLES;
    size_t points = item->frames < POINTS ? (size_t)item->frames : POINTS;
    const float *values = kl_dataset_values(d, item);
    for (size_t p = 0; p < points; p++) {
        size_t frame = p * (size_t)item->frames / points;
        x[p] = (double)frame / (d->facts.rate > 0 ? d->facts.rate : 1);
        for (size_t c = 0; c < lines; c++) {
            y[c][p] = (double)values[frame * channels + c];
        }
    }
    for (size_t c = 0; c < lines; c++) {
        series[c] = (struct kl_series){d->facts.channels[c], x, y[c], points};
    }
    const struct kl_axis x_axis = {.label = d->facts.rate > 0 ? "time, s" : "frame"};
    const struct kl_axis y_axis = {.label = d->facts.unit[0] ? d->facts.unit : "value"};
    snprintf(title, sizeof title, "%s: %s", class, item->name);
    kl_chart_lines(html, title, &x_axis, &y_axis, series, lines, false);
}

static void chart_examples(struct kl_buffer *html, const struct kl_data_card *card)
{
    const struct kl_dataset *d = card->dataset;
    for (int32_t c = 0; d->facts.kind == KL_DATA_SERIES && c < d->facts.class_count && c < EXAMPLES;
         c++) {
        const struct kl_data_item *item = first_of(d, c);
        if (item) {
            chart_example(html, d, item, d->facts.classes[c]);
        }
    }
}

void kl_data_card_html(const struct kl_data_card *card, struct kl_buffer *html)
{
    kl_html_begin(html, card->title, "Data card");
    for (int i = 0; i < SECTIONS; i++) {
        begin_section(html, card, &sections[i]);
        if (sections[i].put == put_shape) {
            chart_lengths(html, card);
            chart_examples(html, card);
        } else if (sections[i].put == put_split) {
            chart_classes(html, card);
            chart_splits(html, card);
        }
        kl_html_printf(html, "</section>\n");
    }
    kl_html_end(html);
}
