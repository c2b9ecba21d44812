/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/callgraph.h"

#include <stdlib.h>
#include <string.h>

/* A part of the text. */
struct span {
    const char *at;
    size_t bytes;
};

static struct span take_line(struct span *text)
{
    const char *end = memchr(text->at, '\n', text->bytes);
    struct span line = {text->at, end ? (size_t)(end - text->at) : text->bytes};
    size_t used = line.bytes + (end ? 1 : 0);
    *text = (struct span){text->at + used, text->bytes - used};
    return line;
}

static bool begins_with(struct span text, const char *start)
{
    size_t length = strlen(start);
    return text.bytes >= length && memcmp(text.at, start, length) == 0;
}

static const char *find(struct span text, const char *words)
{
    return memmem(text.at, text.bytes, words, strlen(words));
}

/* The quoted value of `key`, which ends with ": "; false when there is none. */
static bool get_value(struct span line, const char *key, struct span *value)
{
    const char *begin = find(line, key);
    const char *end = line.at + line.bytes;
    if (!begin || begin + strlen(key) == end || begin[strlen(key)] != '"') {
        return false;
    }
    begin += strlen(key) + 1;
    const char *quote = memchr(begin, '"', (size_t)(end - begin));
    *value = (struct span){begin, quote ? (size_t)(quote - begin) : 0};
    return quote != NULL;
}

/* "FILE:NAME" of what is local to a file, or "NAME": the symbol. */
static struct span symbol_of(struct span title)
{
    size_t begin = title.bytes;
    while (begin > 0 && title.at[begin - 1] != ':') {
        begin--;
    }
    return (struct span){title.at + begin, title.bytes - begin};
}

/* The number before " bytes (" in a label. False when there is none: declared, not compiled. */
static bool get_frame(struct span label, uint32_t *frame, bool *is_dynamic)
{
    const char *end = find(label, " bytes (");
    const char *digit = end;
    uint64_t value = 0, place = 1;
    while (digit && digit > label.at && digit[-1] >= '0' && digit[-1] <= '9' &&
           place <= 1000000000) {
        digit--;
        value += place * (uint64_t)(*digit - '0');
        place *= 10;
    }
    *frame = value <= INT32_MAX ? (uint32_t)value : INT32_MAX;
    *is_dynamic = find(label, "(dynamic") != NULL;
    return digit != end;
}

static int compare_names(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int by_name(const void *a, const void *b)
{
    const struct kl_callgraph_function *x = a;
    const struct kl_callgraph_function *y = b;
    return compare_names(x->name, x->name_bytes, y->name, y->name_bytes);
}

static const struct kl_callgraph_function *find_span(const struct kl_callgraph *graph,
                                                     struct span name)
{
    const struct kl_callgraph_function key = {.name = name.at, .name_bytes = name.bytes};
    return graph->count ? bsearch(&key, graph->functions, graph->count, sizeof key, by_name) : NULL;
}

const struct kl_callgraph_function *kl_callgraph_find(const struct kl_callgraph *graph,
                                                      const char *name)
{
    return find_span(graph, (struct span){name, strlen(name)});
}

static enum kl_err malformed(struct kl_diag *diag, struct span line)
{
    return kl_fail(diag, KL_EINPUT,
                   "the compiler's call graph is cut off or malformed at '%.*s': GCC 10 and newer "
                   "write it with -fcallgraph-info=su",
                   line.bytes < 60 ? (int)line.bytes : 60, line.at);
}

static enum kl_err add_node(struct span line, struct kl_callgraph *graph, struct kl_diag *diag)
{
    struct span title, label;
    struct kl_callgraph_function function = {0};
    if (!get_value(line, "title: ", &title) || !get_value(line, "label: ", &label)) {
        return malformed(diag, line);
    }
    if (get_frame(label, &function.frame, &function.is_dynamic)) {
        struct span name = symbol_of(title);
        function.name = name.at;
        function.name_bytes = name.bytes;
        graph->functions[graph->count++] = function;
    }
    return KL_OK;
}

/* Edges stand behind the node that they leave, but the nodes are sorted by then. */
static enum kl_err add_edge(struct span line, struct kl_callgraph *graph, struct kl_diag *diag)
{
    struct span source, target;
    if (!get_value(line, "sourcename: ", &source) || !get_value(line, "targetname: ", &target)) {
        return malformed(diag, line);
    }
    if (begins_with(target, "__indirect_call") && target.bytes == strlen("__indirect_call")) {
        const struct kl_callgraph_function *from = find_span(graph, symbol_of(source));
        if (!from) {
            return malformed(diag, line);
        }
        graph->functions[from - graph->functions].calls_pointer = true;
    }
    return KL_OK;
}

/* All lines that begin with `start`. */
static enum kl_err each_line(struct span text, const char *start, struct kl_callgraph *graph,
                             enum kl_err (*add)(struct span, struct kl_callgraph *,
                                                struct kl_diag *),
                             struct kl_diag *diag)
{
    while (text.bytes > 0) {
        struct span line = take_line(&text);
        if (begins_with(line, start)) {
            KL_TRY(add(line, graph, diag));
        }
    }
    return KL_OK;
}

/* It begins with "graph: {" and its last line is "}". Sets the number of lines. */
static enum kl_err check_frame(struct span text, size_t *lines, struct kl_diag *diag)
{
    struct span rest = text, line = {text.at, 0};
    *lines = 0;
    if (!begins_with(text, "graph: { title: \"")) {
        return malformed(diag, take_line(&rest));
    }
    while (rest.bytes > 0) {
        line = take_line(&rest);
        (*lines)++;
    }
    return line.bytes == 1 && line.at[0] == '}' ? KL_OK : malformed(diag, line);
}

enum kl_err kl_callgraph_read(struct kl_bytes file, struct kl_arena *arena,
                              struct kl_callgraph *graph, struct kl_diag *diag)
{
    struct span text = {file.size ? (const char *)file.data : "", file.size};
    size_t lines;
    KL_TRY(check_frame(text, &lines, diag));
    *graph = (struct kl_callgraph){.functions = KL_NEW(arena, struct kl_callgraph_function, lines)};
    if (!graph->functions) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(each_line(text, "node: {", graph, add_node, diag));
    qsort(graph->functions, graph->count, sizeof graph->functions[0], by_name);
    return each_line(text, "edge: {", graph, add_edge, diag);
}
