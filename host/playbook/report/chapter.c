/* SPDX-License-Identifier: Apache-2.0 */
/* One chapter of the report: what it says, where it stands, and on which evidence. */
#include <string.h>

#include "playbook/fields.h"
#include "playbook/report/page.h"

enum { MOST_SIGNS = 512 };

static bool belongs(const struct kl_chapter *chapter, const struct kl_gate *gate)
{
    return !chapter || strcmp(gate->chapter, chapter->id) == 0;
}

struct page_strip page_chapter_strip(struct page *page, const struct kl_chapter *chapter)
{
    const struct kl_playbook *playbook = page->judgement->playbook;
    size_t most = playbook->gate_count < MOST_SIGNS ? playbook->gate_count : MOST_SIGNS;
    const char **states = page_alloc(page, most, sizeof *states);
    const char **names = page_alloc(page, most, sizeof *names);
    struct page_strip strip = {states, names, 0};
    for (size_t i = 0; i < playbook->gate_count && strip.count < most && !page->failed; i++) {
        const struct kl_gate_status *status = &page->judgement->gates[i];
        if (belongs(chapter, status->gate)) {
            states[strip.count] = kl_gate_state_name(status->state);
            names[strip.count++] = status->gate->name;
        }
    }
    return strip;
}

const char *page_strip_words(struct page *page, const struct page_strip *strip)
{
    static const char *const order[] = {"passed", "waived", "failed", "broken", "stale", "missing"};
    const char *words = "";
    for (size_t o = 0; o < sizeof order / sizeof order[0]; o++) {
        size_t count = 0;
        for (size_t i = 0; i < strip->count; i++) {
            count += strcmp(strip->states[i], order[o]) == 0;
        }
        if (count) {
            words = page_text(page, "%s%s%zu %s", words, *words ? ", " : "", count, order[o]);
        }
    }
    return *words ? words : "no gates";
}

/* Fields of this chapter, and the question that it answers; NULL for the user's own. */
static const struct kl_chapter_fields *fields_of(const struct kl_chapter *chapter)
{
    for (size_t i = 0; i < kl_chapter_count; i++) {
        if (strcmp(kl_chapters[i].id, chapter->id) == 0) {
            return &kl_chapters[i];
        }
    }
    return NULL;
}

/* The requirements stand beside the chapters in the file, and belong to the use case. */
static void put_requirements(struct page *page)
{
    const struct kl_yaml *root = page->judgement->playbook->root;
    const struct kl_yaml *requirements = kl_yaml_get(root, "requirements");
    const struct kl_field *field = kl_fields_find("requirements");
    if (requirements && requirements->count) {
        page->ops->heading(page, 3, "requirements", "Requirements");
        page_fields(page, requirements, field ? field->fields : NULL, "", 4);
    }
}

static void put_fields(struct page *page, const struct kl_chapter *chapter)
{
    static const char elsewhere[] = "steps gates documents title after";
    const struct kl_chapter_fields *known = fields_of(chapter);
    if (!chapter->node || chapter->node->kind != KL_YAML_MAP) {
        page->ops->paragraph(page, "muted", "The playbook says nothing on this yet.");
        return;
    }
    page_fields(page, chapter->node, known ? known->fields : NULL, elsewhere, 3);
    page_plan_charts(page, chapter);
}

static const char *gate_state_remark(struct page *page, const struct kl_gate_status *status)
{
    return status->state == KL_GATE_WAIVED ? page_text(page, "without the waiver: %s",
                                                       kl_gate_state_name(status->without_waiver))
                                           : NULL;
}

static const char *demand_remark(struct page *page, const struct kl_gate *gate)
{
    return gate->demand ? page_text(page, "demanded: %s", gate->demand) : NULL;
}

static void put_gates(struct page *page, const struct kl_chapter *chapter)
{
    static const char *const heads[] = {"Gate", "Standing", "Why", "Where from"};
    struct page_cells cells = {0};
    for (size_t i = 0; i < page->judgement->playbook->gate_count; i++) {
        const struct kl_gate_status *status = &page->judgement->gates[i];
        const struct kl_gate *gate = status->gate;
        if (!belongs(chapter, gate)) {
            continue;
        }
        page_add(page, &cells,
                 (struct page_cell){.text = gate->name,
                                    .id = page_text(page, "gate-%s", gate->name),
                                    .below = gate->why});
        page_add(page, &cells,
                 (struct page_cell){.kind = PAGE_STATE,
                                    .text = kl_gate_state_name(status->state),
                                    .below = gate_state_remark(page, status)});
        page_add(page, &cells, (struct page_cell){.text = status->reason, .code = gate->that});
        page_add(page, &cells,
                 (struct page_cell){.text = status->least_provenance,
                                    .below = demand_remark(page, gate)});
    }
    if (cells.count) {
        page->ops->heading(page, 3, NULL, "Gates");
        page_put_table(page, NULL, heads, 4, &cells);
    }
}

