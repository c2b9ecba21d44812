/* SPDX-License-Identifier: Apache-2.0 */
/* Files of thresholds: anything is read or refused with a message, and what is read can run. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "flow/events_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    struct kl_events_file file;
    struct kl_diag diag = {0};
    uint16_t which = 0;
    if (!arena) {
        return 0;
    }
    enum kl_err err = kl_events_parse((struct kl_bytes){data, size}, "fuzz", arena, &file, &diag);
    if ((err == KL_OK) != (diag.message[0] == '\0')) {
        abort();
    }
    if (err == KL_OK) {
        uint32_t bytes = kl_events_bytes(&file.config);
        void *memory = kl_arena_alloc(arena, bytes, 1);
        float *scores = KL_NEW(arena, float, file.config.class_count);
        if (memory && scores && !kl_events_reset(&file.config, memory, bytes)) {
            abort();
        }
        for (int i = 0; memory && scores && i < 20; i++) {
            scores[0] = (float)i - 3.0f;
            kl_events_push(&file.config, memory, scores, &which);
        }
        json_decref(kl_events_json(&file));
    }
    kl_arena_free(arena);
    return 0;
}
