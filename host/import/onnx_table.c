/* SPDX-License-Identifier: Apache-2.0 */
/* The table of ONNX operators. */
#include <string.h>

#include "import/onnx_handlers.h"

static const struct {
    const char *domain, *name;
    onnx_handler *handler;
    enum onnx_reading reading;
} operators[] = {
#define ONNX_OP(domain, name, handler, reading, doc) {domain, name, handler, ONNX_##reading},
#include "import/onnx_ops.def"
#undef ONNX_OP
};

onnx_handler *onnx_find_handler(const char *domain, const char *name, enum onnx_reading *reading)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].name, name) == 0 && strcmp(operators[i].domain, domain) == 0) {
            *reading = operators[i].reading;
            return operators[i].handler;
        }
    }
    return NULL;
}
