/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the log and settings groups (docs/spec/management.md). Errors as those of
 * kl_smp_call. */
#ifndef KINGLET_LINK_LOG_CLIENT_H
#define KINGLET_LINK_LOG_CLIENT_H

#include "base/file.h"
#include "kinglet/event_log.h"
#include "link/channel.h"

enum { KL_DEVICE_RECORDS_MAX = 64 };

/* A piece of the log. */
struct kl_device_log {
    uint32_t next; /* where the next piece begins */
    uint32_t count;
    struct kl_log_record records[KL_DEVICE_RECORDS_MAX];
};

/* The records from number `from` on, as many as the device sends at a time; none: it has no more.
 */
enum kl_err kl_device_log(struct kl_channel *channel, uint32_t from, struct kl_device_log *log,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* What happened: "request refused"; and its arguments as words. */
const char *kl_log_event_text(uint16_t event);

#endif
