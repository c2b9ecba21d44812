/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/open.h"

#include <bearssl_block.h>
#include <string.h>

#include "kinglet/cbor.h"
#include "monitor/seal_form.h"

static bool take(struct kl_cbor_reader *reader, enum kl_cbor_type type, struct kl_cbor_item *item)
{
    return kl_cbor_next(reader, item) && item->type == type;
}

static bool take_value(struct kl_cbor_reader *reader, enum kl_cbor_type type, uint64_t value)
{
    struct kl_cbor_item item;
    return take(reader, type, &item) && item.value == value;
}

static bool take_head(struct kl_cbor_reader *reader)
{
    struct kl_cbor_item item;
    return take_value(reader, KL_CBOR_TAG, KL_SEAL_COSE_TAG) &&
           take_value(reader, KL_CBOR_ARRAY, 3) && take(reader, KL_CBOR_BYTES, &item) &&
           item.value == sizeof kl_seal_protected &&
           memcmp(item.data, kl_seal_protected, sizeof kl_seal_protected) == 0;
}

/* Nonces are numbers of 64 bits. */
static bool take_number(struct kl_sealed *sealed)
{
    sealed->number = 0;
    for (int i = 0; i < KL_SEAL_NONCE_BYTES; i++) {
        if (i < KL_SEAL_NONCE_BYTES - 8 && sealed->nonce[i] != 0) {
            return false;
        }
        sealed->number = sealed->number << 8 | sealed->nonce[i];
    }
    return true;
}

int kl_sealed_parse(const uint8_t *message, uint32_t bytes, struct kl_sealed *sealed)
{
    struct kl_cbor_reader reader = {message, bytes, 0};
    struct kl_cbor_item id, nonce, content;
    if (!take_head(&reader) || !take_value(&reader, KL_CBOR_MAP, 2) ||
        !take_value(&reader, KL_CBOR_UINT, KL_SEAL_LABEL_KEY_ID) ||
        !take(&reader, KL_CBOR_BYTES, &id) || id.value == 0 || id.value > KL_SEAL_ID_MAX ||
        !take_value(&reader, KL_CBOR_UINT, KL_SEAL_LABEL_IV) ||
        !take(&reader, KL_CBOR_BYTES, &nonce) || nonce.value != KL_SEAL_NONCE_BYTES ||
        !take(&reader, KL_CBOR_BYTES, &content) || content.value < KL_SEAL_TAG_BYTES ||
        reader.offset != bytes) {
        return KL_SEAL_FORMAT;
    }
    *sealed = (struct kl_sealed){.id = id.data,
                                 .id_bytes = (uint32_t)id.value,
                                 .nonce = nonce.data,
                                 .content = content.data,
                                 .content_bytes = (uint32_t)content.value};
    return take_number(sealed) ? KL_SEAL_OK : KL_SEAL_FORMAT;
}

int kl_sealed_open(const struct kl_sealed *sealed, const uint8_t key[KL_SEAL_KEY_BYTES],
                   uint8_t *plain)
{
    uint32_t bytes = sealed->content_bytes - KL_SEAL_TAG_BYTES, different = 0;
    uint8_t tag[KL_SEAL_TAG_BYTES];
    memcpy(plain, sealed->content, sealed->content_bytes);
    br_poly1305_ctmul_run(key, sealed->nonce, plain, bytes, kl_seal_structure,
                          sizeof kl_seal_structure, tag, br_chacha20_ct_run, 0);
    for (uint32_t i = 0; i < KL_SEAL_TAG_BYTES; i++) { /* in the same time for any tag */
        different |= (uint32_t)(tag[i] ^ sealed->content[bytes + i]);
    }
    if (different) {
        memset(plain, 0, sealed->content_bytes);
        return KL_SEAL_FORGED;
    }
    return KL_SEAL_OK;
}
