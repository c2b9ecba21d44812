/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ONNX models made piece by piece. Everything lies in the model's arena but the values of lists
 * and texts in lists, which the caller keeps until kt_onnx_pack. What does not fit ends the
 * program.
 */
#ifndef KINGLET_TESTS_ONNX_WRITER_H
#define KINGLET_TESTS_ONNX_WRITER_H

#include <onnx.pb-c.h>

#include "base/arena.h"
#include "base/file.h"

/* Types of the schema. */
enum { KT_ONNX_F32 = 1, KT_ONNX_S32 = 6, KT_ONNX_S64 = 7, KT_ONNX_F64 = 11 };

struct kt_onnx {
    struct kl_arena *arena;
    Onnx__ModelProto proto;
    Onnx__GraphProto graph;
    Onnx__NodeProto *last; /* attributes are for it */
};

/* A model of that opset of ai.onnx; of `ml_opset` of ai.onnx.ml, too, when it is not 0. */
struct kt_onnx *kt_onnx_create(int64_t opset, int64_t ml_opset);
void kt_onnx_free(struct kt_onnx *m);

/* Inputs and outputs; outputs need no shape. */
void kt_onnx_input(struct kt_onnx *m, const char *name, int32_t type, int32_t rank,
                   const int64_t *dims);
void kt_onnx_output(struct kt_onnx *m, const char *name);

/* Constants. */
Onnx__TensorProto *kt_onnx_floats(struct kt_onnx *m, const char *name, int32_t rank,
                                  const int64_t *dims, const float *values, size_t count);
Onnx__TensorProto *kt_onnx_ints(struct kt_onnx *m, const char *name, int32_t rank,
                                const int64_t *dims, const int64_t *values, size_t count);
Onnx__TensorProto *kt_onnx_texts(struct kt_onnx *m, const char *name, size_t count,
                                 const char *const *texts);

/* A node; `operands` are names, outputs behind a "->", and NULL ends them. */
void kt_onnx_node(struct kt_onnx *m, const char *domain, const char *type,
                  const char *const *operands);

/* Attributes of the node made last. */
void kt_onnx_set_int(struct kt_onnx *m, const char *name, int64_t value);
void kt_onnx_set_float(struct kt_onnx *m, const char *name, float value);
void kt_onnx_set_text(struct kt_onnx *m, const char *name, const char *text);
void kt_onnx_set_ints(struct kt_onnx *m, const char *name, const int64_t *values, size_t count);
void kt_onnx_set_floats(struct kt_onnx *m, const char *name, const float *values, size_t count);
void kt_onnx_set_texts(struct kt_onnx *m, const char *name, const char *const *texts, size_t count);
/* A vector of float32 or float64. */
void kt_onnx_set_float_tensor(struct kt_onnx *m, const char *name, const float *values,
                              size_t count);
void kt_onnx_set_double_tensor(struct kt_onnx *m, const char *name, const double *values,
                               size_t count);
void kt_onnx_set_byte_tensor(struct kt_onnx *m, const char *name, const unsigned char *values,
                             size_t count);

/* The file; it lies in the model's arena. */
struct kl_bytes kt_onnx_pack(struct kt_onnx *m);

#define KT_NAMES(...)             \
    (const char *const[])         \
    {                             \
        __VA_ARGS__, (char *)NULL \
    }
#define KT_DIMS(...)                                                   \
    (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / 8), (const int64_t[]) \
    {                                                                  \
        __VA_ARGS__                                                    \
    }

#endif
