/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that comes in by packets of the management protocol, {off, data} with len and sha in the
 * first one, and is written to a flash area as it comes, sector by sector. The answers say where to
 * go on; what was not asked for is not written. So an upload may pause, and goes on where it was
 * when the same one is offered again.
 */
#ifndef KINGLET_UPLOAD_H
#define KINGLET_UPLOAD_H

#include "kinglet/image.h"
#include "kinglet/smp.h"

/* One upload, from its first packet to its last. */
struct kl_upload {
    bool is_open;
    uint32_t total_bytes, offset;      /* of the file; how much of it has come */
    uint8_t hash[KL_IMAGE_HASH_BYTES]; /* that the client gave, of the file */
    uint8_t tail[KL_FLASH_WRITE_MAX];  /* bytes that do not fill a unit to write yet */
};

/* What a packet brings; `data` lies in the request. */
struct kl_upload_packet {
    uint32_t offset, bytes;
    const uint8_t *data;
};

/* KL_SMP_RC_OK, or KL_SMP_RC_INVALID. */
enum kl_smp_rc kl_upload_read(const struct kl_smp_request *request,
                              struct kl_upload_packet *packet);

/*
 * The first packet: begin an upload of at most `room` bytes, or go on with the one that is under
 * way. *is_new says which. KL_SMP_RC_INVALID, KL_SMP_RC_NO_MEMORY.
 */
enum kl_smp_rc kl_upload_begin(struct kl_upload *upload, const struct kl_smp_request *request,
                               uint32_t room, bool *is_new);

/* Is this packet the next one? The others are not to be taken. */
static inline bool kl_upload_wants(const struct kl_upload *upload,
                                   const struct kl_upload_packet *packet)
{
    return upload->is_open && packet->offset == upload->offset;
}

/* Write the next packet's bytes to the area. KL_SMP_RC_INVALID: it is too long. KL_SMP_RC_UNKNOWN:
 * the flash fails, and the upload has ended. */
enum kl_smp_rc kl_upload_take(struct kl_upload *upload, const struct kl_flash_area *area,
                              const struct kl_upload_packet *packet);

/* Has all of it come? */
static inline bool kl_upload_is_complete(const struct kl_upload *upload)
{
    return upload->offset == upload->total_bytes;
}

/* Is what lies in the area what the client said that it would send? */
bool kl_upload_matches(const struct kl_upload *upload, const struct kl_flash_area *area);

#endif
