/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test harness: a firmware that does nothing but serve one model over the first UART.
 * It is all of device/agent but its folders, a port, and a generated file that defines the two
 * names below. All its state is on the stack, about 2.5 KB above what the model's steps need; it
 * has no variables. kinglet/harness_pack.h describes the one for model packs.
 */
#ifndef KINGLET_HARNESS_H
#define KINGLET_HARNESS_H

#include <stdint.h>

#include "kinglet/model_group.h"

/* The model to serve; one with no steps, inputs and outputs makes the empty harness. */
extern const struct kl_model *const kl_harness_model;

/* Its arena: kl_harness_model->arena_bytes bytes, aligned to KL_ARENA_ALIGN, in the section
 * ".arena". */
extern unsigned char kl_harness_arena[];

/* Answer requests until one asks for the end; returns its status. The service's constant parts
 * are set. */
int kl_harness_serve(struct kl_model_service *service);

/*
 * Begin with step `first` and go on while the next step is one of first .. first+count-1,
 * between the two markers. Whoever counts instructions
 * takes the addresses of the markers and of the steps as the borders of its regions.
 */
void kl_harness_run(const struct kl_model *model, unsigned char *arena, uint32_t first,
                    uint32_t count);
void kl_harness_begin(void);
void kl_harness_end(void);

#endif
