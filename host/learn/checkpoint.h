/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints of a training: docs/spec/checkpoint.md. A file is a line "kinglet.checkpoint/1", the
 * length of a JSON text as eight hexadecimal digits and a newline, the text, and float32 values,
 * little-endian, in the order of the text's list "blocks".
 */
#ifndef KINGLET_LEARN_CHECKPOINT_H
#define KINGLET_LEARN_CHECKPOINT_H

#include <jansson.h>

#include "graph/graph.h"

enum { KL_CHECKPOINT_BLOCKS = 8 };
#define KL_CHECKPOINT_LIMIT ((size_t)1 << 30)

/* A named run of values. */
struct kl_block {
    const char *name;
    float *values;
    int64_t count;
};

struct kl_checkpoint {
    json_t *head; /* owned; what "blocks" says of the values is added when it is written */
    struct kl_block blocks[KL_CHECKPOINT_BLOCKS];
    int32_t block_count;
};

/* Write atomically; adds "blocks" and "sha256" of the values to the head. */
enum kl_err kl_checkpoint_write(const char *path, const struct kl_checkpoint *checkpoint,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Read a file, or its bytes; values lie in the arena. Free the head with kl_checkpoint_free.
 * KL_EINPUT for what is malformed, was cut, or does not match its hash. */
enum kl_err kl_checkpoint_read(const char *path, struct kl_arena *arena,
                               struct kl_checkpoint *checkpoint,
                               struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_checkpoint_parse(const unsigned char *data, size_t bytes, const char *origin,
                                struct kl_arena *arena, struct kl_checkpoint *checkpoint,
                                struct kl_diag *diag) KL_MUST_CHECK;
void kl_checkpoint_free(struct kl_checkpoint *checkpoint);

/* The block of that name, or NULL. */
const struct kl_block *kl_checkpoint_block(const struct kl_checkpoint *checkpoint,
                                           const char *name);

/*
 * Give the graph the best weights of a checkpoint, tensor by tensor: those whose name and shape
 * agree. *taken of *all float constants that training changes got theirs; new values lie in the
 * graph's arena.
 */
enum kl_err kl_checkpoint_apply(const struct kl_checkpoint *checkpoint, struct kl_graph *graph,
                                int32_t *taken, int32_t *all, struct kl_diag *diag) KL_MUST_CHECK;

#endif
