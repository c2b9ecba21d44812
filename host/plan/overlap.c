/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/overlap.h"

/*
 * Below, what is "unread" after some output was written is the lowest input position that is read
 * later. The lead is the most that the written outputs reach beyond it.
 */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static struct kl_plan_overlap with_lead(int64_t lead)
{
    return (struct kl_plan_overlap){.allowed = true, .lead = lead};
}

/* ---- windows ------------------------------------------------------------------------------ */

/* An output pixel. */
struct place {
    int64_t image, row, column;
};

/* Input pixel that a window begins at, at its first row in the image, or INT64_MAX behind all. */
static int64_t row_begin(const struct kl_window *w, int64_t images, int64_t image, int64_t row)
{
    if (row == w->out_h) {
        image++;
        row = 0;
    }
    int64_t y = row * w->stride_h - w->pad_top;
    return image == images ? INT64_MAX : (image * w->in_h + larger(y, 0)) * w->in_w;
}

/* First input pixel that is read at this output pixel or later. Windows begin further right and
 * further down, but a new row begins at the left again. */
static int64_t unread_at(const struct kl_window *w, int64_t images, struct place p)
{
    int64_t next = row_begin(w, images, p.image, p.row + 1);
    if (p.column == w->out_w) {
        return next;
    }
    int64_t x = p.column * w->stride_w - w->pad_left;
    return smaller(row_begin(w, images, p.image, p.row) + larger(x, 0), next);
}

/* Elements by which the outputs up to this pixel reach beyond what is unread. */
static int64_t reach(const struct kl_window *w, int64_t images, struct place p,
                     enum kl_reading reading)
{
    int64_t pixel = (p.image * w->out_h + p.row) * w->out_w + p.column;
    int64_t own = unread_at(w, images, p);
    int64_t after = unread_at(w, images, (struct place){p.image, p.row, p.column + 1});
    int64_t done = (pixel + 1) * w->out_c;
    int64_t behind = after == INT64_MAX ? INT64_MIN : done - after * w->in_c;
    switch (reading) {
    case KL_READS_PIXEL: return behind;
    case KL_READS_CHANNEL: return larger(pixel * w->out_c - own * w->in_c, behind);
    default: return done - own * w->in_c;
    }
}

/*
 * Of 0 .. count-1, those at which the reach can be largest: it is linear, in images, rows and
 * columns, but for the ends, and where windows stop to begin in the padding (`turn`).
 */
enum { CORNERS = 8 };

static int32_t corners(int64_t count, int64_t turn, int64_t corner[CORNERS])
{
    const int64_t all[CORNERS] = {0, 1, turn - 2, turn - 1, turn, turn + 1, count - 2, count - 1};
    int32_t found = 0;
    for (int32_t i = 0; i < CORNERS; i++) {
        if (all[i] >= 0 && all[i] < count) {
            corner[found++] = all[i];
        }
    }
    return found;
}

struct kl_plan_overlap kl_overlap_window(const struct kl_window *window, int32_t images,
                                         enum kl_reading reading, int32_t elem_bytes)
{
    int64_t image[CORNERS];
    int64_t row[CORNERS];
    int64_t column[CORNERS];
    int32_t image_count = corners(images, 0, image);
    int32_t row_count = corners(window->out_h, window->pad_top / window->stride_h, row);
    int32_t column_count = corners(window->out_w, window->pad_left / window->stride_w, column);
    int64_t lead = -(int64_t)window->in_c; /* a single pixel: before its own input is enough */
    for (int32_t n = 0; n < image_count; n++) {
        for (int32_t y = 0; y < row_count; y++) {
            for (int32_t x = 0; x < column_count; x++) {
                const struct place p = {image[n], row[y], column[x]};
                lead = larger(lead, reach(window, images, p, reading));
            }
        }
    }
    return with_lead(lead * elem_bytes);
}

/* The first image, and then the last one: between them nothing reaches farther. */
static int32_t next_image(int32_t image, int32_t images)
{
    return image == 0 && images > 1 ? images - 1 : images;
}

struct kl_plan_overlap kl_overlap_window_rows(const struct kl_window *w, int32_t images,
                                              int32_t elem_bytes)
{
    const int64_t in_row = (int64_t)w->in_w * w->in_c, out_row = (int64_t)w->out_w * w->out_c;
    const int64_t seen = (int64_t)(w->k_h - 1) * w->dil_h + 1 - w->pad_top; /* by row 0 */
    int64_t lead = -in_row;
    for (int32_t image = 0; image < images; image = next_image(image, images)) {
        for (int32_t row = 0; row < w->out_h; row++) {
            const int64_t read = smaller(larger((int64_t)row * w->stride_h + seen, 0), w->in_h);
            const int64_t done = ((int64_t)image * w->out_h + row + 1) * out_row;
            lead = larger(lead, done - ((int64_t)image * w->in_h + read) * in_row);
        }
    }
    return with_lead(lead * elem_bytes);
}

struct kl_plan_overlap kl_overlap_window_bands(const struct kl_window *w, int32_t images,
                                               int32_t band, int32_t elem_bytes)
{
    const int64_t in_row = (int64_t)w->in_w * w->in_c, out_row = (int64_t)w->out_w * w->out_c;
    int64_t lead = -in_row;
    for (int32_t image = 0; image < images; image = next_image(image, images)) {
        for (int32_t row = 0; row < w->out_h; row += band) {
            const int64_t end = smaller((int64_t)row + band, w->out_h);
            const int64_t read = larger((int64_t)row * w->stride_h - w->pad_top, 0);
            const int64_t done = ((int64_t)image * w->out_h + end) * out_row;
            lead =
                larger(lead, done - ((int64_t)image * w->in_h + smaller(read, w->in_h)) * in_row);
        }
    }
    return with_lead(lead * elem_bytes);
}

/* ---- others ------------------------------------------------------------------------------- */

struct kl_plan_overlap kl_overlap_rows(int32_t in_bytes, int32_t out_bytes, int32_t rows)
{
    int64_t last = rows - 1;
    int64_t at_last = (last + 1) * out_bytes - last * in_bytes;
    return with_lead(larger(out_bytes, at_last));
}

struct kl_plan_overlap kl_overlap_elements(int64_t count, int32_t in_bytes, int32_t out_bytes)
{
    return with_lead(larger(0, (count - 1) * (out_bytes - in_bytes)));
}

/* Walking through more outputs than this costs more than it can gain. */
enum { REDUCE_MOST_OUTPUTS = 1 << 20 };

struct kl_plan_overlap kl_overlap_reduce(const struct kl_reduce *reduce, int32_t elem_bytes)
{
    const int32_t *dim = reduce->out_dim;
    const int32_t *step = reduce->out_step;
    int64_t count = (int64_t)dim[0] * dim[1] * dim[2];
    int64_t unread = INT64_MAX;
    int64_t lead = 0;
    if (count > REDUCE_MOST_OUTPUTS) {
        return (struct kl_plan_overlap){.allowed = false};
    }
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t first =
            i / dim[2] / dim[1] * step[0] + i / dim[2] % dim[1] * step[1] + i % dim[2] * step[2];
        unread = smaller(unread, first);
        lead = larger(lead, i - unread); /* the outputs before this one */
    }
    return with_lead(lead * elem_bytes);
}
