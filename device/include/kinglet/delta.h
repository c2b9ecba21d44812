/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delta updates: a patch turns the image in one slot into the next one in another slot, while the
 * patch comes in. docs/spec/delta.md describes the bytes.
 *
 *     kl_delta_begin(&delta, &base, &result);
 *     for each part of the patch, in order: kl_delta_feed(&delta, part, bytes);
 *
 * until KL_DELTA_DONE. The patch is not kept anywhere. It names the SHA-256 of the image that it
 * applies to, which is checked before anything is erased, and of the result, which is read back and
 * checked at the end. It is not signed: the result is, and whoever installs it verifies it
 * (kinglet/verify.h).
 *
 * After a lost link the patch goes on at kl_delta_received. After a power cut it begins anew, from
 * its first byte, and the flash tells how far it had come: a result is written in order, into
 * sectors that were erased from the last one down before, so that sectors in front of the first
 * erased one are done, but for the last of them. That one is erased again, with all behind it.
 * What stands in front of it is compared with what the patch says.
 *
 * Why no cut does harm: at each moment at most one sector holds bits that are neither erased nor
 * what was written, and may read differently each time. If it was being written, all behind it are
 * erased; if it was being erased, too. So it is the last one that is not erased, or, when it
 * reads as erased, the first one that is. Both are erased before anything is written.
 */
#ifndef KINGLET_DELTA_H
#define KINGLET_DELTA_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/flash.h"

enum {
    KL_DELTA_HEADER_BYTES = 80,
    KL_DELTA_HASH_BYTES = 32,
    KL_DELTA_RAM_MAX = 3072 /* struct kl_delta is no larger */
};

enum kl_delta_error {
    KL_DELTA_OK = 0,     /* more of the patch is wanted */
    KL_DELTA_DONE = 1,   /* the result is complete, and has the hash that the patch names */
    KL_DELTA_AREA = -80, /* areas are invalid, or they overlap */
    KL_DELTA_FLASH = -81,
    KL_DELTA_FORMAT = -82, /* not a patch, or one of another version */
    KL_DELTA_SIZE = -83,   /* base or result do not fit into their areas */
    KL_DELTA_BASE = -84,   /* the patch is for another image than the one here */
    KL_DELTA_RANGE = -85,  /* it reads outside of the base, or writes beyond the result */
    KL_DELTA_SHORT = -86,  /* it ends before the result does */
    KL_DELTA_LONG = -87,   /* it goes on behind its end */
    KL_DELTA_STALE = -88,  /* what lay there was of something else, and is erased: begin anew */
    KL_DELTA_RESULT = -89, /* the result has another hash than the patch names */
};

/* The adaptive probabilities of the coder: device/update/delta_model.h. */
enum {
    KL_DELTA_CHANGE_CONTEXTS = 16,
    KL_DELTA_VALUE_CONTEXTS = 2,
    KL_DELTA_NUMBERS = 3,
    KL_DELTA_NUMBER_BITS = 32
};
struct kl_delta_model {
    uint16_t change[KL_DELTA_CHANGE_CONTEXTS];
    uint16_t value[KL_DELTA_VALUE_CONTEXTS][256];
    uint16_t literal[256];
    uint16_t number[KL_DELTA_NUMBERS][KL_DELTA_NUMBER_BITS];
    uint8_t changed;   /* a bit for each copied byte before, the last one lowest: has it changed? */
    uint8_t values[2]; /* the last two differences, as zigzag numbers; 0 where nothing changed */
};

enum { KL_DELTA_INPUT_BYTES = 192, KL_DELTA_WINDOW_BYTES = 64, KL_DELTA_PAGE_BYTES = 256 };

/* All state; its members are for kl_delta_* alone. */
struct kl_delta {
    const struct kl_flash_area *base, *result;
    int error; /* once it is not 0, it stays */
    uint8_t phase;
    uint32_t base_bytes, result_bytes, patch_bytes;
    uint8_t result_hash[KL_DELTA_HASH_BYTES];
    uint32_t received; /* bytes of the patch, with its header */
    /* Input that is not decoded yet. */
    uint8_t input[KL_DELTA_INPUT_BYTES];
    uint32_t input_first, input_count, missing;
    /* The coder. */
    uint32_t range, code;
    struct kl_delta_model model;
    /* Where it is. */
    uint32_t left;                         /* bytes of the copy, or of the literal bytes */
    uint32_t base_at;                      /* next byte of the base */
    uint32_t written;                      /* bytes of the result in the flash */
    uint32_t trusted;                      /* bytes of the result that were there before */
    uint8_t window[KL_DELTA_WINDOW_BYTES]; /* of the base */
    uint32_t window_at, window_bytes;
    uint8_t page[KL_DELTA_PAGE_BYTES]; /* of the result */
    uint32_t page_bytes;
};

/*
 * Begin, or begin anew after a power cut. `base` holds the image that the patch applies to;
 * `result` is what is erased and written: the caller sees to it that nothing there is needed any
 * more. The areas live as long as the patch is applied. Nothing is erased yet. 0, or KL_DELTA_AREA.
 */
int kl_delta_begin(struct kl_delta *delta, const struct kl_flash_area *base,
                   const struct kl_flash_area *result);

/*
 * Take the next bytes of the patch. KL_DELTA_OK, KL_DELTA_DONE, or why it is refused; the same
 * again for each later call. The call that completes the header reads the base and erases sectors,
 * and the last one reads the result.
 */
int kl_delta_feed(struct kl_delta *delta, const void *bytes, uint32_t count);

/* Bytes of the patch taken so far: where a lost link goes on. */
uint32_t kl_delta_received(const struct kl_delta *delta);

#endif
