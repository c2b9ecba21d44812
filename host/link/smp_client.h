/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the management protocol over a channel, and its response. */
#ifndef KINGLET_LINK_SMP_CLIENT_H
#define KINGLET_LINK_SMP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/smp.h"
#include "link/channel.h"

struct kl_smp_call {
    const char *name; /* for messages: "run steps" */
    enum kl_smp_op op;
    uint16_t group;
    uint8_t command;
    const uint8_t *body; /* one CBOR map */
    uint32_t body_bytes; /* at most KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES */
    bool may_repeat; /* twice does no more than once: is sent again every second without an answer,
                      * since a device that is starting loses what comes */
};

/* The body is one well-formed CBOR map inside `packet`. */
struct kl_smp_reply {
    uint8_t packet[KL_SMP_PACKET_MAX];
    const uint8_t *body;
    uint32_t body_bytes;
    int why; /* of a refusal with KL_SMP_RC_DENIED: a code of kinglet/verify.h; else 0 */
};

/*
 * Send the request and wait for its response; responses to earlier requests and text are
 * skipped, damaged frames too. The channel's timeout bounds the whole call. Errors: KL_EIO
 * for no answer, a closed channel or a firmware that reports a fault; KL_EINPUT for a
 * malformed answer and for a refusal ("rc" other than 0); KL_ECHECK for KL_SMP_RC_DENIED.
 */
enum kl_err kl_smp_call(struct kl_channel *channel, const struct kl_smp_call *call,
                        struct kl_smp_reply *reply, struct kl_diag *diag) KL_MUST_CHECK;

#endif
