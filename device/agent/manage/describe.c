/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/manage/describe.h"

#include <string.h>

enum { VERSION_BYTES = 32 };

void describe_bool(struct kl_cbor_writer *response, const char *name, bool value)
{
    kl_cbor_put_text(response, name);
    kl_cbor_put_bool(response, value);
}

void describe_number(struct kl_cbor_writer *response, const char *name, uint32_t value)
{
    kl_cbor_put_text(response, name);
    kl_cbor_put_uint(response, value);
}

/* Decimal digits of a number, behind `text`; returns where they end. */
static char *put_number(char *text, uint32_t number)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *text++ = digits[--count];
    }
    return text;
}

void describe_version(struct kl_cbor_writer *response, const struct kl_image_version *v)
{
    char text[VERSION_BYTES];
    const uint32_t numbers[] = {v->major, v->minor, v->revision, v->build};
    char *at = text;
    for (int i = 0; i < (v->build ? 4 : 3); i++) {
        if (i > 0) {
            *at++ = '.';
        }
        at = put_number(at, numbers[i]);
    }
    kl_cbor_put_text(response, "version");
    kl_cbor_put_text_bytes(response, text, (uint32_t)(at - text));
}

bool describe_hash(const struct kl_image *image, uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    struct kl_tlv tlv;
    return kl_image_find(image, KL_TLV_SHA256, false, &tlv) == KL_IMAGE_OK &&
           tlv.bytes == KL_IMAGE_HASH_BYTES &&
           kl_area_read(image->area, tlv.offset, hash, tlv.bytes) == KL_FLASH_OK;
}

bool describe_is_hash(const struct kl_image *image, const uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    uint8_t stated[KL_IMAGE_HASH_BYTES];
    return describe_hash(image, stated) && memcmp(stated, hash, sizeof stated) == 0;
}

enum kl_smp_rc describe_refusal(struct kl_cbor_writer *response, int why)
{
    kl_cbor_put_map(response, 2);
    kl_cbor_put_text(response, "rc");
    kl_cbor_put_uint(response, KL_SMP_RC_DENIED);
    kl_cbor_put_text(response, "why");
    kl_cbor_put_int(response, why);
    return KL_SMP_RC_OK;
}
