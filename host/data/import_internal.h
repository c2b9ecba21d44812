/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the import share. */
#ifndef KINGLET_DATA_IMPORT_INTERNAL_H
#define KINGLET_DATA_IMPORT_INTERNAL_H

#include "data/import.h"

/* An item that is ready to be written. */
struct prepared {
    struct kl_data_item item;
    const char *label;
    const void *samples;
};

/* The file that is being imported. */
struct import_file {
    const struct kl_import *import;
    const char *name;
    struct kl_arena *scratch; /* freed with the file */
    struct kl_diag *diag;
    struct kl_said said; /* by pattern and table */
    double rate;         /* of the recordings as they are; 0: unknown */
    struct prepared *items;
    int32_t count, capacity;
    int32_t resampled;
    const float *kernel; /* to resample by, or NULL when no rate is asked for */
};

/* Bring the recordings to the channels that are asked for. */
enum kl_err import_channels(struct import_file *file,
                            struct kl_recordings *recordings) KL_MUST_CHECK;

/* Make the items of a recording, or of the part of it that `said` names: cut, check, resample. */
enum kl_err import_recording(struct import_file *file, const struct kl_recordings *recordings,
                             const struct kl_recording *one,
                             const struct kl_said *said) KL_MUST_CHECK;

/* The name of a channel that has one value only in all of an item's frames; NULL when none has. */
const char *import_constant(const struct kl_data_facts *facts, const struct prepared *item);

#endif
