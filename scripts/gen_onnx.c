/* SPDX-License-Identifier: Apache-2.0 */
/* Writes docs/guide/onnx-operators.md from the importer's table of operators (to standard output).
 */
#include <stdio.h>

static const struct {
    const char *domain, *name, *supported;
} rows[] = {
#define ONNX_OP(domain, name, handler, reading, doc) {domain, name, doc},
#include "import/onnx_ops.def"
#undef ONNX_OP
};

int main(void)
{
    printf(
        "# ONNX operators\n"
        "\n"
        "<!-- Generated from host/import/onnx_ops.def. Change that table and run `make docs`. -->\n"
        "\n"
        "The operators of [ONNX models](onnx.md) that kinglet compiles. An operator that is not\n"
        "here is refused by its name.\n"
        "\n"
        "| operator | supported |\n"
        "|---|---|\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        printf("| %s%s%s | %s |\n", rows[i].domain, *rows[i].domain ? "." : "", rows[i].name,
               rows[i].supported);
    }
    return 0;
}
