/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/const_params.h"
#include "plan/plan.h"

enum { MAX_WIDTH = 160, MAX_LINES = 400, NAME_COLUMNS = 40 };

static char letter(int32_t buffer)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return letters[(size_t)buffer % (sizeof letters - 1)];
}

static size_t column(size_t byte, size_t arena_bytes, int32_t width)
{
    return byte * (size_t)width / arena_bytes;
}

static bool alive(const struct kl_plan_buffer *buffer, int32_t step)
{
    return buffer->first <= step && step <= buffer->last;
}

/* Bytes that two buffers share. */
static size_t shared(const struct kl_plan_buffer *a, const struct kl_plan_buffer *b)
{
    size_t from = a->offset > b->offset ? a->offset : b->offset;
    size_t a_end = a->offset + a->bytes;
    size_t b_end = b->offset + b->bytes;
    size_t to = a_end < b_end ? a_end : b_end;
    return from < to ? to - from : 0;
}

/* Bytes in use at a step. Only an output shares bytes, with inputs that do not with each other. */
static size_t in_use(const struct kl_plan *plan, int32_t step)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < plan->buffer_count; i++) {
        const struct kl_plan_buffer *buffer = &plan->buffers[i];
        bytes += alive(buffer, step) ? buffer->bytes : 0;
        for (int32_t k = 0; alive(buffer, step) && k < i; k++) {
            bytes -= alive(&plan->buffers[k], step) ? shared(buffer, &plan->buffers[k]) : 0;
        }
    }
    return bytes;
}

static void draw_step(const struct kl_plan *plan, int32_t step, int32_t width, char *line)
{
    memset(line, '.', (size_t)width);
    line[width] = '\0';
    for (int32_t b = 0; b < plan->buffer_count; b++) {
        const struct kl_plan_buffer *buffer = &plan->buffers[b];
        if (!alive(buffer, step)) {
            continue;
        }
        size_t from = column(buffer->offset, plan->arena_bytes, width);
        size_t to = column(buffer->offset + buffer->bytes, plan->arena_bytes, width);
        to = to > from ? to : from + 1;
        for (size_t c = from; c < to && c < (size_t)width; c++) {
            line[c] = letter(b);
        }
    }
}

static void draw_legend(const struct kl_plan *plan, struct kl_buffer *text)
{
    for (int32_t b = 0; b < plan->buffer_count && b < MAX_LINES; b++) {
        const struct kl_plan_buffer *buffer = &plan->buffers[b];
        size_t length = strlen(buffer->name);
        bool cut = length > NAME_COLUMNS; /* the end of a long name says more than its start */
        kl_buffer_printf(text, "  %c  %7zu bytes at %7zu  steps %3d..%-3d  %s%s\n", letter(b),
                         buffer->bytes, buffer->offset, buffer->first, buffer->last,
                         cut ? "..." : "", buffer->name + (cut ? length - NAME_COLUMNS : 0));
    }
}

void kl_plan_map(const struct kl_plan *plan, int32_t width, struct kl_buffer *text)
{
    char line[MAX_WIDTH + 1];
    width = width < 8 ? 8 : width > MAX_WIDTH ? MAX_WIDTH : width;
    kl_buffer_printf(text, "arena: %zu bytes, %zu alive at most%s\n", plan->arena_bytes,
                     plan->live_bytes, plan->offsets_proven ? " (proven minimum)" : "");
    if (plan->arena_bytes == 0) {
        return;
    }
    for (int32_t i = 0; i < plan->step_count && i < MAX_LINES; i++) {
        draw_step(plan, i, width, line);
        kl_buffer_printf(text, "  %3d |%s| %6zu  %s: %s\n", i, line, in_use(plan, i),
                         kl_op_name(plan->steps[i].op), kl_kernel_function(plan->steps[i].kernel));
    }
    draw_legend(plan, text);
}
