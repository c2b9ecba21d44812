/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a key set: docs/spec/keyset.md. */
#ifndef KINGLET_UPDATE_KEYSET_H
#define KINGLET_UPDATE_KEYSET_H

#include "kinglet/keyset.h"

enum {
    KL_KEY_SET_MAGIC_WORD = 0x534b4c4b, /* "KLKS" */
    KL_KEY_SET_HEAD_BYTES = 12,
    KL_KEY_ENTRY_BYTES = 100,
    KL_KEY_ID_AT = 4,
    KL_KEY_POINT_AT = 36,
    KL_KEY_SET_BODY_MAX = KL_KEY_SET_HEAD_BYTES + KL_KEY_SET_MAX * KL_KEY_ENTRY_BYTES
};

#endif
