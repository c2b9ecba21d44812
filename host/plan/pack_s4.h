/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of 4 bits in words, as nn/ref/weights_s4.h unpacks them. Private to plan/. */
#ifndef KINGLET_PLAN_PACK_S4_H
#define KINGLET_PLAN_PACK_S4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Do all weights lie in -8 .. 7? */
bool kl_fit_s4(const int8_t *weights, int64_t count);

/* Pack `count` weights that do into zeroed words; returns how many words. */
int32_t kl_pack_s4(const int8_t *weights, int64_t count, int32_t *words);

/* Pack the `words` words of a stream of pairs, in blocks of `group` pairs with so many inputs and
 * weights of 4 bits, as nn/armv7em/weights_s4.h unpacks it. Returns how many words are left. */
size_t kl_pack_pairs_s4(const int32_t *stream, size_t words, int32_t inputs, int32_t group,
                        int32_t *packed);

#endif
