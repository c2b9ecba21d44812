/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs an emitted model natively: IN holds samples, each a uint32, how many inferences follow
 * without a reset, and their inputs; the outputs are written to OUT.
 */
#include <stdio.h>

#include "model.h"

static _Alignas(KL_ARENA_ALIGN) unsigned char arena[TRIAL_ARENA_BYTES];

static int read_inputs(FILE *in)
{
    for (uint32_t i = 0; i < trial_model.input_count; i++) {
        size_t bytes = trial_model.inputs[i].bytes;
        if (fread(kl_model_input(&trial_model, arena, i), 1, bytes, in) != bytes) {
            return 0;
        }
    }
    return 1;
}

static void write_outputs(FILE *out)
{
    for (uint32_t i = 0; i < trial_model.output_count; i++) {
        const void *output = kl_model_output(&trial_model, arena, i);
        fwrite(output, 1, trial_model.outputs[i].bytes, out);
    }
}

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *out = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (!in || !out) {
        return 2;
    }
    uint32_t runs;
    int failed = 0;
    while (fread(&runs, sizeof runs, 1, in) == 1) {
        kl_model_reset(&trial_model, arena);
        for (; runs > 0 && !failed; runs--) {
            failed = !read_inputs(in);
            kl_model_run(&trial_model, arena);
            write_outputs(out);
        }
    }
    failed = failed || ferror(in);
    fclose(in);
    return fclose(out) != 0 || failed;
}
