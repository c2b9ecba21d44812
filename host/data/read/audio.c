/* SPDX-License-Identifier: Apache-2.0 */
/* Audio files through libsndfile, from memory. */
#include <math.h>
#include <sndfile.h>
#include <string.h>

#include "data/recording.h"

enum { MOST_CHANNELS = 64, MOST_RATE = 10000000 };

/* The file as libsndfile sees it. */
struct stream {
    struct kl_bytes file;
    sf_count_t at;
};

static sf_count_t stream_length(void *user)
{
    return (sf_count_t)((struct stream *)user)->file.size;
}

static sf_count_t stream_seek(sf_count_t offset, int whence, void *user)
{
    struct stream *s = user;
    sf_count_t size = (sf_count_t)s->file.size;
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->at : size;
    if (offset < -base || offset > size - base) {
        return -1;
    }
    s->at = base + offset;
    return s->at;
}

static sf_count_t stream_read(void *data, sf_count_t bytes, void *user)
{
    struct stream *s = user;
    sf_count_t left = (sf_count_t)s->file.size - s->at;
    sf_count_t taken = bytes < left ? bytes : left;
    if (taken <= 0) {
        return 0;
    }
    memcpy(data, s->file.data + s->at, (size_t)taken);
    s->at += taken;
    return taken;
}

static sf_count_t stream_write(const void *data, sf_count_t bytes, void *user)
{
    (void)data;
    (void)bytes;
    (void)user;
    return 0;
}

static sf_count_t stream_tell(void *user)
{
    return ((struct stream *)user)->at;
}

/* Read all frames, into memory that grows with what comes: a small file may state any number. */
static enum kl_err read_all(SNDFILE *sound, const SF_INFO *info, struct kl_arena *arena,
                            float **values, sf_count_t *frames, struct kl_diag *diag)
{
    enum { FIRST = 1 << 16 };
    sf_count_t room = info->frames < FIRST ? info->frames : FIRST;
    size_t channels = (size_t)info->channels;
    *values = KL_NEW(arena, float, (size_t)room *channels);
    for (*frames = 0; *values;) {
        *frames += sf_readf_float(sound, *values + (size_t)*frames * channels, room - *frames);
        if (*frames < room || room == info->frames) {
            return KL_OK;
        }
        room = room < info->frames / 2 ? 2 * room : info->frames;
        float *larger = KL_NEW(arena, float, (size_t)room *channels);
        if (larger) {
            memcpy(larger, *values, (size_t)*frames * channels * sizeof larger[0]);
        }
        *values = larger;
    }
    return KL_FAIL_MEMORY(diag);
}

/* A file may state more frames than it has: what is read counts. */
static enum kl_err read_frames(SNDFILE *sound, const SF_INFO *info, struct kl_arena *arena,
                               struct kl_recordings *recordings, struct kl_diag *diag)
{
    if (info->channels < 1 || info->channels > MOST_CHANNELS || info->samplerate < 1 ||
        info->samplerate > MOST_RATE) {
        return kl_fail(diag, KL_ELIMIT, "%d channels at %d Hz; up to %d at up to %d Hz are read",
                       info->channels, info->samplerate, MOST_CHANNELS, MOST_RATE);
    }
    if (info->frames < 1 || info->frames > KL_DATA_ITEM_VALUES / info->channels) {
        return kl_fail(diag, info->frames < 1 ? KL_EINPUT : KL_ELIMIT,
                       "%lld frames; a recording has 1 to 2^28 values", (long long)info->frames);
    }
    float *values;
    sf_count_t frames;
    KL_TRY(read_all(sound, info, arena, &values, &frames, diag));
    if (frames < info->frames) {
        return kl_fail(diag, KL_EINPUT, "it ends after %lld of the %lld frames that it states",
                       (long long)frames, (long long)info->frames);
    }
    recordings->kind = KL_DATA_SERIES;
    recordings->unit = KL_DATA_FULL_SCALE;
    recordings->rate = info->samplerate;
    recordings->channels = info->channels;
    struct kl_recording one = {.suffix = "",
                               .target = (double)NAN,
                               .frames = (int32_t)frames,
                               .width = 1,
                               .values = values};
    return kl_recordings_one(recordings, &one, arena, diag);
}

enum kl_err kl_read_audio(struct kl_bytes file, const struct kl_read_options *options,
                          struct kl_arena *arena, struct kl_recordings *recordings,
                          struct kl_diag *diag)
{
    (void)options;
    SF_VIRTUAL_IO io = {stream_length, stream_seek, stream_read, stream_write, stream_tell};
    struct stream stream = {file, 0};
    SF_INFO info = {0};
    SNDFILE *sound = sf_open_virtual(&io, SFM_READ, &info, &stream);
    if (!sound) {
        return kl_fail(diag, KL_EINPUT, "not an audio file: %s", sf_strerror(NULL));
    }
    enum kl_err err = read_frames(sound, &info, arena, recordings, diag);
    sf_close(sound);
    return err;
}
