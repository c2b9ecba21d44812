/* SPDX-License-Identifier: Apache-2.0 */
/* Writes docs/guide/operators.md from the operator table of the graph (to standard output). */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct operator_row {
    const char *kind;
    const char *name;
    int32_t min_inputs, max_inputs, min_outputs, max_outputs;
    const char *supported;
};

static const struct operator_row rows[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, reader, doc)                                                              \
    {#kind, name, min_in, max_in, min_out, max_out, doc},
#include "graph/ops.def"
#undef KL_OP
};

static const char introduction[] =
    "# Operators\n"
    "\n"
    "<!-- Generated from host/graph/ops.def. Change that table and run `make docs`. -->\n"
    "\n"
    "The operators that kinglet compiles, by their TFLite names. `kinglet inspect MODEL` says\n"
    "which operators of a model are not among them, all at once, and where they are.\n"
    "Integer results equal those of the TensorFlow Lite Micro reference kernels bit for bit.\n"
    "\n"
    "| operator | inputs | outputs | supported |\n"
    "|---|---|---|---|\n";

/* "2" or "1 to 64". */
static void print_range(int32_t low, int32_t high)
{
    if (low == high) {
        printf(" %" PRId32 " |", low);
    } else {
        printf(" %" PRId32 " to %" PRId32 " |", low, high);
    }
}

int main(void)
{
    fputs(introduction, stdout);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* Stands for all operators that are refused; not one to use. */
        if (strcmp(rows[i].kind, "UNKNOWN") == 0) {
            continue;
        }
        printf("| %s |", rows[i].name);
        print_range(rows[i].min_inputs, rows[i].max_inputs);
        print_range(rows[i].min_outputs, rows[i].max_outputs);
        printf(" %s |\n", rows[i].supported);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
