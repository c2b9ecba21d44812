/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph as a .tflite file that other runtimes load.
 * Source: tensorflow/compiler/mlir/lite/schema/schema.fbs (schema version 3); operator versions as
 * tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc demands them.
 */
#ifndef KINGLET_EMIT_TFLITE_H
#define KINGLET_EMIT_TFLITE_H

#include "formats/flatbuffer_builder.h"
#include "graph/graph.h"

/*
 * Write a verified graph. Paddings of windows that TFLite cannot say become operators of the graph
 * first. Fails with KL_EUNSUPPORTED and the names of all operators that files cannot hold. The
 * caller frees *file with fb_free, also after a failure.
 */
enum kl_err kl_emit_tflite(struct kl_graph *graph, struct fb *file,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
