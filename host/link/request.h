/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the clients of this folder: a request under construction, and what answers have in
 * common. */
#ifndef KINGLET_LINK_REQUEST_H
#define KINGLET_LINK_REQUEST_H

#include "base/file.h"
#include "kinglet/image.h"
#include "link/smp_client.h"

struct request {
    uint8_t body[KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES];
    struct kl_cbor_writer map;
};

/* What a request is for. */
struct request_kind {
    const char *name; /* for messages: "run the model" */
    enum kl_smp_op op;
    uint16_t group;
    uint8_t command;
};

/* Begin a map; the caller writes its pairs. */
struct kl_cbor_writer *request_begin(struct request *request, uint32_t pairs);

/* Send it; it may be sent again where no answer comes. */
enum kl_err request_call(struct kl_channel *channel, const struct request_kind *kind,
                         struct request *request, struct kl_smp_reply *reply,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Parts of a map in an answer, at which `map` stands. */
bool reply_bool(const struct kl_cbor_reader *map, const char *key);
/* Printable, what is not becomes '?'; false: absent, or longer. */
bool reply_text(const struct kl_cbor_reader *map, const char *key, char *text, size_t capacity);
bool reply_hash(const struct kl_cbor_reader *map, uint8_t hash[KL_IMAGE_HASH_BYTES]);
bool reply_uint(const struct kl_cbor_reader *map, const char *key, uint32_t *value);

/* Receives the map of each entry of a list; false when it is malformed. */
typedef bool reply_entry_fn(void *context, const struct kl_cbor_reader *map);

/* Walk over the list under a key. KL_EINPUT: it is malformed. */
enum kl_err reply_list(const struct kl_smp_reply *reply, const char *key, reply_entry_fn *take,
                       void *context, struct kl_diag *diag) KL_MUST_CHECK;

#endif
