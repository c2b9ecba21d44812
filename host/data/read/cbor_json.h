/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR as the JSON that says the same. */
#ifndef KINGLET_DATA_CBOR_JSON_H
#define KINGLET_DATA_CBOR_JSON_H

#include <jansson.h>

#include "base/diag.h"
#include "base/file.h"

/* At most 64 MiB, 32 levels and 2^24 items. Byte strings and undefined become null, tags are passed
 * over, maps have text keys; arrays and maps may have an indefinite length. *json is a new
 * reference. */
enum kl_err cbor_json(struct kl_bytes file, json_t **json, struct kl_diag *diag) KL_MUST_CHECK;

#endif
