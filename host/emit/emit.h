/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as C source: model.c and model.h. The same plan gives the same bytes. */
#ifndef KINGLET_EMIT_EMIT_H
#define KINGLET_EMIT_EMIT_H

#include "kinglet/events.h"
#include "plan/plan.h"

/* When a kernel is instantiated for one step only, with its constants, and when steps share. */
enum kl_emit_kernels {
    KL_EMIT_AUTO,   /* share a kernel that several steps use */
    KL_EMIT_SHARED, /* always share: smallest */
    KL_EMIT_EACH    /* one instance per step: fastest */
};

/* The most stack that a run takes in a build of the model. */
struct kl_emit_stack {
    bool is_known;
    uint32_t bytes;
    const char *how; /* of which build, or why it is not known; one line */
};

/* The event detector behind the model's first output. */
struct kl_emit_events {
    const struct kl_events_config *config;
    const char *const *names; /* of its classes */
    double every;             /* seconds from inference to inference that it was made for */
};

struct kl_emit_options {
    const char *name;   /* C identifier; prefix of all symbols */
    const char *source; /* file name of the model, for the comment at the top */
    const char *sha256; /* of the model file */
    enum kl_emit_kernels kernels;
    struct kl_emit_stack stack;
    const struct kl_emit_events *events; /* NULL: none */
};

/* Write model.c and model.h into the buffers. Fails only when memory is short. */
enum kl_err kl_emit_model(const struct kl_plan *plan, const struct kl_emit_options *options,
                          struct kl_buffer *source, struct kl_buffer *header,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Write model.h alone, once a build has shown its stack. */
enum kl_err kl_emit_header(const struct kl_plan *plan, const struct kl_emit_options *options,
                           struct kl_buffer *header, struct kl_diag *diag) KL_MUST_CHECK;

/* Are two texts of model.h the same but for what they say of the stack? */
bool kl_emit_same_but_stack(const char *a, size_t a_bytes, const char *b, size_t b_bytes);

/* A C identifier made from a file name: "a-b.tflite" -> "a_b". Begins with a letter; never a
 * keyword, nor a name of the device library ("kl_..."): these get "model_" in front. At most 40
 * characters. */
void kl_emit_identifier(const char *path, char name[48]);

#endif
