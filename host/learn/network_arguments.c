/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of layers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/network_internal.h"

enum kl_err kl_layer_fail(const struct layer *layer, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return kl_yaml_fail(layer->node, layer->b->diag, "%.60s: %s", layer->kind, text);
}

const struct kl_yaml *kl_layer_argument(const struct layer *layer, const char *name)
{
    const struct kl_yaml *node = kl_yaml_get(layer->args, name);
    bool is_main = layer->main_name && strcmp(layer->main_name, name) == 0;
    return node ? node : is_main ? layer->main : NULL;
}

static bool find_name(const struct scope *scope, const char *name, double *value)
{
    for (; scope; scope = scope->outer) {
        for (int32_t i = 0; i < scope->count; i++) {
            if (strcmp(scope->values[i].name, name) == 0) {
                *value = scope->values[i].value;
                return true;
            }
        }
    }
    return false;
}

enum kl_err kl_layer_number(const struct layer *layer, const struct kl_yaml *node, double *value)
{
    const char *text = kl_yaml_text(node, "");
    char *end;
    if (find_name(layer->scope, text, value)) {
        return KL_OK;
    }
    *value = strtod(text, &end);
    if (!text[0] || *end || !isfinite(*value)) {
        return kl_layer_fail(layer, "'%.60s' is neither a number nor a parameter of this text",
                             node->kind == KL_YAML_SCALAR ? text : "a list or map");
    }
    return KL_OK;
}

static enum kl_err whole(const struct layer *layer, const char *name, const struct kl_yaml *node,
                         int32_t low, int32_t high, int32_t *value)
{
    double number;
    KL_TRY(kl_layer_number(layer, node, &number));
    if (number < low || number > high || number != floor(number)) {
        return kl_layer_fail(layer, "%s is %g; it must be a whole number from %d to %d", name,
                             number, low, high);
    }
    *value = (int32_t)number;
    return KL_OK;
}

enum kl_err kl_layer_whole(const struct layer *layer, const char *name, int32_t low, int32_t high,
                           int32_t *value)
{
    const struct kl_yaml *node = kl_layer_argument(layer, name);
    return node ? whole(layer, name, node, low, high, value) : KL_OK;
}

enum kl_err kl_layer_pair(const struct layer *layer, const char *name, int32_t low, int32_t high,
                          int32_t value[2])
{
    const struct kl_yaml *node = kl_layer_argument(layer, name);
    if (!node) {
        return KL_OK;
    }
    if (node->kind != KL_YAML_LIST) {
        KL_TRY(whole(layer, name, node, low, high, &value[0]));
        value[1] = value[0];
        return KL_OK;
    }
    if (node->count != 2) {
        return kl_layer_fail(layer, "%s must be one number, or a list of height and width", name);
    }
    KL_TRY(whole(layer, name, node->items[0], low, high, &value[0]));
    return whole(layer, name, node->items[1], low, high, &value[1]);
}

enum kl_err kl_layer_real(const struct layer *layer, const char *name, double low, double high,
                          float *value)
{
    const struct kl_yaml *node = kl_layer_argument(layer, name);
    double number;
    if (!node) {
        return KL_OK;
    }
    KL_TRY(kl_layer_number(layer, node, &number));
    if (!(number >= low && number < high)) {
        return kl_layer_fail(layer, "%s is %g; it must be at least %g and below %g", name, number,
                             low, high);
    }
    *value = (float)number;
    return KL_OK;
}

enum kl_err kl_layer_flag(const struct layer *layer, const char *name, bool *value)
{
    const struct kl_yaml *node = kl_layer_argument(layer, name);
    if (node && !kl_yaml_flag(node, value)) {
        return kl_layer_fail(layer, "%s must be true or false", name);
    }
    return KL_OK;
}

enum kl_err kl_layer_word(const struct layer *layer, const char *name, const char *const *words,
                          int32_t count, int32_t *value)
{
    const struct kl_yaml *node = kl_layer_argument(layer, name);
    const char *text = kl_yaml_text(node, "");
    if (!node) {
        return KL_OK;
    }
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *value = i;
            return KL_OK;
        }
    }
    return kl_layer_fail(layer, "%s is '%.40s'; known are %s and %s", name, text, words[0],
                         words[1]);
}
