/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kernels on plain numbers, whose element types are parameters, and of control flow. */
#include "kinglet/dtype.h"
#include "nn/pack/check.h"

uint32_t kl_plain_integer_bytes(int32_t dtype)
{
    switch (dtype) {
    case KL_S8:
    case KL_U8:
    case KL_BOOL: return 1;
    case KL_S16:
    case KL_U16: return 2;
    case KL_S32:
    case KL_U32: return 4;
    case KL_S64: return 8;
    default: return 0;
    }
}

uint32_t kl_plain_number_bytes(int32_t dtype)
{
    return dtype == KL_F32 ? 4 : kl_plain_integer_bytes(dtype);
}

bool kl_binary_int_check(const struct kl_binary_int *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_integer_bytes(p->dtype);
    return bytes > 0 && kl_check_binary(check, &p->ew, bytes, bytes);
}

bool kl_compare_check(const struct kl_compare *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_number_bytes(p->dtype);
    return bytes > 0 && kl_check_binary(check, &p->ew, bytes, 1);
}

bool kl_compare_s8_check(const struct kl_compare_s8 *p, struct kl_check *check)
{
    for (int i = 0; i < 2; i++) {
        if (!kl_within(p->zero_point[i], INT8_MIN, INT8_MAX) ||
            !kl_check_multiplier(p->multiplier[i], p->shift[i])) {
            return false;
        }
    }
    return kl_check_binary(check, &p->ew, 1, 1);
}

bool kl_cast_check(const struct kl_cast *p, struct kl_check *check)
{
    const uint32_t from = kl_plain_number_bytes(p->from), to = kl_plain_number_bytes(p->to);
    return from > 0 && to > 0 && kl_check_unary(check, p->width, from, to);
}

/* A result is copied while elements are still read: it must not lie over them. */
bool kl_reduce_number_check(const struct kl_reduce_number *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_number_bytes(p->dtype);
    return bytes > 0 && kl_check_reduce(check, &p->rd, bytes, bytes) &&
           kl_within(p->function, KL_REDUCE_SUM, KL_REDUCE_MIN) &&
           kl_check_apart(check, 0, check->inputs);
}

bool kl_arg_extreme_check(const struct kl_arg_extreme *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_number_bytes(p->dtype),
                   out_bytes = kl_plain_integer_bytes(p->out_dtype);
    return bytes > 0 && out_bytes > 0 && kl_check_reduce(check, &p->rd, bytes, out_bytes);
}

/* Any target is allowed: the engine takes a number that is no step for the end. */
bool kl_branch_check(const struct kl_branch *p, struct kl_check *check)
{
    return (!p->conditional || (check->inputs == 1 && kl_check_in(check, 0, 1, 1, 1))) &&
           kl_check_out(check, 0, 4, 4);
}
