/* SPDX-License-Identifier: Apache-2.0 */
/* The report from cover to end. */
#include <string.h>

#include "playbook/fields.h"
#include "playbook/report.h"
#include "playbook/report/page.h"

enum { MEMORY = 512 * 1024 * 1024, MOST_BLOCKING = 40 };

static bool holds(const struct kl_gate_status *gate)
{
    return gate->state == KL_GATE_PASSED || gate->state == KL_GATE_WAIVED;
}

static size_t gates_open(const struct kl_judgement *j)
{
    return j->playbook->gate_count - j->passed - j->waived;
}

static const char *verdict(struct page *page)
{
    const struct kl_judgement *j = page->judgement;
    size_t all = j->playbook->gate_count;
    if (j->evidence->fault_count) {
        return "Not ready: the evidence has faults, so nothing that rests on it counts.";
    }
    if (all == 0) {
        return "Nothing can be said yet: the playbook has no gates.";
    }
    if (gates_open(j)) {
        return page_text(page, "Not ready: %zu of %zu gates do not hold yet.", gates_open(j), all);
    }
    return j->waived ? page_text(page, "Ready: all %zu gates hold, %zu of them by a waiver.", all,
                                 j->waived)
                     : page_text(page, "Ready: all %zu gates hold.", all);
}

static void put_tiles(struct page *page)
{
    const struct kl_judgement *j = page->judgement;
    const struct page_tile tiles[] = {
        {page_text(page, "%zu", j->passed), "passed", "passed"},
        {page_text(page, "%zu", j->failed + j->broken), "failed", "failed"},
        {page_text(page, "%zu", j->stale), "stale", "stale"},
        {page_text(page, "%zu", j->missing), "missing", "missing"},
        {page_text(page, "%zu", j->waived), "waived", "waived"},
    };
    page->ops->tiles(page, tiles, sizeof tiles / sizeof tiles[0]);
}

/* A line of the contents without gates. */
static void add_line(struct page *page, struct page_cells *cells, const char *title, const char *id)
{
    page_add_text(page, cells, "");
    page_add(page, cells, (struct page_cell){.text = title, .link = id});
    page_add_text(page, cells, "");
    page_add_text(page, cells, "");
}

/* Contents and standing in one table: where to look, and where it stands there. */
static void put_contents(struct page *page)
{
    static const char *const heads[] = {"", "Contents", "Gates", "In words"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    const struct kl_playbook *playbook = page->judgement->playbook;
    struct page_cells cells = {0};
    add_line(page, &cells, "Summary", "summary");
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        const struct kl_chapter *chapter = &playbook->chapters[i];
        struct page_strip strip = page_chapter_strip(page, chapter);
        page_add_text(page, &cells, page_text(page, "%d", (int)chapter->number));
        page_add(page, &cells,
                 (struct page_cell){.text = chapter->title,
                                    .link = page_text(page, "chapter-%s", chapter->id)});
        page_add(page, &cells, (struct page_cell){.kind = PAGE_STRIP, .strip = strip});
        page_add_text(page, &cells, page_strip_words(page, &strip));
    }
    add_line(page, &cells, "Appendix: waivers, evidence, files, words", "appendix");
    /* Without signs the strip says the same in words, so that one column is enough. */
    if (!page->ops->has_charts) {
        page_drop_last(&cells, COLUMNS);
    }
    page_put_table(page, NULL, heads, page->ops->has_charts ? COLUMNS : COLUMNS - 1, &cells);
}

/* What the product is: the first sentence of its description. */
static const char *first_sentence(struct page *page)
{
    const struct kl_playbook *playbook = page->judgement->playbook;
    const char *text = kl_yaml_text(kl_playbook_field(playbook, "product.description"), "");
    size_t length = strcspn(text, "\n");
    for (const char *at = text; (at = strstr(at, ". ")) && at < text + length; at++) {
        length = (size_t)(at - text) + 1;
    }
    return page_text(page, "%.*s", (int)length, text);
}

static void put_cover(struct page *page)
{
    const struct kl_judgement *j = page->judgement;
    const struct kl_yaml *product = kl_yaml_get(j->playbook->root, "product");
    const char *owner = kl_yaml_text(kl_yaml_get(product, "owner"), NULL);
    const char *subtitle = page_text(
        page, "Deployment playbook%s%s%s%s, %04d-%02d-%02d",
        j->playbook->version ? ", version " : "", j->playbook->version ? j->playbook->version : "",
        owner ? ", " : "", owner ? owner : "", j->today.year, j->today.month, j->today.day);
    page->ops->begin(page, j->playbook->title ? j->playbook->title : j->playbook->name, subtitle);
    const char *sentence = first_sentence(page);
    if (*sentence) {
        page->ops->prose(page, sentence);
    }
    if (j->evidence->fault_count) {
        page->ops->note(page, "failed", "The evidence has faults", j->evidence->faults,
                        j->evidence->fault_count);
    }
    page->ops->paragraph(page, "verdict", verdict(page));
    put_tiles(page);
    put_contents(page);
}

