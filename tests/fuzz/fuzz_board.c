/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a board file, and as a core file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target/energy.h"
#include "target/latency.h"

enum { MEMORY_LIMIT = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_message(enum kl_err err, const struct kl_diag *diag)
{
    if ((err == KL_OK) != (diag->message[0] == '\0')) {
        abort(); /* refused without saying why, or the other way round */
    }
}

/* What an accepted board is used for. */
static void use_board(const struct kl_board *board, struct kl_arena *arena)
{
    static const struct kl_core_count count = {.instructions = 1000,
                                               .cycles = 1500,
                                               .taken_branches = 100,
                                               .constant_bytes = 500,
                                               .core = "cortex-m4f"};
    struct kl_latency latency;
    struct kl_diag diag = {0};
    double amperes;
    expect_message(kl_latency_model(board, &count, arena, &latency, &diag), &diag);
    if (latency.how == NULL || (latency.known && !(latency.low <= latency.high))) {
        abort();
    }
    (void)kl_energy_run_current(board, &amperes);
    for (size_t i = 0; i < KL_FACT_COUNT; i++) {
        const struct kl_fact *fact = &board->facts[i];
        if (fact->known && (!fact->text || !fact->source || !fact->source->title)) {
            abort();
        }
    }
    /* Nothing of the file may reach a shell or the file system. */
    if (strpbrk(board->toolchain ? board->toolchain : "", "/ ;$`") ||
        strpbrk(board->port ? board->port : "", "/ ;$`")) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    struct kl_diag diag = {0};
    const struct kl_board *board;
    const struct kl_core *core;
    if (!arena) {
        return 0;
    }
    enum kl_err err = kl_board_parse((const char *)data, size, "fuzz.yaml", arena, &board, &diag);
    expect_message(err, &diag);
    if (err == KL_OK) {
        use_board(board, arena);
    }
    kl_diag_clear(&diag);
    err = kl_core_parse((const char *)data, size, "fuzz.yaml", arena, &core, &diag);
    expect_message(err, &diag);
    kl_arena_free(arena);
    return 0;
}
