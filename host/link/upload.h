/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the clients of this folder: a file that goes to the device by packets. */
#ifndef KINGLET_LINK_UPLOAD_H
#define KINGLET_LINK_UPLOAD_H

#include "link/image_client.h"
#include "link/request.h"

struct upload_wish {
    uint16_t group;
    uint8_t command;
    struct kl_bytes file;
    struct kl_bytes entry; /* the wrapped key of an encrypted pack; or empty */
};

/* Send the file; goes on where an earlier try ended. *reply is the last one. */
enum kl_err upload_file(struct kl_channel *channel, const struct upload_wish *wish,
                        const struct kl_upload_progress *progress, struct kl_smp_reply *reply,
                        struct kl_diag *diag) KL_MUST_CHECK;

#endif
