/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the report: waivers, the chain of evidence, files, and what words mean. */
#include <string.h>

#include "playbook/report/page.h"

enum { MOST_RECORDS = 400 };

static void put_waivers(struct page *page)
{
    static const char *const heads[] = {"Gate", "Standing", "Reason", "Who answers", "Until"};
    struct page_cells cells = {0};
    for (size_t i = 0; i < page->judgement->playbook->gate_count; i++) {
        const struct kl_gate_status *status = &page->judgement->gates[i];
        const struct kl_waiver *waiver = status->gate->waiver;
        if (waiver) {
            page_add_text(page, &cells, status->gate->name);
            page_add(
                page, &cells,
                (struct page_cell){.kind = PAGE_STATE, .text = kl_gate_state_name(status->state)});
            page_add_text(page, &cells, waiver->reason);
            page_add_text(page, &cells, waiver->by);
            page_add_text(page, &cells,
                          page_text(page, "%04d-%02d-%02d", waiver->until.year, waiver->until.month,
                                    waiver->until.day));
        }
    }
    page->ops->heading(page, 3, NULL, "Waivers");
    page_put_table(page, NULL, heads, 5, &cells);
    if (!cells.count) {
        page->ops->paragraph(page, "", "No gate is waived.");
    }
}

static const char *outcome_of(const struct kl_record *record)
{
    return !record->finished ? "no result" : record->ok ? "done" : "its check did not hold";
}

static void put_records(struct page *page)
{
    static const char *const heads[] = {"Record", "Step", "Began", "Outcome", "SHA-256"};
    const struct kl_evidence *evidence = page->judgement->evidence;
    size_t first = evidence->count > MOST_RECORDS ? evidence->count - MOST_RECORDS : 0;
    struct page_cells cells = {0};
    for (size_t i = first; i < evidence->count; i++) {
        const struct kl_record *record = &evidence->records[i];
        page_add(page, &cells,
                 (struct page_cell){.text = page_text(page, "%u", record->number),
                                    .id = page_text(page, "record-%u", record->number)});
        page_add_text(page, &cells, record->step);
        page_add_text(page, &cells, record->started);
        page_add_text(page, &cells, outcome_of(record));
        page_add(page, &cells,
                 (struct page_cell){.kind = PAGE_CODE,
                                    .text = page_text(page, "%.16s", record->sha256)});
    }
    if (first) {
        page->ops->paragraph(page, "muted",
                             page_text(page, "The first %zu records are left out here.", first));
    }
    page_put_table(page, NULL, heads, 5, &cells);
}

static void put_evidence(struct page *page)
{
    const struct kl_evidence *evidence = page->judgement->evidence;
    page->ops->heading(page, 3, "evidence", "Chain of evidence");
    if (evidence->fault_count) {
        page->ops->note(page, "failed", "The evidence cannot be trusted as it is", evidence->faults,
                        evidence->fault_count);
    } else if (evidence->count) {
        page->ops->paragraph(page, "",
                             page_text(page,
                                       "%zu records, each naming the hash of the one before it; "
                                       "all hashes agree.",
                                       evidence->count));
    } else {
        page->ops->paragraph(page, "", "There are no records yet.");
    }
    put_records(page);
}

/* Was this path listed for an earlier row? */
static bool is_listed(const struct page_cells *cells, const char *path, const char *hash)
{
    for (size_t i = 0; i + 2 < cells->count; i += 3) {
        if (strcmp(cells->items[i].text, path) == 0 &&
            strncmp(cells->items[i + 1].text, hash, 16) == 0) {
            return true;
        }
    }
    return false;
}

/* The files that one list of a record names. */
static void add_files(struct page *page, struct page_cells *cells, const struct kl_record *record,
                      const char *list)
{
    const json_t *files = json_object_get(record->json, list);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        const char *path = json_string_value(json_object_get(file, "path"));
        const char *hash = json_string_value(json_object_get(file, "sha256"));
        if (path && hash && !is_listed(cells, path, hash)) {
            page_add_text(page, cells, path);
            page_add(page, cells,
                     (struct page_cell){.kind = PAGE_CODE, .text = page_text(page, "%.16s", hash)});
            page_add_text(page, cells, record->step);
        }
    }
}

static void put_files(struct page *page)
{
    static const char *const heads[] = {"File", "SHA-256", "First named by step"};
    const struct kl_judgement *judgement = page->judgement;
    struct page_cells cells = {0};
    const char *sources = "";
    for (size_t i = 0; i < judgement->playbook->file_count && i < 64; i++) {
        sources = page_text(page, "%s%s%s", sources, i ? ", " : "", judgement->playbook->files[i]);
    }
    page->ops->heading(page, 3, NULL, "Files and versions");
    page->ops->paragraph(page, "", page_text(page, "The playbook: %s.", sources));
    page->ops->paragraph(page, "",
                         page_text(page, "This report was made by kinglet %s.", KINGLET_VERSION));
    for (size_t i = 0; i < judgement->playbook->step_count; i++) {
        const struct kl_record *record = judgement->steps[i].record;
        if (record) {
            add_files(page, &cells, record, "inputs");
            add_files(page, &cells, record, "outputs");
        }
    }
    page_put_table(page, "Files that the newest evidence rests on", heads, 3, &cells);
}

static void put_words(struct page *page)
{
    static const char *const words[] = {
        "measured",  "on hardware, or of a process while it ran",
        "counted",   "exact: in emulation, or from files",
        "modelled",  "computed from documented timings and facts, or from stated figures",
        "estimated", "from published ratios between similar parts",
        "datasheet", "as the maker states it",
        "stated",    "by a person, with a name and a date",
        "passed",    "the condition holds, on evidence that is up to date",
        "failed",    "the condition does not hold, or a step gave no result",
        "stale",     "there is evidence, but what it rests on has changed since",
        "missing",   "a step that the condition needs has never run",
        "waived",    "it does not hold, and a person answers for that until a day",
        "broken",    "the condition itself cannot be read",
    };
    enum { WORDS = sizeof words / sizeof words[0] / 2 };
    const char *labels[WORDS];
    struct page_cell cells[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        labels[i] = words[2 * i];
        cells[i] = (struct page_cell){.text = words[2 * i + 1]};
    }
    page->ops->heading(page, 3, NULL, "What the words mean");
    page->ops->definitions(page, labels, cells, WORDS);
}

void page_appendix(struct page *page)
{
    page->ops->chapter(page, "appendix", "Appendix", false);
    put_waivers(page);
    page_other_figures(page);
    put_evidence(page);
    put_files(page);
    put_words(page);
    page->ops->chapter_end(page);
}
