/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a TFLite file, through everything that reads untrusted models. */
#include <stdint.h>
#include <stdlib.h>

#include "graph/graph.h"
#include "import/import.h"

enum { MEMORY_LIMIT = 128 << 20, DUMP_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What happens to an accepted model. Each stage may refuse it with a message. */
static void use_graph(struct kl_graph *graph, struct kl_diag *diag)
{
    if (kl_graph_verify(graph, diag) != KL_OK) {
        abort(); /* the importer promises a graph that verifies */
    }
    struct kl_buffer text = KL_BUFFER(DUMP_LIMIT);
    kl_graph_dump(graph, &text);
    kl_buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    struct kl_diag diag = {0};
    struct kl_graph *graph = NULL;
    struct kl_bytes file = {data, size};
    if (!arena) {
        return 0;
    }
    if (kl_import_tflite(file, arena, &graph, &diag) == KL_OK) {
        use_graph(graph, &diag);
    } else if (diag.err == KL_OK || diag.message[0] == '\0') {
        abort(); /* refused without saying why */
    }
    kl_arena_free(arena);
    return 0;
}
