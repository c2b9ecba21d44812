/* SPDX-License-Identifier: Apache-2.0 */
/* Small models whose results on a board are compared with the host engine's. */
#ifndef KINGLET_TESTS_DIFF_BATCH_H
#define KINGLET_TESTS_DIFF_BATCH_H

#include "base/buffer.h"
#include "cases.h"
#include "kinglet/kernels.h"
#include "link/channel.h"
#include "pack_cases.h"

enum { DIFF_TENSORS = 16 };

/* A tensor in the arena, and the bytes that go there or are expected there. */
struct diff_tensor {
    uint32_t offset, bytes;
    uint32_t at; /* inputs: in the mailbox; outputs: in batch.expected */
};

struct diff_case {
    char label[KT_CASE_LABEL_BYTES];
    uint32_t pack_at, pack_bytes; /* in the mailbox */
    uint32_t steps;
    uint32_t input_count, output_count;
    struct diff_tensor inputs[DIFF_TENSORS], outputs[DIFF_TENSORS];
};

/* Cases that travel to the board together. */
struct diff_batch {
    struct kl_buffer mailbox;  /* what the emulator preloads; its max is the board's mailbox */
    struct kl_buffer expected; /* all outputs, by the host engine */
    struct diff_case *cases;
    int32_t count, capacity;
};

/* Room for `capacity` cases; ends the program when memory is short. */
void diff_batch_open(struct diff_batch *batch, int32_t capacity, size_t mailbox_bytes);
void diff_batch_close(struct diff_batch *batch);
void diff_batch_clear(struct diff_batch *batch);

enum diff_added { DIFF_ADDED, DIFF_FULL, DIFF_NOT_PACKED };

/* Plan, pack and run a case on the host. DIFF_FULL: nothing happened, the batch has no room.
 * DIFF_NOT_PACKED: packs cannot hold the model, or its arena exceeds arena_bytes. */
enum diff_added diff_batch_add(struct diff_batch *batch, const struct kt_case *c,
                               enum kl_kernel_set kernels, uint32_t arena_bytes, uint64_t seed);

/* The same with a case that was planned and packed before. */
enum diff_added diff_batch_add_pack(struct diff_batch *batch, const char *label,
                                    const struct pack_case *made, const struct kl_bytes *inputs,
                                    uint32_t arena_bytes);

/* Run a case on a board that has the batch in its mailbox. *same: all bits of all outputs. */
enum kl_err diff_case_run(const struct diff_batch *batch, int32_t index, struct kl_channel *channel,
                          bool *same, struct kl_diag *diag);

#endif
