/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of onnx_ops.def, and what they share beyond onnx_import.h. Private to host/import.
 */
#ifndef KINGLET_IMPORT_ONNX_HANDLERS_H
#define KINGLET_IMPORT_ONNX_HANDLERS_H

#include "import/onnx_import.h"

#define ONNX_OP(domain, name, handler, reading, doc) onnx_handler handler;
#include "import/onnx_ops.def"
#undef ONNX_OP

/* The first `count` inputs are there and have elements. */
enum kl_err onnx_need_inputs(struct onnx_node *node, int32_t count) KL_MUST_CHECK;

/* x * factor, then + bias: constants per channel (dimension 1); bias may be NULL. */
enum kl_err onnx_scale_channels(struct onnx_node *node, struct onnx_value x,
                                const struct onnx_value *factor, const struct onnx_value *bias,
                                int32_t axis, struct onnx_value *y) KL_MUST_CHECK;

#endif
