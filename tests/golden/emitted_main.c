/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs an emitted model natively: IN holds the inputs of one inference after the other; the
 * outputs are written to OUT.
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

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *out = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (!in || !out) {
        return 2;
    }
    while (read_inputs(in)) {
        kl_model_run(&trial_model, arena);
        for (uint32_t i = 0; i < trial_model.output_count; i++) {
            const void *output = kl_model_output(&trial_model, arena, i);
            fwrite(output, 1, trial_model.outputs[i].bytes, out);
        }
    }
    int failed = ferror(in);
    fclose(in);
    return fclose(out) != 0 || failed;
}
