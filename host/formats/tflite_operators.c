/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tflite_operators.h"

#include <string.h>

#include "formats/tflite_schema.h"

/* What the column of versions in ops.def says of operators that are not builtin ones. */
enum { CUSTOM = -1, ABSENT = 0 };

/* By kind, from ops.def. */
static const struct {
    const char *name;
    int32_t version;
    uint8_t options;
} known[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, ...)                                                                      \
    [KL_OP_##kind] = {name, version, TFL_OPTIONS_##options},
#include "graph/ops.def"
#undef KL_OP
};

static const char *const builtin_names[] = {
#define TFL_BUILTIN(code, name) [code] = #name,
#include "formats/tflite_builtins.def"
#undef TFL_BUILTIN
};

enum { BUILTIN_COUNT = sizeof builtin_names / sizeof builtin_names[0] };

const char *tfl_builtin_name(int32_t code)
{
    return code >= 0 && code < BUILTIN_COUNT ? builtin_names[code] : NULL;
}

static enum kl_op_kind kind_of(const char *name, bool custom)
{
    for (int kind = 0; kind < KL_OP_KIND_COUNT; kind++) {
        int32_t version = known[kind].version;
        if ((custom ? version == CUSTOM : version > 0) && strcmp(known[kind].name, name) == 0) {
            return (enum kl_op_kind)kind;
        }
    }
    return KL_OP_UNKNOWN;
}

enum kl_op_kind tfl_kind(int32_t code)
{
    const char *name = tfl_builtin_name(code);
    return name ? kind_of(name, false) : KL_OP_UNKNOWN;
}

enum kl_op_kind tfl_custom_kind(const char *name)
{
    return kind_of(name, true);
}

static int32_t builtin_code(const char *name)
{
    for (int32_t code = 0; code < BUILTIN_COUNT; code++) {
        if (builtin_names[code] && strcmp(builtin_names[code], name) == 0) {
            return code;
        }
    }
    return -1;
}

bool tfl_code(enum kl_op_kind kind, int32_t *code, const char **custom)
{
    bool is_custom = known[kind].version == CUSTOM;
    *custom = is_custom ? known[kind].name : NULL;
    *code =
        known[kind].version == ABSENT ? -1 : builtin_code(is_custom ? "CUSTOM" : known[kind].name);
    return *code >= 0;
}

int32_t tfl_newest_version(enum kl_op_kind kind)
{
    int32_t version = known[kind].version;
    return version == CUSTOM ? 1 : version;
}

uint8_t tfl_options_of(enum kl_op_kind kind)
{
    return known[kind].options;
}
