/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed images in a flash area: the format of MCUboot, for firmware, model packs, key sets and
 * patches alike. docs/spec/image.md describes the bytes; sources: MCUboot, docs/design.md and
 * boot/bootutil/include/bootutil/image.h.
 *
 *     header | body | protected TLVs | TLVs                       ... trailer at the end of a slot
 *
 * Nothing here trusts the bytes: kl_image_open checks that all parts lie in the area, and the walk
 * over TLVs that each entry lies in its part. Whether an image is genuine is for kinglet/verify.h.
 */
#ifndef KINGLET_IMAGE_H
#define KINGLET_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/flash.h"

enum {
    KL_IMAGE_MAGIC_LOW = 0xb83d, /* the magic is 0x96f3b83d */
    KL_IMAGE_MAGIC_HIGH = 0x96f3,
    KL_IMAGE_HEADER_BYTES = 32, /* that have a meaning; header_bytes may be more */
    KL_IMAGE_TLV_MAGIC = 0x6907,
    KL_IMAGE_PROTECTED_MAGIC = 0x6908,
    KL_IMAGE_TLV_INFO_BYTES = 4,
    KL_IMAGE_TLV_HEAD_BYTES = 4,
    KL_IMAGE_HASH_BYTES = 32,
    KL_IMAGE_UUID_BYTES = 16,
    KL_IMAGE_TEXT_MAX = 64 /* bytes of a board's or an image's name */
};

/* Flags of the header. */
enum {
    KL_IMAGE_ENCRYPTED_AES128 = 0x4,
    KL_IMAGE_ENCRYPTED_AES256 = 0x8,
    KL_IMAGE_NON_BOOTABLE = 0x10, /* what is no firmware */
};

/* Types of TLVs. */
enum kl_tlv_type {
    KL_TLV_KEYHASH = 0x01, /* SHA-256 of the signer's SubjectPublicKeyInfo */
    KL_TLV_SHA256 = 0x10,  /* of header, body and protected TLVs */
    KL_TLV_ECDSA = 0x22,   /* signature of that hash, as ASN.1 */
    KL_TLV_ENC_EC256 = 0x32,
    KL_TLV_DEPENDENCY = 0x40,
    KL_TLV_SECURITY_COUNTER = 0x50, /* u32 */
    KL_TLV_VENDOR_UUID = 0x74,      /* 16 bytes */
    KL_TLV_CLASS_UUID = 0x75,       /* 16 bytes: the product */
    /* Of kinglet, in the range that is free for vendors, and protected: */
    KL_TLV_BOARD = 0x4ba0,      /* text, at most KL_IMAGE_TEXT_MAX bytes */
    KL_TLV_KIND = 0x4ba1,       /* u8, enum kl_image_kind */
    KL_TLV_ENGINE = 0x4ba2,     /* u16 ABI, then a bit for each kernel id: had, or needed */
    KL_TLV_SELF_TEST = 0x4ba3,  /* u32 offset in the body, u32 bytes */
    KL_TLV_NAME = 0x4ba4,       /* text, at most KL_IMAGE_TEXT_MAX bytes */
    KL_TLV_MADE = 0x4ba5,       /* u64, seconds since 1970-01-01 UTC */
    KL_TLV_DELTA_BASE = 0x4ba6, /* SHA-256 of the image that a patch applies to */
};

enum kl_image_kind { KL_IMAGE_FIRMWARE = 1, KL_IMAGE_MODEL = 2, KL_IMAGE_KEYS = 3 };

enum kl_image_error {
    KL_IMAGE_OK = 0,
    KL_IMAGE_READ = -16,      /* the flash cannot be read */
    KL_IMAGE_NONE = -17,      /* the area holds no image: another magic */
    KL_IMAGE_HEADER = -18,    /* sizes in the header make no sense */
    KL_IMAGE_TRUNCATED = -19, /* image or TLVs reach beyond the area */
    KL_IMAGE_TLV = -20,       /* a TLV area or an entry is malformed */
    KL_IMAGE_ABSENT = -21,    /* there is no such TLV */
};

struct kl_image_version {
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build;
};

struct kl_image_header {
    uint32_t load_address;
    uint16_t header_bytes;    /* from the start of the image to its body */
    uint16_t protected_bytes; /* of the protected TLVs with their info; 0: there are none */
    uint32_t body_bytes;
    uint32_t flags;
    struct kl_image_version version;
};

/* An image in an area. Offsets count from the start of the area, and all parts lie in it. */
struct kl_image {
    const struct kl_flash_area *area;
    struct kl_image_header header;
    uint32_t hashed_bytes; /* header, body and protected TLVs: what the hash covers, from 0 on */
    uint32_t tlv_bytes;    /* of the other TLVs, with their info, from hashed_bytes on */
};

/* An entry of a TLV area: its content lies at `offset` of the image's area. */
struct kl_tlv {
    uint16_t type;
    uint16_t bytes;
    uint32_t offset;
};

/* Bytes of an image with everything, which is at most the area's size. */
static inline uint32_t kl_image_bytes(const struct kl_image *image)
{
    return image->hashed_bytes + image->tlv_bytes;
}

/* Read 32 bytes as a header. KL_IMAGE_NONE, KL_IMAGE_HEADER. */
int kl_image_header_read(const uint8_t bytes[KL_IMAGE_HEADER_BYTES],
                         struct kl_image_header *header);
void kl_image_header_write(uint8_t bytes[KL_IMAGE_HEADER_BYTES],
                           const struct kl_image_header *header);

/* Find the image at the start of an area, and check that all its TLVs are well-formed. 0, or an
 * enum kl_image_error. */
int kl_image_open(const struct kl_flash_area *area, struct kl_image *image);

/*
 * Walk over the TLVs, protected ones first: start with *tlv zeroed, and call until it returns
 * KL_IMAGE_ABSENT. 0, KL_IMAGE_ABSENT at the end, or another error.
 */
int kl_image_next_tlv(const struct kl_image *image, struct kl_tlv *tlv);

/*
 * The first entry of a type. With `is_protected` only those count that the hash covers, without
 * only the others: what must not be taken from an attacker is asked for in the protected part. 0,
 * KL_IMAGE_ABSENT, or another error.
 */
int kl_image_find(const struct kl_image *image, uint16_t type, bool is_protected,
                  struct kl_tlv *tlv);

/* The content of the first protected entry of a type, which has exactly `bytes` bytes. KL_IMAGE_TLV
 * for another length. */
int kl_image_get(const struct kl_image *image, uint16_t type, void *data, uint32_t bytes);

/* Versions in order: negative, 0 or positive as in memcmp. `build` does not count. */
int kl_image_version_compare(const struct kl_image_version *a, const struct kl_image_version *b);

#endif
