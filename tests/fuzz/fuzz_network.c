/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as text: anything is read or refused with a message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "learn/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    struct kl_network network;
    struct kl_network_options options = {.seed = 1};
    struct kl_diag diag = {0};
    if (!arena) {
        return 0;
    }
    enum kl_err err =
        kl_network_read((const char *)data, size, "fuzz", &options, arena, &network, &diag);
    if ((err == KL_OK) != (diag.message[0] == '\0')) {
        abort();
    }
    kl_arena_free(arena);
    return 0;
}
