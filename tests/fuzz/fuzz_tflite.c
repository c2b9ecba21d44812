/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a TFLite file, through everything that reads untrusted models. */
#include <stdint.h>
#include <stdlib.h>

#include "fuzz_model.h"
#include "import/import.h"

enum { MEMORY_LIMIT = 128 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
        fuzz_use_graph(graph, arena, &diag);
    } else if (diag.err == KL_OK || diag.message[0] == '\0') {
        abort(); /* refused without saying why */
    }
    kl_arena_free(arena);
    return 0;
}
