/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elements picked from, or put at, places that other tensors name: all kinds of gather and
 * scatter.
 */
#ifndef KINGLET_NN_REF_GATHER_H
#define KINGLET_NN_REF_GATHER_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/binary_f32.h"
#include "nn/ref/binary_int.h"
#include "nn/ref/element.h"

/*
 * The byte in the indexed tensor that a position's indices name. Negative indices count from the
 * end; what is still outside is drawn to the nearest place, so that no index reaches beyond.
 */
static inline int32_t kl_indexed_place(const struct kl_indexed *p, const unsigned char *index)
{
    int32_t place = 0;
    for (int32_t k = 0; k < p->depth; k++, index += kl_element_bytes(p->index_dtype)) {
        const int32_t count = p->place_count[k];
        int64_t i = kl_load_int(p->index_dtype, index);
        i = i < 0 ? i + count : i;
        i = i < 0 ? 0 : i >= count ? count - 1 : i;
        place += (int32_t)i * p->place_step[k];
    }
    return place;
}

/* Number of positions, and where number `position` of them begins in both tensors. */
static inline int32_t kl_indexed_positions(const struct kl_indexed *p)
{
    int32_t count = 1;
    for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
        count *= p->dim[d];
    }
    return count;
}

static inline void kl_indexed_position(const struct kl_indexed *p, int32_t position, int32_t *data,
                                       int32_t *index)
{
    *data = 0;
    *index = 0;
    for (int32_t d = KL_MOVE_RANK; d-- > 0;) {
        const int32_t at = position % p->dim[d];
        position /= p->dim[d];
        *data += at * p->data_step[d];
        *index += at * p->index_step[d];
    }
}

/* in[0]: data, in[1]: indices; out: dense. One row each. No scratch. */
static inline void kl_gather(const struct kl_indexed *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    const unsigned char *data = kl_row(&in[0], out->first);
    const unsigned char *index = kl_row(&in[1], out->first);
    unsigned char *to = kl_row(out, out->first);
    (void)scratch;
    for (int32_t i = 0; i < kl_indexed_positions(p); i++, to += p->bytes) {
        int32_t data_at, index_at;
        kl_indexed_position(p, i, &data_at, &index_at);
        memcpy(to, data + data_at + kl_indexed_place(p, index + index_at), (uint32_t)p->bytes);
    }
}

/* old and update of a scatter, combined. */
static inline void kl_scatter_element(const struct kl_scatter *p, const unsigned char *update,
                                      unsigned char *old)
{
    if (p->dtype != KL_F32) {
        const int64_t value = kl_binary_value_int(p->function, kl_load_int(p->dtype, old),
                                                  kl_load_int(p->dtype, update));
        kl_store_int(p->dtype, old, value);
        return;
    }
    const float a = kl_load_f32(old), b = kl_load_f32(update);
    float value = p->function == KL_BINARY_ADD ? a + b : a * b;
    if (p->function == KL_BINARY_MAXIMUM || p->function == KL_BINARY_MINIMUM) {
        value = (a < b) == (p->function == KL_BINARY_MAXIMUM) ? b : a;
    }
    memcpy(old, &value, sizeof value);
}

/* in[0]: updates, dense, in[1]: indices; out: data, of which only the named places change. */
static inline void kl_scatter(const struct kl_scatter *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    const unsigned char *update = kl_row(&in[0], out->first);
    const unsigned char *index = kl_row(&in[1], out->first);
    const int32_t bytes = kl_element_bytes(p->dtype);
    (void)scratch;
    for (int32_t i = 0; i < kl_indexed_positions(&p->at); i++, update += p->at.bytes) {
        int32_t data_at, index_at;
        kl_indexed_position(&p->at, i, &data_at, &index_at);
        unsigned char *to =
            kl_row(out, out->first) + data_at + kl_indexed_place(&p->at, index + index_at);
        if (p->function == KL_BINARY_NONE) {
            memcpy(to, update, (uint32_t)p->at.bytes);
            continue;
        }
        for (int32_t at = 0; at < p->at.bytes; at += bytes) {
            kl_scatter_element(p, update + at, to + at);
        }
    }
}

#endif
