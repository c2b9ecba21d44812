/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model group of the management protocol: writes inputs into a model's arena, runs
 * steps, reads the arena. The bytes are in docs/spec/model-protocol.md. Both ends use the
 * numbers; the device uses the handler.
 */
#ifndef KINGLET_MODEL_GROUP_H
#define KINGLET_MODEL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/model.h"
#include "kinglet/smp.h"

enum {
    KL_SMP_GROUP_MODEL = 64,
    KL_MODEL_PROTOCOL_VERSION = 1,
    KL_MODEL_CHUNK_BYTES = 960 /* most data of one write or read: fits every packet */
};

enum kl_model_command {
    KL_MODEL_INFO = 0,  /* read: {} -> {v, arena, steps, inputs, outputs} */
    KL_MODEL_WRITE = 1, /* write: {off, data} */
    KL_MODEL_RUN = 2,   /* write: {first, count} -> {next} of a model with branches */
    KL_MODEL_READ = 3,  /* read: {off, len} -> {data} */
    KL_MODEL_STATS = 4, /* read: {} -> {stack} */
    KL_MODEL_COPY = 5,  /* write: {off, src, len} */
    KL_MODEL_EXIT = 6,  /* write: {status} */
    KL_MODEL_RESET = 7, /* write: {} */
    KL_MODEL_LOAD = 8   /* write: {src, len} -> {err} */
};

/*
 * Begin with step `first` and go on while the next step is one of first .. first+count-1,
 * which exist; return how many bytes of stack they
 * needed (0 when that is not known).
 */
typedef uint32_t kl_model_run_fn(const struct kl_model *model, unsigned char *arena, uint32_t first,
                                 uint32_t count);

struct kl_model_service;

/*
 * Serve the model pack at `bytes` (`size` bytes of the mailbox; size 0: the firmware's own) from
 * now on, and return what kl_pack_validate says. A refused pack leaves no model to serve.
 */
typedef int kl_model_load_fn(struct kl_model_service *service, const unsigned char *bytes,
                             uint32_t size);

/* One model that the group serves. The caller owns it and sets all but the last part. */
struct kl_model_service {
    const struct kl_model *model;
    unsigned char *arena; /* model->arena_bytes bytes, aligned to KL_ARENA_ALIGN */
    const unsigned char *mailbox;
    uint32_t mailbox_bytes; /* 0: no mailbox */
    kl_model_run_fn *run;
    /* Of a service that serves packs; else NULL. */
    kl_model_load_fn *load;
    void (*reset)(struct kl_model_service *service); /* in the place of kl_model_reset */

    uint32_t run_stack_bytes; /* of the last run; start with 0 */
    bool exit_requested;      /* start with false */
    uint8_t exit_status;      /* once requested */
};

/* The handler of the group; its context is a struct kl_model_service. */
kl_smp_handler kl_model_group;

#endif
