/* SPDX-License-Identifier: Apache-2.0 */
#include "import/classical_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum kl_err cj_fail(const struct cj_value *value, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kl_fail(value->diag, KL_EINPUT, "%s: %s", value->path[0] ? value->path : "file", text);
}

struct cj_value cj_member(const struct cj_value *object, const char *key)
{
    struct cj_value member = {json_object_get(object->json, key), object->arena, object->diag, ""};
    snprintf(member.path, sizeof member.path, "%.70s%s%.20s", object->path,
             object->path[0] ? "." : "", key);
    return member;
}

struct cj_value cj_element(const struct cj_value *array, size_t index)
{
    struct cj_value element = {json_array_get(array->json, index), array->arena, array->diag, ""};
    snprintf(element.path, sizeof element.path, "%.70s[%zu]", array->path, index);
    return element;
}

enum kl_err cj_need(const struct cj_value *object, const char *key, struct cj_value *member)
{
    *member = cj_member(object, key);
    return member->json ? KL_OK : cj_fail(member, "is missing");
}

static bool is_among(const char *key, const char *const *known)
{
    for (; *known; known++) {
        if (strcmp(key, *known) == 0) {
            return true;
        }
    }
    return false;
}

enum kl_err cj_only(const struct cj_value *object, const char *const *known)
{
    if (!json_is_object(object->json)) {
        return cj_fail(object, "must be an object");
    }
    json_t *json = (json_t *)object->json; /* jansson's iterators change nothing */
    for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
        const char *key = json_object_iter_key(i);
        if (!is_among(key, known)) {
            return cj_fail(object, "has no member '%.60s'; see docs/spec/classical-model.md", key);
        }
    }
    return KL_OK;
}

enum kl_err cj_int(const struct cj_value *value, int64_t low, int64_t high, int32_t *number)
{
    json_int_t found = json_integer_value(value->json);
    if (!json_is_integer(value->json) || found < low || found > high) {
        return cj_fail(value, "must be a whole number of %lld to %lld", (long long)low,
                       (long long)high);
    }
    *number = (int32_t)found;
    return KL_OK;
}

enum kl_err cj_double(const struct cj_value *value, double *number)
{
    *number = json_number_value(value->json);
    return json_is_number(value->json) ? KL_OK : cj_fail(value, "must be a number");
}

enum kl_err cj_float(const struct cj_value *value, float *number)
{
    double found;
    KL_TRY(cj_double(value, &found));
    *number = (float)found;
    return isfinite(*number) ? KL_OK : cj_fail(value, "%g does not fit float32", found);
}

enum kl_err cj_word(const struct cj_value *object, const char *key, const char *const *words,
                    int32_t *index)
{
    struct cj_value value = cj_member(object, key);
    char list[160] = "";
    size_t used = 0;
    *index = 0;
    if (!value.json) {
        return KL_OK;
    }
    for (int32_t i = 0; words[i]; i++) {
        if (json_is_string(value.json) && strcmp(json_string_value(value.json), words[i]) == 0) {
            *index = i;
            return KL_OK;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    return cj_fail(&value, "must be one of: %s", list);
}

enum kl_err cj_flag(const struct cj_value *object, const char *key, bool *flag)
{
    struct cj_value value = cj_member(object, key);
    *flag = json_is_true(value.json);
    return !value.json || json_is_boolean(value.json) ? KL_OK
                                                      : cj_fail(&value, "must be true or false");
}

enum kl_err cj_array(const struct cj_value *value, int32_t limit, int32_t *count)
{
    size_t size = json_array_size(value->json);
    if (!json_is_array(value->json) || size < 1 || size > (size_t)limit) {
        return cj_fail(value, "must be a list of 1 to %d entries", limit);
    }
    *count = (int32_t)size;
    return KL_OK;
}

static enum kl_err read_floats(const struct cj_value *value, int32_t count, float *numbers)
{
    if (!json_is_array(value->json) || json_array_size(value->json) != (size_t)count) {
        return cj_fail(value, "must be a list of %d numbers", count);
    }
    for (int32_t i = 0; i < count; i++) {
        struct cj_value element = cj_element(value, (size_t)i);
        KL_TRY(cj_float(&element, &numbers[i]));
    }
    return KL_OK;
}

enum kl_err cj_vector(const struct cj_value *value, int32_t count, float **numbers)
{
    *numbers = KL_NEW(value->arena, float, (size_t)count);
    return *numbers ? read_floats(value, count, *numbers) : KL_FAIL_MEMORY(value->diag);
}

enum kl_err cj_matrix(const struct cj_value *value, int32_t limit, int32_t columns, int32_t *rows,
                      float **numbers)
{
    KL_TRY(cj_array(value, limit, rows));
    *numbers = KL_NEW(value->arena, float, (size_t)*rows *(size_t)columns);
    if (!*numbers) {
        return KL_FAIL_MEMORY(value->diag);
    }
    for (int32_t i = 0; i < *rows; i++) {
        struct cj_value row = cj_element(value, (size_t)i);
        KL_TRY(read_floats(&row, columns, *numbers + (size_t)i * (size_t)columns));
    }
    return KL_OK;
}
