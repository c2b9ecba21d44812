/* SPDX-License-Identifier: Apache-2.0 */
/* One callable instance of every kernel. */
#include "kinglet/kernels.h"

#include "dsp/bands_f32.h"
#include "dsp/biquad_f32.h"
#include "dsp/filter_bank.h"
#include "dsp/frame.h"
#include "dsp/rfft_f32.h"
#include "dsp/rfft_s16.h"
#include "dsp/spectrum.h"
#include "dsp/statistics_f32.h"
#include "nn/armv7em/conv2d_s4.h"
#include "nn/armv7em/conv2d_s8.h"
#include "nn/armv7em/depthwise_3x3_s8.h"
#include "nn/armv7em/depthwise_s8.h"
#include "nn/armv7em/fully_connected_s4.h"
#include "nn/armv7em/fully_connected_s8.h"
#include "nn/mul32/conv2d_s8.h"
#include "nn/mul32/depthwise_3x3_s8.h"
#include "nn/mve/conv2d_s4.h"
#include "nn/mve/conv2d_s8.h"
#include "nn/mve/depthwise_s8.h"
#include "nn/mve/fully_connected_s4.h"
#include "nn/mve/fully_connected_s8.h"
#include "nn/ref/add_linear_s8.h"
#include "nn/ref/add_s8.h"
#include "nn/ref/along_axis.h"
#include "nn/ref/binary_f32.h"
#include "nn/ref/binary_int.h"
#include "nn/ref/branch.h"
#include "nn/ref/cast.h"
#include "nn/ref/circular_buffer.h"
#include "nn/ref/compare.h"
#include "nn/ref/compare_s8.h"
#include "nn/ref/conv2d_f32.h"
#include "nn/ref/conv2d_s16.h"
#include "nn/ref/conv2d_s4.h"
#include "nn/ref/conv2d_s8.h"
#include "nn/ref/conv2d_u8.h"
#include "nn/ref/depthwise_f32.h"
#include "nn/ref/depthwise_s4.h"
#include "nn/ref/depthwise_s8.h"
#include "nn/ref/distance_f32.h"
#include "nn/ref/div_s8.h"
#include "nn/ref/fill.h"
#include "nn/ref/fully_connected_f32.h"
#include "nn/ref/fully_connected_s8.h"
#include "nn/ref/functions_f32.h"
#include "nn/ref/gather.h"
#include "nn/ref/hybrid.h"
#include "nn/ref/l2_normalise.h"
#include "nn/ref/log_softmax.h"
#include "nn/ref/lookup_s8.h"
#include "nn/ref/lstm.h"
#include "nn/ref/lstm_hybrid.h"
#include "nn/ref/matmul.h"
#include "nn/ref/matmul_s8.h"
#include "nn/ref/mean_f32.h"
#include "nn/ref/mean_s8.h"
#include "nn/ref/move.h"
#include "nn/ref/mul_s8.h"
#include "nn/ref/nearest_vote.h"
#include "nn/ref/period.h"
#include "nn/ref/pool_f32.h"
#include "nn/ref/pool_s8.h"
#include "nn/ref/prelu_s8.h"
#include "nn/ref/quantize.h"
#include "nn/ref/reduce.h"
#include "nn/ref/rescale.h"
#include "nn/ref/resize_bilinear.h"
#include "nn/ref/resize_nearest.h"
#include "nn/ref/sigmoid_s16.h"
#include "nn/ref/softmax_f32.h"
#include "nn/ref/softmax_s16.h"
#include "nn/ref/softmax_s8.h"
#include "nn/ref/squared_difference.h"
#include "nn/ref/svdf.h"
#include "nn/ref/transpose_conv.h"
#include "nn/ref/tree_ensemble.h"
#include "nn/ref/unary_f32.h"

#define KL_KERNEL(id, function, params, inputs, header)                                  \
    void kl_run_##id(const void *p, const struct kl_rows *in, const struct kl_rows *out, \
                     void *scratch)                                                      \
    {                                                                                    \
        function((const struct params *)p, in, out, scratch);                            \
    }
#include "kinglet/kernels.def"
#undef KL_KERNEL

kl_kernel_fn *const kl_kernels[KL_KERNEL_COUNT] = {
#define KL_KERNEL(id, function, params, inputs, header) [KL_KERNEL_##id] = kl_run_##id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

/* Ids are part of formats: rows are only appended, and this number only grows. */
_Static_assert(KL_KERNEL_COUNT == 149, "kernels.def changed: only append, then adjust this count");
