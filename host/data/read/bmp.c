/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows bitmaps that are not compressed. Source of the format: the structures BITMAPFILEHEADER,
 * BITMAPINFOHEADER and RGBQUAD of the Windows documentation.
 */
#include <string.h>

#include "data/read/image.h"

enum { FILE_HEADER = 14, INFO_HEADER = 40, COMPRESSION_BITFIELDS = 3 };

struct bitmap {
    int64_t width, height;
    bool top_down;
    uint32_t bits, colours;
    const unsigned char *palette; /* 4 bytes a colour: blue, green, red, 0 */
    const unsigned char *rows;
    size_t row_bytes;
};

static uint32_t u16(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t u32(const unsigned char *at)
{
    return u16(at) | u16(at + 2) << 16;
}

static enum kl_err read_header(struct kl_bytes file, struct bitmap *b, struct kl_diag *diag)
{
    if (file.size < FILE_HEADER + INFO_HEADER || memcmp(file.data, "BM", 2) != 0 ||
        u32(file.data + FILE_HEADER) < INFO_HEADER) {
        return kl_fail(diag, KL_EINPUT, "not a Windows bitmap, or one of OS/2");
    }
    const unsigned char *info = file.data + FILE_HEADER;
    int64_t height = (int32_t)u32(info + 8);
    uint32_t compression = u32(info + 16);
    b->width = (int32_t)u32(info + 4);
    b->top_down = height < 0;
    b->height = height < 0 ? -height : height;
    b->bits = u16(info + 14);
    if (compression && !(compression == COMPRESSION_BITFIELDS && b->bits == 32)) {
        return kl_fail(diag, KL_EUNSUPPORTED, "compressed bitmaps are not read; save it as PNG");
    }
    /* The masks of red, green and blue lie behind the first 40 bytes of every form of header. */
    if (compression && (file.size < FILE_HEADER + INFO_HEADER + 12 || u32(info + 40) != 0xff0000 ||
                        u32(info + 44) != 0xff00 || u32(info + 48) != 0xff)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "bitmaps with other colour masks than usual are not read; save it as PNG");
    }
    bool known = b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 24 || b->bits == 32;
    return known ? KL_OK
                 : kl_fail(diag, KL_EUNSUPPORTED,
                           "bitmaps of %u bits per pixel are not read; save it as PNG", b->bits);
}

/* Palette and pixels lie inside of the file. */
static enum kl_err find_parts(struct kl_bytes file, struct bitmap *b, struct kl_diag *diag)
{
    uint64_t start = u32(file.data + 10);
    uint64_t info_bytes = u32(file.data + FILE_HEADER);
    uint64_t used = u32(file.data + FILE_HEADER + 32);
    uint64_t most = b->bits <= 8 ? 1u << b->bits : 0;
    b->colours = (uint32_t)(used > 0 && used < most ? used : most);
    b->row_bytes = ((size_t)b->width * b->bits + 31) / 32 * 4;
    if (FILE_HEADER + info_bytes + 4 * (uint64_t)b->colours > file.size || start > file.size ||
        b->row_bytes * (size_t)b->height > file.size - start) {
        return kl_fail(diag, KL_EINPUT, "the bitmap is cut off");
    }
    b->palette = file.data + FILE_HEADER + info_bytes;
    b->rows = file.data + start;
    return KL_OK;
}

/* Blue, green and red of a pixel; NULL when its colour is not in the palette. */
static const unsigned char *pixel_at(const struct bitmap *b, const unsigned char *row, int64_t x)
{
    if (b->bits > 8) {
        return row + x * (b->bits / 8);
    }
    int64_t bit = x * b->bits;
    uint32_t shift = 8 - b->bits - (uint32_t)(bit % 8);
    uint32_t colour = (uint32_t)row[bit / 8] >> shift & ((1u << b->bits) - 1);
    return colour < b->colours ? b->palette + 4 * (size_t)colour : NULL;
}

/* Is every colour of the palette a grey? */
static bool is_grey(const struct bitmap *b)
{
    for (uint32_t c = 0; c < b->colours; c++) {
        const unsigned char *colour = b->palette + 4 * (size_t)c;
        if (colour[0] != colour[1] || colour[1] != colour[2]) {
            return false;
        }
    }
    return b->bits <= 8;
}

static enum kl_err read_pixels(const struct bitmap *b, int32_t channels, uint8_t *to,
                               struct kl_diag *diag)
{
    for (int64_t y = 0; y < b->height; y++) {
        const unsigned char *row =
            b->rows + (size_t)(b->top_down ? y : b->height - 1 - y) * b->row_bytes;
        for (int64_t x = 0; x < b->width; x++) {
            const unsigned char *pixel = pixel_at(b, row, x);
            if (!pixel) {
                return kl_fail(diag, KL_EINPUT, "a pixel's colour is not in the palette");
            }
            for (int32_t c = 0; c < channels; c++) {
                *to++ = pixel[channels - 1 - c];
            }
        }
    }
    return KL_OK;
}

enum kl_err kl_read_bmp(struct kl_bytes file, const struct kl_read_options *options,
                        struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    (void)options;
    struct bitmap b = {0};
    uint8_t *pixels;
    KL_TRY(read_header(file, &b, diag));
    if (b.width < 1 || b.width > MOST_SIDE || b.height < 1 || b.height > MOST_SIDE) {
        return kl_fail(diag, KL_ELIMIT, "%lld x %lld pixels; up to 16384 are read",
                       (long long)b.height, (long long)b.width);
    }
    KL_TRY(find_parts(file, &b, diag));
    int32_t channels = is_grey(&b) ? 1 : 3;
    KL_TRY(image_alloc(b.height, b.width, channels, arena, &pixels, r, diag));
    return read_pixels(&b, channels, pixels, diag);
}
