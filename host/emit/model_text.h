/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of model.h and model.c. Private to emit/. */
#ifndef KINGLET_EMIT_MODEL_TEXT_H
#define KINGLET_EMIT_MODEL_TEXT_H

#include "emit/emit.h"
#include "emit/text.h"

struct kl_emit_job {
    const struct kl_plan *plan;
    const struct kl_emit_options *options;
    struct kl_emit_names names;
    bool shared[KL_KERNEL_COUNT]; /* kernels that get one instance for all their steps */
};

void kl_emit_header_text(const struct kl_emit_job *job, struct kl_buffer *text);
void kl_emit_source_text(const struct kl_emit_job *job, struct kl_buffer *text);

/* The event detector in both files; nothing without one. `upper` is the name in capitals. */
void kl_emit_events_header(const struct kl_emit_job *job, const char *upper,
                           struct kl_buffer *text);
void kl_emit_events_source(const struct kl_emit_job *job, struct kl_buffer *text);

/* The comment that both files begin with. */
void kl_emit_banner(const struct kl_emit_job *job, struct kl_buffer *text);

/* Words from outside inside a comment: what could end it, or is not printable, becomes '_'. */
void kl_emit_comment_text(struct kl_buffer *text, const char *words);

#endif
