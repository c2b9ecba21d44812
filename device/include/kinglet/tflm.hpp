/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that most applications of TensorFlow Lite Micro make, over kinglet's engine: a thin
 * layer for code that exists. New code uses kinglet/model.h or kinglet/pack.h.
 *
 * The model is a pack (`kinglet compile --pack`), aligned to 16, instead of a .tflite array. The
 * application defines `kl_engine`, the kernels that it links (docs/guide/migrate.md). Nothing
 * allocates and nothing throws. As there, inputs are lost in Invoke().
 */
#ifndef KINGLET_TFLM_HPP
#define KINGLET_TFLM_HPP

#include <stddef.h>
#include <stdint.h>

extern "C" {
#define _Static_assert static_assert
#include "kinglet/model.h"
#include "kinglet/pack.h"
#undef _Static_assert

extern const struct kl_engine kl_engine;
}

/* The last one comes from models whose outputs are not new in every run. */
enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1, kTfLiteAbort = -9 };

/* The numbers are those of the original. */
enum TfLiteType {
    kTfLiteNoType = 0,
    kTfLiteFloat32 = 1,
    kTfLiteInt32 = 2,
    kTfLiteUInt8 = 3,
    kTfLiteInt64 = 4,
    kTfLiteBool = 6,
    kTfLiteInt16 = 7,
    kTfLiteInt8 = 9
};

struct TfLiteIntArray {
    int size;
    int data[KL_PACK_MAX_RANK];
};

struct TfLiteQuantizationParams {
    float scale;
    int32_t zero_point;
};

union TfLitePtrUnion {
    void *data;
    char *raw;
    float *f;
    int8_t *int8;
    uint8_t *uint8;
    int16_t *i16;
    int32_t *i32;
    int64_t *i64;
    bool *b;
};

struct TfLiteTensor {
    TfLiteType type;
    TfLitePtrUnion data;
    TfLiteIntArray *dims;
    TfLiteQuantizationParams params;
    size_t bytes;
};

#ifndef TFLITE_SCHEMA_VERSION
#define TFLITE_SCHEMA_VERSION 3
#endif

namespace tflite {

/* A pack; checked by AllocateTensors(). */
struct Model {
    struct kl_pack pack;
    uint32_t version() const { return TFLITE_SCHEMA_VERSION; }
};

inline const Model *GetModel(const void *bytes)
{
    return static_cast<const Model *>(bytes);
}

/* Kernels are named by the pack: what is added here is ignored. */
class MicroOpResolver {
  public:
#define KL_TFLM_OPERATOR(name) \
    TfLiteStatus Add##name() { return kTfLiteOk; }
    KL_TFLM_OPERATOR(Abs)
    KL_TFLM_OPERATOR(Add)
    KL_TFLM_OPERATOR(ArgMax)
    KL_TFLM_OPERATOR(ArgMin)
    KL_TFLM_OPERATOR(AssignVariable)
    KL_TFLM_OPERATOR(AveragePool2D)
    KL_TFLM_OPERATOR(BatchMatMul)
    KL_TFLM_OPERATOR(CallOnce)
    KL_TFLM_OPERATOR(Cast)
    KL_TFLM_OPERATOR(Concatenation)
    KL_TFLM_OPERATOR(Conv2D)
    KL_TFLM_OPERATOR(DepthwiseConv2D)
    KL_TFLM_OPERATOR(Dequantize)
    KL_TFLM_OPERATOR(Div)
    KL_TFLM_OPERATOR(Exp)
    KL_TFLM_OPERATOR(ExpandDims)
    KL_TFLM_OPERATOR(FullyConnected)
    KL_TFLM_OPERATOR(Gather)
    KL_TFLM_OPERATOR(HardSwish)
    KL_TFLM_OPERATOR(If)
    KL_TFLM_OPERATOR(LeakyRelu)
    KL_TFLM_OPERATOR(Logistic)
    KL_TFLM_OPERATOR(Maximum)
    KL_TFLM_OPERATOR(MaxPool2D)
    KL_TFLM_OPERATOR(Mean)
    KL_TFLM_OPERATOR(Minimum)
    KL_TFLM_OPERATOR(Mul)
    KL_TFLM_OPERATOR(Pack)
    KL_TFLM_OPERATOR(Pad)
    KL_TFLM_OPERATOR(PadV2)
    KL_TFLM_OPERATOR(Prelu)
    KL_TFLM_OPERATOR(Quantize)
    KL_TFLM_OPERATOR(ReadVariable)
    KL_TFLM_OPERATOR(Relu)
    KL_TFLM_OPERATOR(Relu6)
    KL_TFLM_OPERATOR(Reshape)
    KL_TFLM_OPERATOR(ResizeBilinear)
    KL_TFLM_OPERATOR(ResizeNearestNeighbor)
    KL_TFLM_OPERATOR(Shape)
    KL_TFLM_OPERATOR(Softmax)
    KL_TFLM_OPERATOR(Split)
    KL_TFLM_OPERATOR(SplitV)
    KL_TFLM_OPERATOR(Squeeze)
    KL_TFLM_OPERATOR(StridedSlice)
    KL_TFLM_OPERATOR(Sub)
    KL_TFLM_OPERATOR(Sum)
    KL_TFLM_OPERATOR(Svdf)
    KL_TFLM_OPERATOR(Tanh)
    KL_TFLM_OPERATOR(Transpose)
    KL_TFLM_OPERATOR(TransposeConv)
    KL_TFLM_OPERATOR(UnidirectionalSequenceLSTM)
    KL_TFLM_OPERATOR(Unpack)
    KL_TFLM_OPERATOR(VarHandle)
    KL_TFLM_OPERATOR(While)
#undef KL_TFLM_OPERATOR
};

template <unsigned kCount> class MicroMutableOpResolver : public MicroOpResolver {};

class AllOpsResolver : public MicroOpResolver {};

class MicroInterpreter {
  public:
    /* `arena` is `arena_bytes` long; what it lacks to an alignment of 16 is lost. Both must
     * outlive the interpreter. */
    MicroInterpreter(const Model *model, const MicroOpResolver &, uint8_t *arena,
                     size_t arena_bytes)
        : pack_(&model->pack), arena_(arena), arena_bytes_(arena_bytes), ready_(false)
    {
        const size_t gap = (0 - reinterpret_cast<uintptr_t>(arena)) % KL_ARENA_ALIGN;
        arena_ = gap < arena_bytes ? arena + gap : arena;
        arena_bytes_ = gap < arena_bytes ? arena_bytes - gap : 0;
    }

