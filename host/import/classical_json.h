/* SPDX-License-Identifier: Apache-2.0 */
/* Typed, bounded access to the JSON of a classical model. Private to host/import. */
#ifndef KINGLET_IMPORT_CLASSICAL_JSON_H
#define KINGLET_IMPORT_CLASSICAL_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

enum { CJ_PATH_BYTES = 96 };

/* A value and how one gets there ("model.trees[3].feature"), for messages. */
struct cj_value {
    const json_t *json;
    struct kl_arena *arena;
    struct kl_diag *diag;
    char path[CJ_PATH_BYTES];
};

/* "PATH: message" as KL_EINPUT. */
enum kl_err cj_fail(const struct cj_value *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Member `key` of an object; its json is NULL when it is absent. */
struct cj_value cj_member(const struct cj_value *object, const char *key);
struct cj_value cj_element(const struct cj_value *array, size_t index);

/* The same, and it must be there. */
enum kl_err cj_need(const struct cj_value *object, const char *key,
                    struct cj_value *member) KL_MUST_CHECK;

/* Fails on a member that is not in the list, which ends with NULL: a misspelt option must not
 * be ignored. */
enum kl_err cj_only(const struct cj_value *object, const char *const *known) KL_MUST_CHECK;

/* A whole number low .. high. */
enum kl_err cj_int(const struct cj_value *value, int64_t low, int64_t high,
                   int32_t *number) KL_MUST_CHECK;

/* A number that fits float32, rounded to the nearest. */
enum kl_err cj_float(const struct cj_value *value, float *number) KL_MUST_CHECK;

/* The number as it stands. */
enum kl_err cj_double(const struct cj_value *value, double *number) KL_MUST_CHECK;

/* Text that is one of `words` (ends with NULL); *index gets its place, 0 when it is absent. */
enum kl_err cj_word(const struct cj_value *object, const char *key, const char *const *words,
                    int32_t *index) KL_MUST_CHECK;

/* true or false; false when it is absent. */
enum kl_err cj_flag(const struct cj_value *object, const char *key, bool *flag) KL_MUST_CHECK;

/* An array of 1 .. `limit` elements. */
enum kl_err cj_array(const struct cj_value *value, int32_t limit, int32_t *count) KL_MUST_CHECK;

/* An array of exactly `count` floats, in the arena. */
enum kl_err cj_vector(const struct cj_value *value, int32_t count, float **numbers) KL_MUST_CHECK;

/* An array of 1 .. `limit` arrays of exactly `columns` floats each. */
enum kl_err cj_matrix(const struct cj_value *value, int32_t limit, int32_t columns, int32_t *rows,
                      float **numbers) KL_MUST_CHECK;

#endif
