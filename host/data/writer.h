/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a version of a data set: items are appended, and the folder appears under its name only
 * when it is finished.
 */
#ifndef KINGLET_DATA_WRITER_H
#define KINGLET_DATA_WRITER_H

#include "data/dataset.h"

struct kl_data_writer; /* allocated by _create, freed by _free */

/*
 * Begin a version that will be the folder `path`; until then it is `path`.tmpN. KL_EUSAGE when
 * something is there already and `replace` is false, or when what is there is no data set.
 * Only `kind` and `channel_count` of the facts are needed now.
 */
enum kl_err kl_data_writer_create(const char *path, bool replace, struct kl_data_writer **writer,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Append an item. Its id, offset and label are set here: `label` is the name of its class, or NULL.
 * `samples` has the item's shape and the type of its kind. The item's texts are copied.
 */
enum kl_err kl_data_writer_append(struct kl_data_writer *writer, const struct kl_data_facts *facts,
                                  const struct kl_data_item *item, const char *label,
                                  const void *samples, struct kl_diag *diag) KL_MUST_CHECK;

/* Take samples.bin and all items of a data set as they are: by a hard link where that works. Only
 * as the first of all, and nothing is appended afterwards. `splits` has one entry per item whose
 * `split` and `fold` are taken. */
enum kl_err kl_data_writer_keep(struct kl_data_writer *writer, const struct kl_dataset *dataset,
                                const struct kl_data_item *splits,
                                struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Write the rows and facts and give the folder its name; an older version there is exchanged with
 * it in one step, and removed. Classes of the facts come first, in their order, then those of
 * labels that they do not name, sorted. What was written is described in *written, valid as long as
 * the writer; its samples are not mapped.
 */
enum kl_err kl_data_writer_finish(struct kl_data_writer *writer, const struct kl_data_facts *facts,
                                  struct kl_dataset *written, struct kl_diag *diag) KL_MUST_CHECK;

/* Free it; what is not finished is removed. NULL is allowed. */
void kl_data_writer_free(struct kl_data_writer *writer);

#endif
