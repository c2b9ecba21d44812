/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of what board files say about memory. Private to target/. */
#ifndef KINGLET_TARGET_BOARD_MEMORY_H
#define KINGLET_TARGET_BOARD_MEMORY_H

#include "base/units.h"
#include "target/record.h"

/* A whole number of 32 bits: plain, or in a unit of the dimension. */
bool board_whole(const struct kl_yaml *node, struct kl_dimension dimension, uint32_t *number);

/* Bytes, at least 1, into a uint32_t. */
enum kl_err board_read_size(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member);

/* Origin and size, into a struct kl_memory_range. */
enum kl_err board_read_range(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member);

/* The flash of a deployed device and its division, into a struct kl_board_device. */
enum kl_err board_read_device(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member);

#endif
