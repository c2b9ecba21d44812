/* SPDX-License-Identifier: Apache-2.0 */
/* Which reader a file has, and what readers share. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/buffer.h"
#include "data/recording.h"

static const struct {
    const char *ending;
    kl_reader *reader;
} formats[] = {
    {".wav", kl_read_audio}, {".flac", kl_read_audio}, {".aiff", kl_read_audio},
    {".ogg", kl_read_audio}, {".npy", kl_read_npy},    {".csv", kl_read_csv},
    {".tsv", kl_read_csv},   {".png", kl_read_png},    {".jpg", kl_read_jpeg},
    {".jpeg", kl_read_jpeg}, {".bmp", kl_read_bmp},    {".json", kl_read_json},
    {".cbor", kl_read_cbor},
};

static bool ends_with(const char *name, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    return length > size && strncasecmp(name + length - size, ending, size) == 0;
}

kl_reader *kl_reader_of(const char *name, bool raw, bool *packed)
{
    size_t length = strlen(name);
    *packed = ends_with(name, length, ".gz");
    length -= *packed ? 3 : 0;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (ends_with(name, length, formats[i].ending)) {
            return formats[i].reader;
        }
    }
    return raw ? kl_read_raw : NULL;
}

static enum kl_err inflate_all(z_stream *stream, struct kl_buffer *plain, struct kl_diag *diag)
{
    unsigned char chunk[32 * 1024];
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        status = inflate(stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END) {
            return kl_fail(diag, KL_EINPUT, "not a whole gzip file: %s",
                           stream->msg ? stream->msg : "it ends early");
        }
        kl_buffer_append(plain, chunk, sizeof chunk - stream->avail_out);
        if (plain->failed) {
            return kl_fail(diag, KL_ELIMIT, "more than %d bytes are packed in it", KL_READ_BYTES);
        }
    }
    return KL_OK;
}

enum kl_err kl_unpack_gzip(struct kl_bytes packed, struct kl_arena *arena, struct kl_bytes *plain,
                           struct kl_diag *diag)
{
    enum { GZIP = 16, WINDOW_BITS = 15 };
    struct kl_buffer text = KL_BUFFER(KL_READ_BYTES);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed.data,
                       .avail_in = (unsigned)packed.size};
    if (packed.size > KL_READ_BYTES || inflateInit2(&stream, GZIP + WINDOW_BITS) != Z_OK) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = inflate_all(&stream, &text, diag);
    inflateEnd(&stream);
    if (!err) {
        plain->data = kl_arena_copy(arena, text.data ? text.data : "", text.size);
        plain->size = text.size;
        err = plain->data ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    kl_buffer_free(&text);
    return err;
}

enum kl_err kl_recordings_one(struct kl_recordings *recordings, const struct kl_recording *one,
                              struct kl_arena *arena, struct kl_diag *diag)
{
    recordings->count = 1;
    recordings->items = kl_arena_copy(arena, one, sizeof *one);
    return recordings->items ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* The place of a channel called `name`, or with this number; -1 when there is none. */
static int32_t find_channel(const char *name, const char *const *names, int32_t count)
{
    for (int32_t i = 0; names && i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    char *end;
    long number = strtol(name, &end, 10);
    return *name && !*end && number >= 1 && number <= count ? (int32_t)(number - 1) : -1;
}

enum kl_err kl_choose_channels(const char *list, const char *const *names, int32_t count,
                               struct kl_arena *arena, int32_t **chosen, int32_t *chosen_count,
                               struct kl_diag *diag)
{
    *chosen = KL_NEW(arena, int32_t, (size_t)count);
    *chosen_count = 0;
    while (*chosen && *list) {
        char name[KL_DATA_TEXT];
        size_t length = strcspn(list, ",");
        if (length >= sizeof name || *chosen_count == count) {
            return kl_fail(diag, KL_EUSAGE, "there are %d channels; more are asked for", count);
        }
        memcpy(name, list, length);
        name[length] = '\0';
        int32_t place = find_channel(name, names, count);
        if (place < 0) {
            return kl_fail(diag, KL_EUSAGE, "there is no channel '%.60s' among its %d", name,
                           count);
        }
        (*chosen)[(*chosen_count)++] = place;
        list += length + (list[length] == ',');
    }
    return *chosen ? KL_OK : KL_FAIL_MEMORY(diag);
}
