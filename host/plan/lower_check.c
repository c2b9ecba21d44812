/* SPDX-License-Identifier: Apache-2.0 */
/* What lowering functions demand of their operands. */
#include "plan/lower.h"

#include <math.h>
#include <stdio.h>

enum kl_err kl_lower_need_finite(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                 struct kl_diag *diag)
{
    const float *values = tensor->data;
    size_t count = tensor->dtype == KL_F32 ? tensor->bytes / sizeof values[0] : 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return kl_op_fail(l->op, diag, KL_EINPUT, "input '%.100s' holds infinity or NaN",
                              tensor->name);
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_type_error(const struct kl_lowering *l, struct kl_diag *diag)
{
    char types[128] = "";
    size_t used = 0;
    for (int32_t i = 0; i < l->op->input_count && used < 90; i++) {
        const struct kl_tensor *in = l->op->inputs[i];
        used += (size_t)snprintf(types + used, sizeof types - used, "%s%s", i ? ", " : "",
                                 in ? kl_dtype_name(in->dtype) : "none");
    }
    const char *out = l->op->output_count ? kl_dtype_name(l->op->outputs[0]->dtype) : "none";
    return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "types %s -> %s are not supported", types, out);
}

bool kl_lower_all_of(const struct kl_op *op, enum kl_dtype dtype)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && op->inputs[i]->dtype != dtype) {
            return false;
        }
    }
    return op->outputs[0]->dtype == dtype;
}

enum kl_err kl_lower_need_quant(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                struct kl_diag *diag)
{
    if (tensor->quant.count == 1) {
        return KL_OK;
    }
    return kl_op_fail(l->op, diag, tensor->quant.count ? KL_EUNSUPPORTED : KL_EINPUT,
                      "tensor '%.100s' (%s) must be quantised with one scale, it has %d",
                      tensor->name, kl_dtype_name(tensor->dtype), tensor->quant.count);
}

enum kl_err kl_lower_need_constant(const struct kl_lowering *l, int32_t index, enum kl_dtype dtype,
                                   struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    if (tensor->dtype != dtype) {
        return kl_lower_type_error(l, diag);
    }
    if (!tensor->data) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "input %d ('%.100s') is computed at run time; it must be a constant",
                          index, tensor->name);
    }
    return kl_lower_need_finite(l, tensor, diag);
}

struct kl_quant_s8 kl_lower_quant(const struct kl_tensor *tensor)
{
    return kl_quant_of(tensor);
}

enum kl_err kl_lower_result(const struct kl_lowering *l, enum kl_err err,
                            const struct kl_diag *found, struct kl_diag *diag)
{
    return err == KL_OK ? KL_OK : kl_op_fail(l->op, diag, err, "%s", found->message);
}
