/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/image.h"

#include "update/bytes.h"

int kl_image_header_read(const uint8_t bytes[KL_IMAGE_HEADER_BYTES], struct kl_image_header *header)
{
    if (kl_get_u16(bytes) != KL_IMAGE_MAGIC_LOW || kl_get_u16(bytes + 2) != KL_IMAGE_MAGIC_HIGH) {
        return KL_IMAGE_NONE;
    }
    *header = (struct kl_image_header){
        .load_address = kl_get_u32(bytes + 4),
        .header_bytes = kl_get_u16(bytes + 8),
        .protected_bytes = kl_get_u16(bytes + 10),
        .body_bytes = kl_get_u32(bytes + 12),
        .flags = kl_get_u32(bytes + 16),
        .version = {bytes[20], bytes[21], kl_get_u16(bytes + 22), kl_get_u32(bytes + 24)},
    };
    return header->header_bytes < KL_IMAGE_HEADER_BYTES ? KL_IMAGE_HEADER : KL_IMAGE_OK;
}

void kl_image_header_write(uint8_t bytes[KL_IMAGE_HEADER_BYTES],
                           const struct kl_image_header *header)
{
    kl_put_u16(bytes, KL_IMAGE_MAGIC_LOW);
    kl_put_u16(bytes + 2, KL_IMAGE_MAGIC_HIGH);
    kl_put_u32(bytes + 4, header->load_address);
    kl_put_u16(bytes + 8, header->header_bytes);
    kl_put_u16(bytes + 10, header->protected_bytes);
    kl_put_u32(bytes + 12, header->body_bytes);
    kl_put_u32(bytes + 16, header->flags);
    bytes[20] = header->version.major;
    bytes[21] = header->version.minor;
    kl_put_u16(bytes + 22, header->version.revision);
    kl_put_u32(bytes + 24, header->version.build);
    kl_put_u32(bytes + 28, 0);
}

/* The info before a TLV area: its magic, and how long it is with the info. */
static int read_info(const struct kl_flash_area *area, uint32_t offset, uint16_t magic,
                     uint16_t *bytes)
{
    uint8_t info[KL_IMAGE_TLV_INFO_BYTES];
    int error = kl_area_read(area, offset, info, sizeof info);
    if (error) {
        return error == KL_FLASH_RANGE ? KL_IMAGE_TRUNCATED : KL_IMAGE_READ;
    }
    *bytes = kl_get_u16(info + 2);
    return kl_get_u16(info) == magic && *bytes >= sizeof info ? KL_IMAGE_OK : KL_IMAGE_TLV;
}

static int find_tlvs(struct kl_image *image)
{
    const struct kl_image_header *h = &image->header;
    uint32_t unprotected = h->header_bytes + h->body_bytes;
    uint16_t bytes;
    if (h->protected_bytes > 0) {
        int error = read_info(image->area, unprotected, KL_IMAGE_PROTECTED_MAGIC, &bytes);
        if (error) {
            return error;
        }
        if (bytes != h->protected_bytes) {
            return KL_IMAGE_TLV;
        }
    }
    image->hashed_bytes = unprotected + h->protected_bytes;
    int error = read_info(image->area, image->hashed_bytes, KL_IMAGE_TLV_MAGIC, &bytes);
    if (error) {
        return error;
    }
    image->tlv_bytes = bytes;
    return bytes > image->area->bytes - image->hashed_bytes ? KL_IMAGE_TRUNCATED : KL_IMAGE_OK;
}

/* First byte behind the TLV area in which `offset` lies. */
static uint32_t end_of_part(const struct kl_image *image, uint32_t offset)
{
    return offset < image->hashed_bytes ? image->hashed_bytes : kl_image_bytes(image);
}

static uint32_t first_entry(const struct kl_image *image)
{
    return image->hashed_bytes - image->header.protected_bytes + KL_IMAGE_TLV_INFO_BYTES;
}

int kl_image_next_tlv(const struct kl_image *image, struct kl_tlv *tlv)
{
    uint8_t head[KL_IMAGE_TLV_HEAD_BYTES];
    uint32_t at = tlv->offset ? tlv->offset + tlv->bytes : first_entry(image);
    if (at == image->hashed_bytes) {
        at += KL_IMAGE_TLV_INFO_BYTES;
    }
    if (at == kl_image_bytes(image)) {
        return KL_IMAGE_ABSENT;
    }
    uint32_t end = end_of_part(image, at);
    if (end - at < sizeof head) {
        return KL_IMAGE_TLV;
    }
    if (kl_area_read(image->area, at, head, sizeof head)) {
        return KL_IMAGE_READ;
    }
    *tlv = (struct kl_tlv){kl_get_u16(head), kl_get_u16(head + 2), at + (uint32_t)sizeof head};
    return tlv->bytes > end - tlv->offset ? KL_IMAGE_TLV : KL_IMAGE_OK;
}

/* Every entry lies in its part: so no search ends early at one that does not. */
static int check_entries(const struct kl_image *image)
{
    struct kl_tlv tlv = {0};
    int error;
    do {
        error = kl_image_next_tlv(image, &tlv);
    } while (!error);
    return error == KL_IMAGE_ABSENT ? KL_IMAGE_OK : error;
}

int kl_image_open(const struct kl_flash_area *area, struct kl_image *image)
{
    uint8_t bytes[KL_IMAGE_HEADER_BYTES];
    image->area = area;
    if (kl_area_read(area, 0, bytes, sizeof bytes)) {
        return KL_IMAGE_READ;
    }
    int error = kl_image_header_read(bytes, &image->header);
    if (error) {
        return error;
    }
    const struct kl_image_header *h = &image->header;
    /* Each below 2^32 by itself, so that the sum is taken where it cannot wrap. */
    uint64_t hashed = (uint64_t)h->header_bytes + h->body_bytes + h->protected_bytes;
    if (hashed + KL_IMAGE_TLV_INFO_BYTES > area->bytes) {
        return KL_IMAGE_TRUNCATED;
    }
    error = find_tlvs(image);
    return error ? error : check_entries(image);
}

int kl_image_find(const struct kl_image *image, uint16_t type, bool is_protected,
                  struct kl_tlv *tlv)
{
    int error;
    *tlv = (struct kl_tlv){0};
    do {
        error = kl_image_next_tlv(image, tlv);
    } while (!error && (tlv->type != type || (tlv->offset < image->hashed_bytes) != is_protected));
    return error;
}

int kl_image_get(const struct kl_image *image, uint16_t type, void *data, uint32_t bytes)
{
    struct kl_tlv tlv;
    int error = kl_image_find(image, type, true, &tlv);
    if (error) {
        return error;
    }
    if (tlv.bytes != bytes) {
        return KL_IMAGE_TLV;
    }
    return kl_area_read(image->area, tlv.offset, data, bytes) ? KL_IMAGE_READ : KL_IMAGE_OK;
}

int kl_image_version_compare(const struct kl_image_version *a, const struct kl_image_version *b)
{
    uint32_t x = (uint32_t)a->major << 24 | (uint32_t)a->minor << 16 | a->revision;
    uint32_t y = (uint32_t)b->major << 24 | (uint32_t)b->minor << 16 | b->revision;
    return (x > y) - (x < y);
}
