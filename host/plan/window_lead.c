/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/window_lead.h"

#include <stdbool.h>
#include <stddef.h>

/* First pixel of the input that output row `row` reads, or any row after it. */
static int64_t first_read(const struct kl_window *w, int64_t row)
{
    int64_t y = row % w->out_h * w->stride_h - w->pad_top;
    return (row / w->out_h * w->in_h + (y > 0 ? y : 0)) * w->in_w;
}

/* First pixel of the input that is read after output pixel (row, x). */
static int64_t first_unread(const struct kl_window *w, int64_t row, int64_t x)
{
    int64_t below = first_read(w, row + 1);
    if (x == w->out_w - 1) {
        return below;
    }
    int64_t column = (x + 1) * w->stride_w - w->pad_left;
    int64_t here = first_read(w, row) + (column > 0 ? column : 0);
    return here < below ? here : below;
}

/*
 * Between the column where the first unread pixel leaves the row's begin, the one where it reaches
 * the next row's, and the ends of the row, what is written and what is unread move evenly: the
 * greatest lead is at one of them.
 */
static int64_t row_lead(const struct kl_window *w, int64_t row, bool is_last)
{
    int64_t lead = INT64_MIN;
    int64_t leaves = w->pad_left / w->stride_w;
    int64_t reaches = (first_read(w, row + 1) - first_read(w, row) + w->pad_left) / w->stride_w;
    const int64_t columns[] = {0,       leaves - 1,  leaves,       leaves + 1,  reaches - 1,
                               reaches, reaches + 1, w->out_w - 2, w->out_w - 1};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        int64_t x = columns[i];
        if (x >= 0 && x < w->out_w - (is_last ? 1 : 0)) {
            int64_t written = (row * w->out_w + x + 1) * w->out_c;
            int64_t needed = written - first_unread(w, row, x) * w->in_c;
            lead = needed > lead ? needed : lead;
        }
    }
    return lead;
}

int64_t kl_window_lead(const struct kl_window *window, int64_t images)
{
    int64_t rows = images * window->out_h;
    /* The last pixel overwrites nothing that is unread: any place will do when it is the only one.
     */
    int64_t lead = -(rows * window->out_w * window->out_c);
    for (int64_t row = 0; row < rows; row++) {
        int64_t of_row = row_lead(window, row, row == rows - 1);
        lead = of_row > lead ? of_row : lead;
    }
    return lead;
}
