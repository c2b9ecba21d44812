/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of choices, gather and scatter, products of computed matrices, and operators along one
 * axis. */
#include "kinglet/dtype.h"
#include "nn/pack/check.h"

static bool is_element_size(int32_t bytes)
{
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* Bytes up to the last element of `bytes` bytes that steps in bytes lead to. */
static uint32_t bytes_reached(const int32_t *dim, const int32_t *step, int32_t rank, int32_t bytes)
{
    return kl_plus(kl_elements_reached(dim, step, rank), (uint32_t)bytes - 1);
}

bool kl_select_check(const struct kl_select *p, struct kl_check *check)
{
    if (!is_element_size(p->elem_bytes)) {
        return false;
    }
    for (uint32_t k = 0; k < 3; k++) {
        const uint32_t bytes = bytes_reached(p->dim, p->step[k], 4, k == 0 ? 1 : p->elem_bytes);
        /* What lies behind the last element of a line: its address is made, but not used. */
        if (p->step[k][3] > KL_PACK_MAX_BYTES || !kl_check_in(check, k, 1, bytes, 1)) {
            return false;
        }
    }
    return kl_out_rows(check) == 1 &&
           kl_check_out(check, 0, kl_times(kl_volume(p->dim, 4), (uint32_t)p->elem_bytes), 1) &&
           kl_check_apart(check, 1, check->inputs) && kl_check_apart(check, 2, check->inputs);
}

/* Bytes at all positions together. */
static uint32_t bytes_of_positions(const struct kl_indexed *p)
{
    return kl_times(kl_volume(p->dim, KL_MOVE_RANK), (uint32_t)p->bytes);
}

/*
 * The tensor of indices, input 1. Returns bytes of the indexed tensor up to the last that any
 * indices lead to, since the kernels draw these to places that are there; UINT32_MAX: refused.
 */
static uint32_t check_indices(const struct kl_indexed *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_integer_bytes(p->index_dtype);
    if (bytes == 0 || p->bytes < 1 || !kl_within(p->depth, 1, KL_INDEX_DEPTH)) {
        return UINT32_MAX;
    }
    const int32_t indices = (int32_t)bytes * p->depth;
    const uint32_t positions = bytes_reached(p->dim, p->data_step, KL_MOVE_RANK, 1);
    const uint32_t places = bytes_reached(p->place_count, p->place_step, p->depth, p->bytes);
    return kl_check_in(check, 1, 1, bytes_reached(p->dim, p->index_step, KL_MOVE_RANK, indices), 1)
               ? kl_plus(positions, places - 1)
               : UINT32_MAX;
}

bool kl_indexed_check(const struct kl_indexed *p, struct kl_check *check)
{
    return kl_check_in(check, 0, 1, check_indices(p, check), 1) && kl_out_rows(check) == 1 &&
           kl_check_out(check, 0, bytes_of_positions(p), 1) &&
           kl_check_apart(check, 0, check->inputs);
}

/* Updates are dense: that bounds the time. */
bool kl_scatter_check(const struct kl_scatter *p, struct kl_check *check)
{
    const uint32_t bytes = kl_plain_number_bytes(p->dtype);
    const bool combines = p->function != KL_BINARY_NONE;
    return kl_check_out(check, 0, check_indices(&p->at, check), 1) && kl_out_rows(check) == 1 &&
           kl_check_in(check, 0, 1, bytes_of_positions(&p->at), 1) &&
           kl_check_apart(check, 0, check->inputs) &&
           (!combines || (bytes > 0 && (uint32_t)p->at.bytes % bytes == 0));
}

/* One matrix of each batch: elements up to the last. */
static uint32_t matrices_reached(const struct kl_matmul *p, uint32_t input, const int32_t dim[2],
                                 const int32_t step[2])
{
    return kl_plus(kl_elements_reached(p->batch.dim, p->batch.step[input], 3),
                   kl_elements_reached(dim, step, 2) - 1);
}

/* A product of more than one element goes on in both matrices: that bounds its time. */
static bool products_end(const struct kl_matmul *p)
{
    enum { MAX_STEP = KL_PACK_MAX_BYTES / 4 }; /* one step behind the last element is made */
    return p->inner == 1
               ? kl_within(p->a_step[1], 0, MAX_STEP) && kl_within(p->b_step[0], 0, MAX_STEP)
               : kl_within(p->a_step[1], 1, MAX_STEP) && kl_within(p->b_step[0], 1, MAX_STEP);
}

/* Both operands and the output, of elements of so many bytes. */
static bool check_matrices(const struct kl_matmul *p, struct kl_check *check, uint32_t bytes)
{
    const int32_t a_dim[2] = {p->rows, p->inner}, b_dim[2] = {p->inner, p->columns};
    const uint32_t a = matrices_reached(p, 0, a_dim, p->a_step);
    const uint32_t b = matrices_reached(p, 1, b_dim, p->b_step);
    const int32_t out[5] = {p->rows, p->columns, p->batch.dim[0], p->batch.dim[1], p->batch.dim[2]};
    return products_end(p) && kl_check_in(check, 0, 1, kl_times(a, bytes), bytes) &&
           kl_check_in(check, 1, 1, kl_times(b, bytes), bytes) && kl_out_rows(check) == 1 &&
           kl_check_out(check, 0, kl_times(kl_volume(out, 5), bytes), bytes);
}

bool kl_matmul_check(const struct kl_matmul *p, struct kl_check *check)
{
    return check_matrices(p, check, 4);
}

bool kl_matmul_s8_check(const struct kl_matmul_s8 *p, struct kl_check *check)
{
    /* So many products of two differences of int8 fit int32; those of int16 the 47 bits of
     * kl_requantize_s64. */
    enum { MAX_INNER = 1 << 15, MAX_WIDE_INNER = 1 << 16, MAX_WIDE_SHIFT = 14 };
    const bool wide = check->kernel == KL_KERNEL_MATMUL_S16;
    const uint32_t bytes = wide ? 2 : 1;
    for (int32_t i = 0; i < 2; i++) {
        if (!kl_fits(p->zero_point[i], bytes)) {
            return false;
        }
    }
    const bool scaled =
        wide ? kl_within(p->multiplier, 0, INT16_MAX) && kl_within(p->shift, -31, MAX_WIDE_SHIFT)
             : kl_check_multiplier(p->multiplier, p->shift);
    return scaled && kl_fits(p->out_zero_point, bytes) &&
           p->shape.inner <= (wide ? MAX_WIDE_INNER : MAX_INNER) &&
           check_matrices(&p->shape, check, bytes);
}

bool kl_cumsum_check(const struct kl_cumsum *p, struct kl_check *check)
{
    const int32_t dim[3] = {p->outer, p->count, p->inner};
    const uint32_t bytes = kl_plain_number_bytes(p->dtype);
    const uint32_t all = kl_times(kl_volume(dim, 3), bytes);
    return bytes > 0 && kl_out_rows(check) == 1 && kl_check_in(check, 0, 1, all, bytes) &&
           kl_check_out(check, 0, all, bytes);
}

bool kl_topk_check(const struct kl_topk *p, struct kl_check *check)
{
    const int32_t dim[3] = {p->outer, p->count, p->inner};
    const int32_t out[3] = {p->outer, p->taken, p->inner};
    const uint32_t bytes = kl_plain_number_bytes(p->dtype);
    const uint32_t out_bytes = kl_plain_integer_bytes(p->out_dtype);
    return bytes > 0 && out_bytes > 0 && p->taken <= p->count && kl_out_rows(check) == 1 &&
           kl_check_in(check, 0, 1, kl_times(kl_volume(dim, 3), bytes), bytes) &&
           kl_check_out(check, 0, kl_times(kl_volume(out, 3), out_bytes), out_bytes);
}

/* All taps of all outputs lie in the line. */
static bool taps_are_inside(const struct kl_resample_f32 *p)
{
    for (int32_t i = 0; i < p->out_count; i++) {
        if (!kl_within(p->first[i], 0, p->count - p->taps)) {
            return false;
        }
    }
    return true;
}

bool kl_resample_f32_check(const struct kl_resample_f32 *p, struct kl_check *check)
{
    const int32_t dim[3] = {p->outer, p->count, p->inner};
    const int32_t out[3] = {p->outer, p->out_count, p->inner};
    return kl_within(p->taps, 1, p->count) && kl_out_rows(check) == 1 &&
           kl_check_in(check, 0, 1, kl_times(kl_volume(dim, 3), 4), 4) &&
           kl_check_out(check, 0, kl_times(kl_volume(out, 3), 4), 4) &&
           kl_check_constant(check, p->first, (uint32_t)p->out_count, 4) &&
           kl_check_constant(check, p->weight, kl_times((uint32_t)p->out_count, (uint32_t)p->taps),
                             4) &&
           taps_are_inside(p);
}
