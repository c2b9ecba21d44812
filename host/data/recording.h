/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings as they come out of files, before they become items of a data set: one reader per
 * format. A reader sees the bytes of one file, which are hostile, and names the place of a fault
 * without the file's name.
 */
#ifndef KINGLET_DATA_RECORDING_H
#define KINGLET_DATA_RECORDING_H

#include "data/dataset.h"

struct kl_recording {
    const char *suffix; /* "" or "#n": which of several in the file */
    const char *label;  /* as the file says, or NULL */
    const char *group;
    double target;         /* or NaN */
    int32_t frames, width; /* as of an item */
    double jitter;         /* as of an item */
    int32_t lost;
    const float *values;   /* [frames][channels]; series and tables */
    const uint8_t *pixels; /* [frames][width][channels]; images */
};

/* All of one file; they share kind, rate and channels. */
struct kl_recordings {
    enum kl_data_kind kind;
    double rate; /* as the file says, or 0 */
    int32_t channels;
    const char *const *names; /* of the channels, or NULL */
    const char *unit;         /* of the channels, or NULL */
    int32_t count;
    struct kl_recording *items;
};

/* What the user says about files that do not describe themselves. Texts may be NULL. */
struct kl_read_options {
    enum kl_data_kind kind;   /* of CSV files; others have one kind */
    const char *channels;     /* to keep, by name or number from 1: "accX,accY,3" */
    const char *label_column; /* of CSV files, by name, number from 1, or "last" */
    const char *group_column;
    const char *target_column;
    const char *time_column; /* default: a column called time, timestamp, t, time_ms, ... */
    const char *time_unit;   /* "s", "ms", "us"; default: by the column's name */
    char separator;          /* 0: the one that the first line has: tab ; or , */
    int32_t skip_lines;      /* before the header */
    const char *raw;         /* of raw bytes: see kl_read_raw */
};

typedef enum kl_err kl_reader(struct kl_bytes file, const struct kl_read_options *options,
                              struct kl_arena *arena, struct kl_recordings *recordings,
                              struct kl_diag *diag);

/* Bytes of a file that a reader takes, and of what is packed in a .gz file. */
enum { KL_READ_BYTES = 1 << 30 };

/*
 * WAV, FLAC and what else libsndfile reads. Samples are -1 to 1, in units of full scale; at most 64
 * channels, 2^28 values, rates from 1 Hz to 10 MHz.
 */
kl_reader kl_read_audio;

/*
 * NumPy arrays, format versions 1 to 3 (numpy.lib.format): little-endian int8 to int32, uint8 to
 * uint32, float16 to float64, not in Fortran order. [frames] and [frames][channels] are one series
 * (a table: one row per frame), [items][frames][channels] are many. At most KL_DATA_CHANNELS
 * channels and 2^28 values.
 */
kl_reader kl_read_npy;

/*
 * Text with separated columns, quoted as in RFC 4180; with a semicolon the decimal mark may be a
 * comma. A first line with a name in it is a header. Lines of at most 1 MiB, at most
 * KL_DATA_CHANNELS columns, 2^28 values. Empty fields, words in a column of numbers, NaN and lines
 * of another length are faults, named by line and column.
 */
kl_reader kl_read_csv;

/* Images, 8 bits per channel: grey or RGB (transparency is laid over black). At most 16384 pixels
 * high or wide, 2^26 pixels. BMP: 1, 4, 8, 24 and 32 bits, not compressed. */
kl_reader kl_read_png, kl_read_jpeg, kl_read_bmp;

/*
 * Raw samples by the description `options->raw`: a type (int8, uint8, int16, int32, float32,
 * float64), then by commas any of "channels=N", "skip=BYTES", "big", "scale=X" and, for
 * images, "height=N,width=N". A series of frames of interleaved channels; what does not fill the
 * last frame is a fault.
 */
kl_reader kl_read_raw;

/*
 * JSON and CBOR of Edge Impulse's data acquisition format (payload with interval_ms, sensors and
 * values), and JSON lists of pen strokes ("strokes": [{"label", "strokePoints": [{"x", "y"}]}]). At
 * most 64 MiB, 32 levels of CBOR, 2^24 values. Signatures are not checked.
 */
kl_reader kl_read_json, kl_read_cbor;

/* The reader for a file of this name, by its ending; NULL when there is none. With `raw` each file
 * that has no other is one of raw samples. ".gz" behind an ending sets *packed. */
kl_reader *kl_reader_of(const char *name, bool raw, bool *packed);

/* Unpack gzip (RFC 1952) to at most KL_READ_BYTES. */
enum kl_err kl_unpack_gzip(struct kl_bytes packed, struct kl_arena *arena, struct kl_bytes *plain,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* One recording: fill the list with it. */
enum kl_err kl_recordings_one(struct kl_recordings *recordings, const struct kl_recording *one,
                              struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

/* The columns named in a list like "x,y,3" among `count` with `names` (may be NULL), by name or
 * number from 1; chosen[] has their places. KL_EUSAGE names one that is not there. */
enum kl_err kl_choose_channels(const char *list, const char *const *names, int32_t count,
                               struct kl_arena *arena, int32_t **chosen, int32_t *chosen_count,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
