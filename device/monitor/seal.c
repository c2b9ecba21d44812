/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/seal.h"

#include <bearssl_block.h>
#include <string.h>

#include "kinglet/cbor.h"
#include "monitor/seal_form.h"

static void make_nonce(uint64_t number, uint8_t nonce[KL_SEAL_NONCE_BYTES])
{
    memset(nonce, 0, KL_SEAL_NONCE_BYTES);
    for (int i = KL_SEAL_NONCE_BYTES - 1; number > 0; i--, number >>= 8) {
        nonce[i] = (uint8_t)number;
    }
}

int kl_seal(const struct kl_seal_key *key, uint64_t number, const void *message, uint32_t bytes,
            uint8_t *sealed, uint32_t capacity, uint32_t *sealed_bytes)
{
    struct kl_cbor_writer writer = {sealed, capacity, 0, false};
    uint8_t nonce[KL_SEAL_NONCE_BYTES];
    make_nonce(number, nonce);
    if (bytes > capacity || capacity - bytes < KL_SEAL_TAG_BYTES) {
        return KL_SEAL_ROOM;
    }
    kl_cbor_put_tag(&writer, KL_SEAL_COSE_TAG);
    kl_cbor_put_array(&writer, 3);
    kl_cbor_put_bytes(&writer, kl_seal_protected, sizeof kl_seal_protected);
    kl_cbor_put_map(&writer, 2);
    kl_cbor_put_uint(&writer, KL_SEAL_LABEL_KEY_ID);
    kl_cbor_put_bytes(&writer, key->id, key->id_bytes);
    kl_cbor_put_uint(&writer, KL_SEAL_LABEL_IV);
    kl_cbor_put_bytes(&writer, nonce, sizeof nonce);
    uint8_t *content = kl_cbor_put_room(&writer, bytes + KL_SEAL_TAG_BYTES);
    if (!content) {
        return KL_SEAL_ROOM;
    }
    if (bytes > 0) {
        memcpy(content, message, bytes);
    }
    br_poly1305_ctmul_run(key->key, nonce, content, bytes, kl_seal_structure,
                          sizeof kl_seal_structure, content + bytes, br_chacha20_ct_run, 1);
    *sealed_bytes = writer.bytes;
    return KL_SEAL_OK;
}
