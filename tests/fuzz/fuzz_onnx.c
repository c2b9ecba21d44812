/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as an ONNX file, through everything that reads untrusted models. */
#include <stdint.h>
#include <stdlib.h>

#include "flow/evaluate.h"
#include "fuzz_model.h"
#include "import/import.h"

enum { MEMORY_LIMIT = 256 << 20, EVALUATED_LIMIT = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As in the program, but for what takes longer than a fuzzer can wait. */
static enum kl_err evaluate(struct kl_graph *graph, struct kl_op *op, struct kl_diag *diag)
{
    int64_t size = kl_op_macs(op);
    for (int32_t i = 0; i < op->input_count; i++) {
        size = kl_macs_sum(size, kl_shape_elements(&op->inputs[i]->shape));
    }
    if (kl_macs_sum(size, kl_shape_elements(&op->outputs[0]->shape)) > EVALUATED_LIMIT) {
        return kl_fail(diag, KL_ELIMIT, "too large for the fuzzer");
    }
    return kl_evaluate(graph, op, diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    const struct kl_onnx_options options = {.evaluate = evaluate};
    struct kl_diag diag = {0};
    struct kl_graph *graph = NULL;
    if (!arena) {
        return 0;
    }
    if (kl_import_onnx((struct kl_bytes){data, size}, &options, arena, &graph, &diag) == KL_OK) {
        fuzz_use_graph(graph, arena, &diag);
    } else if (diag.err == KL_OK || diag.message[0] == '\0') {
        abort(); /* refused without saying why */
    }
    kl_arena_free(arena);
    return 0;
}
