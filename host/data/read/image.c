/* SPDX-License-Identifier: Apache-2.0 */
/* PNG through libpng, JPEG through libjpeg. */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "data/read/image.h"

enum kl_err image_alloc(int64_t height, int64_t width, int32_t channels, struct kl_arena *arena,
                        uint8_t **pixels, struct kl_recordings *r, struct kl_diag *diag)
{
    if (height < 1 || width < 1 || height > MOST_SIDE || width > MOST_SIDE ||
        height * width > MOST_PIXELS) {
        return kl_fail(diag, KL_ELIMIT,
                       "%lld x %lld pixels; up to 16384 high or wide and 2^26 in all are read",
                       (long long)height, (long long)width);
    }
    *pixels = kl_arena_alloc(arena, (size_t)(height * width), (size_t)channels);
    if (!*pixels) {
        return KL_FAIL_MEMORY(diag);
    }
    static const char *const grey[] = {"grey"};
    static const char *const colours[] = {"red", "green", "blue"};
    r->kind = KL_DATA_IMAGE;
    r->channels = channels;
    r->names = channels == 1 ? grey : colours;
    struct kl_recording one = {.suffix = "",
                               .target = (double)NAN,
                               .frames = (int32_t)height,
                               .width = (int32_t)width,
                               .pixels = *pixels};
    return kl_recordings_one(r, &one, arena, diag);
}

enum kl_err kl_read_png(struct kl_bytes file, const struct kl_read_options *options,
                        struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    (void)options;
    uint8_t *pixels;
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    if (!png_image_begin_read_from_memory(&image, file.data, file.size)) {
        return kl_fail(diag, KL_EINPUT, "not a PNG image: %s", image.message);
    }
    bool colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* else 16-bit values would be taken as linear */
    enum kl_err err =
        image_alloc(image.height, image.width, colour ? 3 : 1, arena, &pixels, r, diag);
    if (!err && !png_image_finish_read(&image, &black, pixels, 0, NULL)) {
        err = kl_fail(diag, KL_EINPUT, "the PNG image is damaged: %s", image.message);
    }
    png_image_free(&image);
    return err;
}

/* libjpeg reports errors by a call that must not return. */
struct jpeg_errors {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
};

static _Noreturn void jpeg_failed(j_common_ptr info)
{
    struct jpeg_errors *errors = (struct jpeg_errors *)info->err;
    info->err->format_message(info, errors->message);
    longjmp(errors->back, 1);
}

/* Warnings, for example of data that ends early, are faults too: half a picture is no sample. */
static void jpeg_warned(j_common_ptr info, int level)
{
    if (level < 0) {
        jpeg_failed(info);
    }
}

static enum kl_err read_jpeg(struct jpeg_decompress_struct *info, struct kl_arena *arena,
                             struct kl_recordings *r, struct kl_diag *diag)
{
    uint8_t *pixels;
    jpeg_read_header(info, TRUE);
    bool colour = info->num_components > 1;
    info->out_color_space = colour ? JCS_RGB : JCS_GRAYSCALE;
    info->dct_method = JDCT_ISLOW;
    KL_TRY(image_alloc(info->image_height, info->image_width, colour ? 3 : 1, arena, &pixels, r,
                       diag));
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = pixels + (size_t)info->output_scanline * info->output_width *
                                    (size_t)info->output_components;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return KL_OK;
}

enum kl_err kl_read_jpeg(struct kl_bytes file, const struct kl_read_options *options,
                         struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    (void)options;
    struct jpeg_decompress_struct info;
    struct jpeg_errors errors;
    enum kl_err err;
    info.err = jpeg_std_error(&errors.manager);
    errors.manager.error_exit = jpeg_failed;
    errors.manager.emit_message = jpeg_warned;
    if (setjmp(errors.back)) {
        jpeg_destroy_decompress(&info);
        return kl_fail(diag, KL_EINPUT, "not a whole JPEG image: %s", errors.message);
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, file.data, file.size);
    err = read_jpeg(&info, arena, r, diag);
    jpeg_destroy_decompress(&info);
    return err;
}