    /* Check the pack against the engine and the arena, once; nothing is allocated. */
    TfLiteStatus AllocateTensors()
    {
        ready_ = kl_pack_validate(pack_, pack_->bytes, &kl_engine) == 0 &&
                 pack_->arena_bytes <= arena_bytes_ &&
                 pack_->input_count + pack_->output_count <= kMaxTensors;
        for (uint32_t i = 0; ready_ && i < tensor_count(); i++) {
            describe(i);
        }
        return Reset();
    }

    TfLiteStatus Invoke()
    {
        if (ready_ && !kl_pack_run(pack_, &kl_engine, arena_)) {
            return kTfLiteAbort;
        }
        return initialization_status();
    }

    /* Variables get their initial values again. */
    TfLiteStatus Reset()
    {
        if (ready_ && pack_->reset_count > 0) {
            kl_pack_reset(pack_, &kl_engine, arena_);
        }
        return initialization_status();
    }
    TfLiteStatus ResetVariableTensors() { return Reset(); }

    TfLiteStatus initialization_status() const { return ready_ ? kTfLiteOk : kTfLiteError; }

    size_t inputs_size() const { return ready_ ? pack_->input_count : 0; }
    size_t outputs_size() const { return ready_ ? pack_->output_count : 0; }
    size_t arena_used_bytes() const { return ready_ ? pack_->arena_bytes : 0; }

    /* nullptr before AllocateTensors(), when that failed, or beyond the last one. */
    TfLiteTensor *input(size_t index) { return index < inputs_size() ? &tensor_[index] : nullptr; }
    TfLiteTensor *output(size_t index)
    {
        return index < outputs_size() ? &tensor_[pack_->input_count + index] : nullptr;
    }
    TfLiteTensor *input_tensor(size_t index) { return input(index); }
    TfLiteTensor *output_tensor(size_t index) { return output(index); }

    template <class T> T *typed_input_tensor(size_t index)
    {
        return input(index) ? static_cast<T *>(input(index)->data.data) : nullptr;
    }
    template <class T> T *typed_output_tensor(size_t index)
    {
        return output(index) ? static_cast<T *>(output(index)->data.data) : nullptr;
    }

  private:
    enum { kMaxTensors = 8 };

    uint32_t tensor_count() const { return pack_->input_count + pack_->output_count; }

    static TfLiteType type_of(uint8_t dtype)
    {
        switch (dtype) {
        case KL_F32: return kTfLiteFloat32;
        case KL_S8: return kTfLiteInt8;
        case KL_U8: return kTfLiteUInt8;
        case KL_S16: return kTfLiteInt16;
        case KL_S32: return kTfLiteInt32;
        case KL_S64: return kTfLiteInt64;
        case KL_BOOL: return kTfLiteBool;
        default: return kTfLiteNoType;
        }
    }

    void describe(uint32_t index)
    {
        const struct kl_pack_tensor *from = kl_pack_tensor(pack_, index);
        TfLiteTensor *to = &tensor_[index];
        dims_[index].size = from->rank;
        for (int i = 0; i < from->rank; i++) {
            dims_[index].data[i] = kl_pack_dims(from)[i];
        }
        to->type = type_of(from->dtype);
        to->data.data = arena_ + from->offset;
        to->dims = &dims_[index];
        to->params.scale = from->scale;
        to->params.zero_point = from->zero_point;
        to->bytes = from->bytes;
    }

    const struct kl_pack *pack_;
    uint8_t *arena_;
    size_t arena_bytes_;
    bool ready_;
    TfLiteTensor tensor_[kMaxTensors];
    TfLiteIntArray dims_[kMaxTensors];
};

} /* namespace tflite */

#endif
