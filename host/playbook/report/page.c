/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/report/page.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is given when memory has run out: large enough for every request. */
enum { SPARE_BYTES = 1 << 20 };

void *page_alloc(struct page *page, size_t count, size_t size)
{
    static _Alignas(16) char spare[SPARE_BYTES];
    assert(size == 0 || count <= SPARE_BYTES / size);
    void *memory = kl_arena_alloc(page->arena, count, size);
    if (!memory) {
        page->failed = true;
        memset(spare, 0, sizeof spare);
        return spare;
    }
    return memory;
}

const char *page_text(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : kl_arena_alloc(page->arena, (size_t)length + 1, 1);
    if (!text) {
        page->failed = true;
        return "";
    }
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

struct kl_buffer *page_svg(struct page *page)
{
    return page->ops->has_charts ? page->out : NULL;
}

bool page_is_state(const char *name)
{
    static const char *const names[] = {"passed", "failed",  "stale", "missing", "waived", "broken",
                                        "fresh",  "expired", "never", "shown",   "partly", "open"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum { MOST_CELLS = SPARE_BYTES / 2 / sizeof(struct page_cell) };

void page_add(struct page *page, struct page_cells *cells, struct page_cell cell)
{
    if (cells->count == MOST_CELLS) {
        return;
    }
    if (cells->count == cells->capacity) {
        size_t capacity = cells->capacity ? 2 * cells->capacity : 32;
        struct page_cell *items = page_alloc(page, capacity, sizeof *items);
        if (page->failed) {
            return;
        }
        if (cells->count) {
            memcpy(items, cells->items, cells->count * sizeof *items);
        }
        cells->items = items;
        cells->capacity = capacity;
    }
    cells->items[cells->count++] = cell;
}

void page_add_text(struct page *page, struct page_cells *cells, const char *text)
{
    page_add(page, cells, (struct page_cell){.text = text});
}

void page_drop_last(struct page_cells *cells, size_t columns)
{
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        if (i % columns != columns - 1) {
            cells->items[kept++] = cells->items[i];
        }
    }
    cells->count = kept;
}

void page_put_table(struct page *page, const char *caption, const char *const *heads,
                    size_t columns, const struct page_cells *cells)
{
    const struct page_table table = {caption, heads, columns, cells->items, cells->count / columns};
    if (table.rows) {
        page->ops->table(page, &table);
    }
}

/* Is it within a character of several bytes? */
static bool is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

const char *page_short_name(struct page *page, const char *text)
{
    enum { LONG_NAME = 40, HALF = 16 };
    size_t length = strlen(text);
    size_t head = HALF;
    size_t tail = length - HALF;
    if (length <= LONG_NAME || strcspn(text, " \n") != length) {
        return text;
    }
    while (head && is_inside(text[head])) {
        head--;
    }
    while (is_inside(text[tail])) {
        tail++;
    }
    return page_text(page, "%.*s\xe2\x80\xa6%s", (int)head, text, text + tail);
}

const char *page_label(struct page *page, const char *key)
{
    size_t length = strlen(key);
    char *label = page_alloc(page, length < 4096 ? length + 1 : 4096, 1);
    for (size_t i = 0; i < length && i < 4095; i++) {
        label[i] = key[i] == '_' ? ' ' : key[i];
    }
    if (label[0]) {
        label[0] = (char)toupper((unsigned char)label[0]);
    }
    return label;
}
