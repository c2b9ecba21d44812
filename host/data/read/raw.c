/* SPDX-License-Identifier: Apache-2.0 */
/* Raw samples with a description. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/read/numbers.h"
#include "data/recording.h"

enum { WORD_BYTES = 32, MOST_PIXELS = 1 << 26 };

struct layout {
    enum number_type type;
    bool big;
    int64_t channels, skip, height, width;
    double scale;
};

static bool read_type(const char *word, struct layout *layout)
{
    static const struct {
        const char *name;
        enum number_type type;
    } types[] = {{"int8", NUMBER_S8},     {"uint8", NUMBER_U8},   {"int16", NUMBER_S16},
                 {"uint16", NUMBER_U16},  {"int32", NUMBER_S32},  {"uint32", NUMBER_U32},
                 {"float32", NUMBER_F32}, {"float64", NUMBER_F64}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(word, types[i].name) == 0) {
            layout->type = types[i].type;
            return true;
        }
    }
    return false;
}

static bool read_count(const char *text, int64_t least, int64_t most, int64_t *count)
{
    char *end;
    *count = strtoll(text, &end, 10);
    return end != text && !*end && *count >= least && *count <= most;
}

static bool read_word(char *word, struct layout *layout)
{
    char *value = strchr(word, '=');
    if (!value) {
        layout->big = layout->big || strcmp(word, "big") == 0;
        return strcmp(word, "big") == 0 || read_type(word, layout);
    }
    *value++ = '\0';
    if (strcmp(word, "scale") == 0) {
        char *end;
        layout->scale = strtod(value, &end);
        return end != value && !*end && isfinite(layout->scale) && layout->scale != 0;
    }
    return (strcmp(word, "channels") == 0 &&
            read_count(value, 1, KL_DATA_CHANNELS, &layout->channels)) ||
           (strcmp(word, "skip") == 0 && read_count(value, 0, KL_READ_BYTES, &layout->skip)) ||
           (strcmp(word, "height") == 0 && read_count(value, 1, 16384, &layout->height)) ||
           (strcmp(word, "width") == 0 && read_count(value, 1, 16384, &layout->width));
}

static enum kl_err read_layout(const char *text, struct layout *layout, struct kl_diag *diag)
{
    while (text && *text) {
        char word[WORD_BYTES];
        size_t length = strcspn(text, ",");
        bool fits = length < sizeof word;
        memcpy(word, text, fits ? length : 0);
        word[fits ? length : 0] = '\0';
        if (!read_word(word, layout)) {
            return kl_fail(diag, KL_EUSAGE,
                           "raw samples: '%.*s' is not understood; for example "
                           "int16,channels=3,skip=44",
                           (int)(length < 40 ? length : 40), text);
        }
        text += length + (text[length] == ',');
    }
    return (layout->height > 0) == (layout->width > 0)
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "raw images need height and width");
}

static enum kl_err read_image(struct kl_bytes file, const struct layout *layout,
                              struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    int64_t bytes = layout->height * layout->width * layout->channels;
    if (layout->type != NUMBER_U8 || layout->height * layout->width > MOST_PIXELS) {
        return kl_fail(diag, KL_EUSAGE, "raw images are uint8, of at most 2^26 pixels");
    }
    if ((int64_t)file.size - layout->skip != bytes) {
        return kl_fail(diag, KL_EINPUT, "%lld bytes of pixels, not the %lld of its size",
                       (long long)((int64_t)file.size - layout->skip), (long long)bytes);
    }
    r->kind = KL_DATA_IMAGE;
    struct kl_recording one = {.suffix = "",
                               .target = (double)NAN,
                               .frames = (int32_t)layout->height,
                               .width = (int32_t)layout->width,
                               .pixels = file.data + layout->skip};
    return kl_recordings_one(r, &one, arena, diag);
}

static enum kl_err read_series(struct kl_bytes file, const struct layout *layout,
                               struct kl_arena *arena, struct kl_recordings *r,
                               struct kl_diag *diag)
{
    size_t frame = number_bytes(layout->type) * (size_t)layout->channels;
    size_t bytes = file.size - (size_t)layout->skip;
    if (file.size <= (size_t)layout->skip || bytes % frame != 0) {
        return kl_fail(
            diag, KL_EINPUT, "%zu bytes behind the first %lld are no whole number of frames of %zu",
            file.size > (size_t)layout->skip ? bytes : 0, (long long)layout->skip, frame);
    }
    size_t count = bytes / number_bytes(layout->type);
    float *values = KL_NEW(arena, float, count);
    if (!values || count > KL_DATA_ITEM_VALUES) {
        return KL_FAIL_MEMORY(diag);
    }
    numbers_read(layout->type, layout->big, file.data + layout->skip, count, values);
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)((double)values[i] * layout->scale);
    }
    r->kind = KL_DATA_SERIES;
    struct kl_recording one = {.suffix = "",
                               .target = (double)NAN,
                               .frames = (int32_t)(bytes / frame),
                               .width = 1,
                               .values = values};
    return kl_recordings_one(r, &one, arena, diag);
}

enum kl_err kl_read_raw(struct kl_bytes file, const struct kl_read_options *options,
                        struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    struct layout layout = {.type = NUMBER_S16, .channels = 1, .scale = 1};
    KL_TRY(read_layout(options->raw, &layout, diag));
    r->channels = (int32_t)layout.channels;
    return layout.height ? read_image(file, &layout, arena, r, diag)
                         : read_series(file, &layout, arena, r, diag);
}
