/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data set on disk: a folder with dataset.json (what it is), items.tsv (a row per item) and
 * samples.bin (the samples of all items, little-endian). docs/spec/dataset.md describes the bytes.
 * Samples are mapped, not read: a data set may be larger than memory.
 */
#ifndef KINGLET_DATA_DATASET_H
#define KINGLET_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/hash.h"

/* Limits of a data set; what exceeds one is refused with KL_ELIMIT. */
enum {
    KL_DATA_CHANNELS = 4096,        /* channels, or columns of a table */
    KL_DATA_CLASSES = 4096,         /* names of classes */
    KL_DATA_ITEMS = 1 << 22,        /* rows of items.tsv */
    KL_DATA_ITEM_VALUES = 1 << 28,  /* frames * width * channels of one item */
    KL_DATA_TEXT = 1024,            /* bytes of a name, group, tag list */
    KL_DATA_FACTS_BYTES = 16 << 20, /* dataset.json */
    KL_DATA_ROWS_BYTES = 1 << 30    /* items.tsv */
};

/* Memory for the rows of one open data set. */
#define KL_DATA_ARENA ((size_t)8 << 30)

/* Series: float32 [frames][channels] at a rate. Image: uint8 [frames rows][width][channels].
 * Table: float32 [1][channels], a row of features. */
enum kl_data_kind { KL_DATA_SERIES, KL_DATA_IMAGE, KL_DATA_TABLE };
extern const char *const kl_data_kind_names[3];

enum kl_data_split { KL_SPLIT_NONE, KL_SPLIT_TRAIN, KL_SPLIT_VALIDATION, KL_SPLIT_TEST };
extern const char *const kl_data_split_names[4]; /* "", "train", ... */

struct kl_data_item {
    char id[KL_SHA256_HEX_BYTES]; /* SHA-256 of shape and samples */
    const char *name;             /* file below the import's folder, "#n" for one of many in it */
    const char *group;            /* what a split keeps together: recording, speaker, machine */
    const char *tags;             /* "key=value,key=value", or "" */
    const char *origin;           /* id of the item that it was made from, or "" */
    int32_t label;                /* place in `classes`, or -1 */
    double target;                /* of a regression, or NaN */
    double jitter;                /* standard deviation of the sampling interval over its mean */
    int32_t lost;                 /* samples that the time stamps say are missing */
    int32_t frames, width;        /* series: frames, 1; image: rows, columns; table: 1, 1 */
    uint64_t offset;              /* of its samples in samples.bin, a multiple of 16 */
    enum kl_data_split split;
    int32_t fold; /* of cross-validation, or -1 */
};

/* The unit of channels whose samples are shares of the largest number that the converter gives. */
#define KL_DATA_FULL_SCALE "full scale"

/* How the items were split, so that a later version can be split in the same way. */
struct kl_data_rule {
    const char *method; /* "", "fractions", "folds", "leave-one-group-out" */
    double fractions[3];
    int32_t folds;
    uint64_t seed;
};

/* What dataset.json says of the whole. Texts are NUL-terminated UTF-8 without control characters.
 */
struct kl_data_facts {
    enum kl_data_kind kind;
    double rate;                 /* frames per second; 0 when there is none */
    int32_t channel_count;       /* columns of a table */
    const char *const *channels; /* their names */
    const char *unit;            /* of all channels, e.g. "g", or "" */
    int32_t class_count;
    const char *const *classes;
    const char *source, *licence; /* or "" */
    struct kl_data_rule rule;
    const char *made_by; /* the command that made this version */
};

struct kl_dataset {
    struct kl_data_facts facts;
    const char *path;
    int32_t count;
    struct kl_data_item *items;
    char content[KL_SHA256_HEX_BYTES]; /* over the sorted records of the items */
    char version[KL_SHA256_HEX_BYTES]; /* the same with the split */
    const unsigned char *samples;      /* mapped, read-only */
    uint64_t samples_bytes;
};

/*
 * Open the data set in folder `path`: facts and rows go to the arena, samples are mapped. Every row
 * is checked against the limits and the size of samples.bin, and the hashes of the rows against
 * dataset.json; samples are only read when asked for. KL_EINPUT names file and line.
 */
enum kl_err kl_dataset_open(const char *path, struct kl_arena *arena, struct kl_dataset *dataset,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Unmap; a zeroed data set is fine. */
void kl_dataset_close(struct kl_dataset *dataset);

/* The same from bytes in memory, without samples: `samples_bytes` says how many there would be. */
enum kl_err kl_dataset_parse(struct kl_bytes facts, struct kl_bytes rows, uint64_t samples_bytes,
                             struct kl_arena *arena, struct kl_dataset *dataset,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Compare every item's samples with its id. KL_ECHECK names the first that was changed. */
enum kl_err kl_dataset_verify(const struct kl_dataset *dataset, struct kl_diag *diag) KL_MUST_CHECK;

/* Samples of an item: float32 [frames][width][channels], or uint8 for images. Owned by the data
 * set. */
const float *kl_dataset_values(const struct kl_dataset *dataset, const struct kl_data_item *item);
const uint8_t *kl_dataset_pixels(const struct kl_dataset *dataset, const struct kl_data_item *item);

/* All items in the order of qsort's `compare`, which gets pointers to pointers to them, as an array
 * in `arena`; NULL when memory is short. */
const struct kl_data_item **kl_dataset_sorted(const struct kl_dataset *dataset,
                                              int (*compare)(const void *, const void *),
                                              struct kl_arena *arena);

/* Values of an item: frames * width * channels. */
size_t kl_data_values(const struct kl_data_facts *facts, const struct kl_data_item *item);

/* Bytes of a value: 1 for images, else 4. */
size_t kl_data_value_bytes(enum kl_data_kind kind);

/* The id of samples with this shape: SHA-256 of "frames width channels\n" and the samples. */
void kl_data_id(const struct kl_data_facts *facts, const struct kl_data_item *item,
                const void *samples, char id[KL_SHA256_HEX_BYTES]);

/* The value of tag `key` in a tag list, copied to `value`; false when it is not there. */
bool kl_data_tag(const char *tags, const char *key, char value[KL_DATA_TEXT]);

/* Can this be a field of a row: UTF-8, no control characters, shorter than KL_DATA_TEXT? */
bool kl_data_is_text(const char *text);

/* The place of a class of this name, or -1. */
int32_t kl_data_class(const struct kl_data_facts *facts, const char *name);

/*
 * Windows of a series: `frames` long, one each `hop` frames. With `pad` what is left at the end,
 * or an item shorter than a window, makes a window too, filled up with zeros; else it is left out.
 */
struct kl_window_rule {
    int32_t frames, hop; /* 1 or more */
    bool pad;
};

/* How many windows an item has. */
int32_t kl_window_count(const struct kl_data_item *item, const struct kl_window_rule *rule);

/* Copy window `index` (0 .. count-1) to values[frames][channels]. */
void kl_window_read(const struct kl_dataset *dataset, const struct kl_data_item *item,
                    const struct kl_window_rule *rule, int32_t index, float *values);

#endif
