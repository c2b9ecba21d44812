/* SPDX-License-Identifier: Apache-2.0 */
#include "import_try.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY_LIMIT = 256 << 20 };

struct import_try import_try(struct kl_bytes file, size_t shift)
{
    struct import_try r = {.arena = kl_arena_create(MEMORY_LIMIT),
                           .memory = malloc(file.size + shift + !(file.size + shift))};
    assert_non_null(r.arena);
    assert_non_null(r.memory);
    if (file.size) {
        memcpy(r.memory + shift, file.data, file.size);
    }
    struct kl_bytes copy = {r.memory + shift, file.size};
    r.err = kl_import_tflite(copy, r.arena, &r.graph, &r.diag);
    if (r.err == KL_OK) {
        assert_non_null(r.graph);
        assert_int_equal(kl_graph_verify(r.graph, &r.diag), KL_OK);
    } else {
        assert_null(r.graph);
        assert_int_equal(r.diag.err, r.err);
        assert_true(strlen(r.diag.message) > 0);
    }
    return r;
}

void import_done(struct import_try *result)
{
    kl_arena_free(result->arena);
    free(result->memory);
}

struct import_try import_good(struct kl_bytes file)
{
    struct import_try r = import_try(file, 0);
    if (r.err != KL_OK) {
        fail_msg("refused: %s", r.diag.message);
    }
    return r;
}
