/* SPDX-License-Identifier: Apache-2.0 */
/* The text of items.tsv and dataset.json, and the hashes over them. */
#ifndef KINGLET_DATA_ROWS_H
#define KINGLET_DATA_ROWS_H

#include "base/buffer.h"
#include "data/dataset.h"

/* The first line of items.tsv. */
#define KL_DATA_ROW_HEAD \
    "id\tname\tlabel\ttarget\tgroup\ttags\torigin\tjitter\tlost\tframes\twidth\toffset\tsplit\n"

/* Append the row of an item, or its record for the hash: the same without offset and split. */
void kl_data_put_row(struct kl_buffer *text, const struct kl_data_facts *facts,
                     const struct kl_data_item *item);

/* Fill `content` and `version` from facts and items. */
enum kl_err kl_data_hash(struct kl_dataset *dataset, struct kl_diag *diag) KL_MUST_CHECK;

/* The text of dataset.json, hashes included. */
enum kl_err kl_data_facts_text(const struct kl_dataset *dataset, struct kl_buffer *text,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
