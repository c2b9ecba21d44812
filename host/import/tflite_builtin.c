/* SPDX-License-Identifier: Apache-2.0 */
/* Operators by their codes and names in files. */
#include <string.h>

#include "import/tflite_import.h"

/* What the column of versions in ops.def says of operators that are not builtin ones. */
enum { CUSTOM = -1, ABSENT = 0 };

/* By kind, from ops.def. */
static const struct {
    const char *name;
    int32_t version;
} known[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              ...)                                                                               \
    [KL_OP_##kind] = {name, version},
#include "graph/ops.def"
#undef KL_OP
};

static const char *const builtin_names[] = {
#define TFL_BUILTIN(code, name) [code] = #name,
#include "import/tflite_builtins.def"
#undef TFL_BUILTIN
};

const char *tfl_builtin_name(int32_t code)
{
    size_t count = sizeof builtin_names / sizeof builtin_names[0];
    return code >= 0 && (size_t)code < count ? builtin_names[code] : NULL;
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

int32_t tfl_newest_version(enum kl_op_kind kind)
{
    int32_t version = known[kind].version;
    return version == CUSTOM ? 1 : version;
}
