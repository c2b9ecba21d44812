/* SPDX-License-Identifier: Apache-2.0 */
#include "test_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct kl_arena *arena;
struct kl_diag diag;

int open_job(void **state)
{
    (void)state;
    arena = kl_arena_create((size_t)512 << 20);
    kl_diag_clear(&diag);
    return arena ? 0 : 1;
}

int close_job(void **state)
{
    (void)state;
    kl_arena_free(arena);
    arena = NULL;
    return 0;
}

void must_work(enum kl_err err)
{
    if (err != KL_OK) {
        fail_msg("%s", diag.message);
    }
}
