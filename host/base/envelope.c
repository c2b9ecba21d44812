/* SPDX-License-Identifier: Apache-2.0 */
#include "base/envelope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kl_result_init(struct kl_result *result, const char *command)
{
    result->root = json_pack("{s:s, s:{s:s, s:s}, s:s, s:b, s:[], s:{}}", "schema",
                             "kinglet.result/1", "tool", "name", "kinglet", "version",
                             KINGLET_VERSION, "command", command, "ok", 1, "inputs", "metrics");
}

void kl_result_free(struct kl_result *result)
{
    json_decref(result->root);
    result->root = NULL;
}

/* `of`: what the hash is of; NULL: the bytes of the file. */
static void add_input(struct kl_result *result, const char *path, const char *sha256,
                      const char *of)
{
    /* "s" demands UTF-8; a path is any bytes, so what is not becomes an empty string. */
    json_t *name = json_string(path);
    json_t *entry = json_pack("{s:o, s:s, s:s*}", "path", name ? name : json_string(""), "sha256",
                              sha256, "of", of);
    json_array_append_new(json_object_get(result->root, "inputs"), entry);
}

void kl_result_input(struct kl_result *result, const char *path, const char *sha256)
{
    add_input(result, path, sha256, NULL);
}

void kl_result_data(struct kl_result *result, const char *path, const char *sha256)
{
    add_input(result, path, sha256, "data set");
}

/* In the order of enum kl_provenance. */
static const char *const provenances[] = {"measured",  "counted",   "modelled",
                                          "datasheet", "estimated", "stated"};

enum kl_provenance kl_provenance_named(const char *word)
{
    for (int i = 0; i <= KL_STATED; i++) {
        if (strcmp(provenances[i], word) == 0) {
            return (enum kl_provenance)i;
        }
    }
    return KL_ESTIMATED;
}

void kl_result_metric(struct kl_result *result, const char *name, json_t *value, const char *unit,
                      enum kl_provenance provenance)
{
    json_t *metric = json_pack("{s:o, s:s, s:s}", "value", value, "unit", unit, "provenance",
                               provenances[provenance]);
    json_object_set_new(json_object_get(result->root, "metrics"), name, metric);
}

void kl_result_count(struct kl_result *result, const char *name, long long value, const char *unit,
                     enum kl_provenance provenance)
{
    kl_result_metric(result, name, json_integer(value), unit, provenance);
}

json_t *kl_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void kl_result_detail(struct kl_result *result, const char *name, json_t *value)
{
    json_object_set_new(result->root, name, value);
}

void kl_result_ok(struct kl_result *result, bool ok)
{
    json_object_set_new(result->root, "ok", json_boolean(ok));
}

bool kl_result_text(const struct kl_result *result, struct kl_buffer *text)
{
    char *dump = result->root ? json_dumps(result->root, JSON_INDENT(2)) : NULL;
    if (!dump) {
        return false;
    }
    kl_buffer_printf(text, "%s\n", dump);
    free(dump);
    return !text->failed;
}