static const char *title_of(const struct kl_playbook *playbook, const char *chapter_id)
{
    const struct kl_chapter *chapter = kl_playbook_chapter(playbook, chapter_id);
    return chapter ? chapter->title : chapter_id;
}

static void put_blocking(struct page *page)
{
    static const char *const heads[] = {"Gate", "Chapter", "Standing", "Why"};
    const struct kl_judgement *j = page->judgement;
    struct page_cells cells = {0};
    for (size_t i = 0; i < j->playbook->gate_count && cells.count < 4 * MOST_BLOCKING; i++) {
        const struct kl_gate_status *status = &j->gates[i];
        if (!holds(status)) {
            page_add(page, &cells,
                     (struct page_cell){.text = status->gate->name,
                                        .link = page_text(page, "gate-%s", status->gate->name)});
            page_add_text(page, &cells, title_of(j->playbook, status->gate->chapter));
            page_add(
                page, &cells,
                (struct page_cell){.kind = PAGE_STATE, .text = kl_gate_state_name(status->state)});
            page_add_text(page, &cells, status->reason);
        }
    }
    if (cells.count) {
        page->ops->heading(page, 3, NULL, "What stands in the way");
        page_put_table(page, NULL, heads, 4, &cells);
    }
    if (gates_open(j) > MOST_BLOCKING) {
        page->ops->paragraph(
            page, "muted",
            page_text(page, "%zu more gates do not hold.", gates_open(j) - MOST_BLOCKING));
    }
}

/* The money: what managers ask for first, from the assessment "business", wherever it is a step. */
static void put_money(struct page *page)
{
    static const char *const asked[][2] = {
        {"cost.unit", "unit cost"},       {"cost.investment", "investment"},
        {"net_per_year", "net per year"}, {"net_present_value", "net present value"},
        {"payback", "paid back after"},
    };
    enum { ASKED = sizeof asked / sizeof asked[0] };
    const struct kl_judgement *j = page->judgement;
    for (size_t i = 0; i < j->playbook->step_count; i++) {
        const struct kl_step *step = j->steps[i].step;
        struct page_tile tiles[ASKED];
        size_t count = 0;
        bool business = step->assess && strcmp(step->assess, "business") == 0;
        for (size_t k = 0; business && k < ASKED; k++) {
            const char *figure = page_metric(page, page_find_metric(page, step->name, asked[k][0]));
            if (*figure) {
                tiles[count++] = (struct page_tile){figure, asked[k][1], NULL};
            }
        }
        if (count) {
            page->ops->heading(page, 3, NULL, "The money");
            page->ops->tiles(page, tiles, count);
        }
    }
}

static void put_prose_field(struct page *page, const char *heading, const char *path)
{
    const char *text = kl_yaml_text(kl_playbook_field(page->judgement->playbook, path), NULL);
    if (text && *text) {
        page->ops->heading(page, 3, NULL, heading);
        page->ops->prose(page, text);
    }
}

static void put_summary(struct page *page)
{
    const struct kl_judgement *j = page->judgement;
    const struct kl_field *product = kl_fields_find("product");
    const struct kl_field *people = kl_fields_find("people");
    page->ops->chapter(page, "summary", "Summary", false);
    page_fields(page, kl_yaml_get(j->playbook->root, "product"), product ? product->fields : NULL,
                "title", 3);
    put_prose_field(page, "The problem", "use_case.problem");
    put_prose_field(page, "The decision that the product makes", "use_case.decision");
    page->ops->heading(page, 3, NULL, "Is it ready?");
    page->ops->paragraph(page, "", verdict(page));
    put_blocking(page);
    put_money(page);
    if (kl_yaml_get(j->playbook->root, "people")) {
        page_value(page, "Who is who", kl_yaml_get(j->playbook->root, "people"), people, 3);
    }
    page->ops->chapter_end(page);
}

static void put_report(struct page *page)
{
    const struct kl_playbook *playbook = page->judgement->playbook;
    put_cover(page);
    put_summary(page);
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        page_chapter(page, &playbook->chapters[i]);
    }
    page_appendix(page);
    page->ops->end(page);
}

enum kl_err page_write_report(const struct kl_judgement *judgement, const struct page_ops *ops,
                              struct kl_buffer *out, struct kl_diag *diag)
{
    struct page page = {.ops = ops, .out = out, .judgement = judgement};
    page.arena = kl_arena_create(MEMORY);
    if (!page.arena) {
        return KL_FAIL_MEMORY(diag);
    }
    put_report(&page);
    kl_arena_free(page.arena);
    if (page.failed) {
        return KL_FAIL_MEMORY(diag);
    }
    return out->failed
               ? kl_fail(diag, KL_ELIMIT, "the report is larger than %zu bytes; split the playbook",
                         out->max)
               : KL_OK;
}
