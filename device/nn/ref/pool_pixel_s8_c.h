/* SPDX-License-Identifier: Apache-2.0 */
/* kl_average_pool_pixel_s8 and kl_max_pool_pixel_s8 in C: their definition. */
#ifndef KINGLET_NN_REF_POOL_PIXEL_S8_C_H
#define KINGLET_NN_REF_POOL_PIXEL_S8_C_H

/* All channels of an int8 pixel. */
static inline void kl_average_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                            void *pixel)
{
    kl_pool_pixel(params, patch, pixel, 1, kl_pool_average);
}

/* As kl_average_pool_pixel_s8. */
static inline void kl_max_pool_pixel_s8(const void *params, const struct kl_patch *patch,
                                        void *pixel)
{
    kl_pool_pixel(params, patch, pixel, 1, kl_pool_max);
}

#endif
