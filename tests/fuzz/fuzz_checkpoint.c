/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: anything is read or refused with a message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "learn/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    struct kl_checkpoint checkpoint;
    struct kl_diag diag = {0};
    int32_t taken, all;
    static const float values[6];
    if (!arena) {
        return 0;
    }
    enum kl_err err = kl_checkpoint_parse(data, size, "fuzz", arena, &checkpoint, &diag);
    struct kl_graph *graph = kl_graph_create(arena, "g");
    if ((err == KL_OK) != (diag.message[0] == '\0')) {
        abort();
    }
    bool filled = err == KL_OK && graph &&
                  kl_constant_add(graph, graph->subgraphs[0], "w", KL_F32,
                                  (struct kl_shape){2, {2, 3}}, values);
    if (filled && kl_checkpoint_apply(&checkpoint, graph, &taken, &all, &diag) == KL_OK &&
        taken > all) {
        abort();
    }
    kl_checkpoint_free(&checkpoint);
    kl_arena_free(arena);
    return 0;
}