static struct page_cell step_cell(struct page *page, const struct kl_step *step)
{
    struct page_cell cell = {.text = step->title, .code = step->command};
    if (step->kind == KL_STEP_STATEMENT) {
        const char *text = step->text ? step->text : "";
        bool stated = step->by && *step->by;
        cell.code = NULL;
        cell.below =
            stated ? page_text(page, "\xe2\x80\x9c%s\xe2\x80\x9d \xe2\x80\x93 %s, %04d-%02d-%02d",
                               text, step->by, step->date.year, step->date.month, step->date.day)
                   : text;
    }
    return cell;
}

static struct page_cell record_cell(struct page *page, const struct kl_record *record)
{
    if (!record) {
        return (struct page_cell){.text = ""};
    }
    double seconds = json_number_value(json_object_get(record->json, "seconds"));
    return (struct page_cell){
        .text = page_text(page, "record %u", record->number),
        .link = page_text(page, "record-%u", record->number),
        .below = page_text(page, "%.10s, %.1f s, %.8s", record->started, seconds, record->sha256),
    };
}

static void put_steps(struct page *page, const struct kl_chapter *chapter)
{
    static const char *const heads[] = {"Step", "Standing", "Evidence"};
    const struct kl_judgement *judgement = page->judgement;
    struct page_cells cells = {0};
    for (size_t i = 0; i < judgement->playbook->step_count; i++) {
        const struct kl_step_status *status = &judgement->steps[i];
        if (strcmp(status->step->chapter, chapter->id) == 0) {
            page_add(page, &cells, step_cell(page, status->step));
            page_add(page, &cells,
                     (struct page_cell){.kind = PAGE_STATE,
                                        .text = kl_step_state_name(status->state),
                                        .below = status->reason});
            page_add(page, &cells, record_cell(page, status->record));
        }
    }
    if (cells.count) {
        page->ops->heading(page, 3, NULL, "Steps and their evidence");
        page_put_table(page, NULL, heads, 3, &cells);
        page_figures(page, chapter);
    }
}

/* Is there a document that says what the step found, such as the test plan? */
static const struct kl_document *document_of(struct page *page, const struct kl_chapter *chapter,
                                             const struct kl_step *step)
{
    for (size_t i = 0; step->assess && i < chapter->document_count; i++) {
        const struct kl_document *document = chapter->documents[i];
        if (strcmp(document->template_name, step->assess) == 0 &&
            page_document_text(page, document)) {
            return document;
        }
    }
    return NULL;
}

static void put_details(struct page *page, const struct kl_chapter *chapter)
{
    const struct kl_judgement *judgement = page->judgement;
    for (size_t i = 0; i < judgement->playbook->step_count; i++) {
        const struct kl_step_status *status = &judgement->steps[i];
        if (strcmp(status->step->chapter, chapter->id) == 0 &&
            !document_of(page, chapter, status->step)) {
            page_details(page, status);
        }
    }
}

static void put_documents(struct page *page, const struct kl_chapter *chapter)
{
    for (size_t i = 0; i < chapter->document_count; i++) {
        const struct kl_document *document = chapter->documents[i];
        const char *text = page_document_text(page, document);
        page->ops->heading(page, 3, page_text(page, "document-%s", document->name),
                           document->title);
        if (text) {
            /* The title stands above it already. */
            bool titled = strncmp(text, "# ", 2) == 0;
            page->ops->document(page, titled ? text + strcspn(text, "\n") : text);
        } else {
            page->ops->paragraph(
                page, "muted",
                page_text(page, "%s is not there, or is not UTF-8 text.", document->output));
        }
    }
}

void page_chapter(struct page *page, const struct kl_chapter *chapter)
{
    const struct kl_chapter_fields *known = fields_of(chapter);
    page->ops->chapter(page, page_text(page, "chapter-%s", chapter->id),
                       page_text(page, "%d  %s", (int)chapter->number, chapter->title),
                       !chapter->node || !chapter->node->count);
    if (known && known->question) {
        page->ops->paragraph(page, "question", known->question);
    }
    put_fields(page, chapter);
    if (strcmp(chapter->id, "use_case") == 0) {
        put_requirements(page);
    }
    put_gates(page, chapter);
    put_steps(page, chapter);
    put_details(page, chapter);
    put_documents(page, chapter);
    page->ops->chapter_end(page);
}
