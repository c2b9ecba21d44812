/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of model files from untrusted sources. Each returns a graph that
 * kl_graph_verify accepts, or one message that names the place in the file.
 */
#ifndef KINGLET_IMPORT_IMPORT_H
#define KINGLET_IMPORT_IMPORT_H

#include "base/file.h"
#include "graph/graph.h"

/* Largest model file that is read. */
#define KL_MODEL_FILE_LIMIT ((size_t)256 << 20)

/* By its file identifier; a file that is cut behind it is one, too. */
bool kl_is_tflite(struct kl_bytes file);

/*
 * Import a TFLite FlatBuffer ("TFL3", schema version 3; format:
 * tensorflow/compiler/mlir/lite/schema/schema.fbs). The graph lives in `arena` and refers to
 * `file` (constant data is not copied where it is aligned): both must outlive it. The content
 * of constants is used as it is stored, so the host must be little-endian.
 *
 * Operators that ops.def does not name become KL_OP_UNKNOWN with their name, and so do those
 * that use what the graph cannot express (fused activations, weights formats, newer versions),
 * with the reason; tensors that no operator and no input or output uses are left out. Element
 * types that nothing computes with keep their name; their tensors have 0 bytes, and the content
 * of constants is not checked. Planning refuses all such operators, each by name. Other tensors
 * that cannot be expressed (sparse, in another file, blockwise quantised, of high rank) are
 * KL_EUNSUPPORTED, also int8 layers whose int32 accumulators could overflow; what contradicts
 * itself is KL_EINPUT; what exceeds a limit of tflite_import.h, or the arena's, is KL_ELIMIT.
 * Messages name the byte offset, the tensor or the operator. Memory stays below about 100 MB plus
 * ten times the file's size, whatever the file says. On failure *graph is unchanged.
 */
enum kl_err kl_import_tflite(struct kl_bytes file, struct kl_arena *arena, struct kl_graph **graph,
                             struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Import a classical model (trees, linear, support vectors, k-means, mixtures of
 * Gaussians, nearest neighbours) from JSON; format:
 * docs/spec/classical-model.md. Errors as above; messages name line and column, or the member.
 * The graph does not refer to `file`.
 */
enum kl_err kl_import_classical(struct kl_bytes file, struct kl_arena *arena,
                                struct kl_graph **graph, struct kl_diag *diag) KL_MUST_CHECK;

/* Does the file look like JSON? */
bool kl_is_classical(struct kl_bytes file);

/* Fixes a model input: it becomes a constant. */
struct kl_onnx_binding {
    const char *name; /* of the input */
    struct kl_bytes
        data;      /* as many bytes as it has, little-endian, in the file's order; or NULL: */
    double number; /* the value of all its elements */
};

/* Computes the outputs of an operator whose inputs are all constants: sets their `data`, in
 * the graph's arena. Fails with KL_EUNSUPPORTED or KL_EINPUT when the operator cannot be computed.
 */
typedef enum kl_err kl_evaluate_fn(struct kl_graph *graph, struct kl_op *op, struct kl_diag *diag);

/* Gives a model input with open dimensions its shape. */
struct kl_onnx_shape {
    const char *name;
    struct kl_shape shape;
};

/* Nodes that are not supported for one reason. */
struct kl_onnx_refused {
    const char *domain, *name; /* "" stands for ai.onnx */
    const char *reason;
    int64_t version; /* opset of the domain */
    int32_t node, count;
};

/* All of them, in the order of the file: those with more reasons than are kept are not listed. */
struct kl_onnx_refusals {
    int32_t count;
    struct kl_onnx_refused *list; /* in the graph's arena */
};

struct kl_onnx_options {
    kl_evaluate_fn *evaluate;
    int32_t binding_count;
    const struct kl_onnx_binding *bindings;
    int32_t shape_count;
    const struct kl_onnx_shape *shapes;
    struct kl_onnx_refusals *refusals; /* filled, also when the import fails; or NULL */
};

/* Does the content begin like an ONNX model: with the field ir_version, and not with the mark of a
 * TFLite file? It says nothing of its worth. */
bool kl_is_onnx(struct kl_bytes file);

/*
 * Import an ONNX model (ModelProto; format: onnx.proto of the packaged schema,
 * onnx.ai/onnx/repo-docs/ IR.html), opsets 6 to 26 of ai.onnx. The graph lives in `arena`; `file`
 * need not outlive it.
 *
 * Shapes must be known: a dimension without a number counts as 1. What the operators that the
 * graph has cannot express is decomposed; operators on constants are computed by options->evaluate.
 * Inputs and outputs keep the shape that the file gives them.
 *
 * Fails with KL_EUNSUPPORTED and the names of all operators that are not supported, with the
 * reason for each as far as the message holds them; with KL_EINPUT and the node for what
 * contradicts itself; with KL_ELIMIT for what exceeds a limit of onnx_import.h. Content in other
 * files is refused.
 */
enum kl_err kl_import_onnx(struct kl_bytes file, const struct kl_onnx_options *options,
                           struct kl_arena *arena, struct kl_graph **graph,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
