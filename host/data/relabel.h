/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that a person has corrected, taken over into a new version. */
#ifndef KINGLET_DATA_RELABEL_H
#define KINGLET_DATA_RELABEL_H

#include "data/writer.h"

struct kl_relabel_report {
    int32_t rows;    /* of the table */
    int32_t changed; /* items with another label than before */
    int32_t removed; /* items */
};

/*
 * Append all items of a data set to the writer, those that a table names with its label. The table
 * has a header with the columns `item`, the name of an item, and `label`, one of the data set's
 * classes, or nothing: the item is left out. Copies of such an item (those
 * with its id as `origin`) follow it, unless the table names them, too. Other columns are passed
 * over; separators and quotes are those of kl_read_csv. KL_EINPUT, with the line, for an item or
 * class that is not there, or an item with two labels. `origin` names the table.
 */
enum kl_err kl_relabel(const struct kl_dataset *dataset, struct kl_bytes table, const char *origin,
                       struct kl_data_writer *writer, struct kl_arena *arena,
                       struct kl_relabel_report *report, struct kl_diag *diag) KL_MUST_CHECK;

#endif
