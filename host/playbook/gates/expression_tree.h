/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a parsed expression; shared by the parser and the evaluation only. */
#ifndef KINGLET_PLAYBOOK_GATES_EXPRESSION_TREE_H
#define KINGLET_PLAYBOOK_GATES_EXPRESSION_TREE_H

#include "playbook/expression.h"

enum kl_node_kind {
    KL_NODE_NUMBER,
    KL_NODE_TEXT,
    KL_NODE_TRUTH,
    KL_NODE_NAME,
    KL_NODE_NOT,
    KL_NODE_NEGATE,
    KL_NODE_AND,
    KL_NODE_OR,
    KL_NODE_COMPARE, /* op is one of enum kl_comparison */
    KL_NODE_ADD,
    KL_NODE_SUBTRACT,
    KL_NODE_MULTIPLY,
    KL_NODE_DIVIDE,
    KL_NODE_CALL /* op is one of enum kl_function */
};

/* In pairs of opposites, so that op ^ 1 is what holds when op does not. */
enum kl_comparison { KL_LESS, KL_NOT_LESS, KL_GREATER, KL_NOT_GREATER, KL_EQUAL, KL_NOT_EQUAL };

enum kl_function {
    KL_CALL_ABS,
    KL_CALL_CEIL,
    KL_CALL_EXISTS,
    KL_CALL_FLOOR,
    KL_CALL_LOG10,
    KL_CALL_LOWER,
    KL_CALL_MAX,
    KL_CALL_MIN,
    KL_CALL_PROVENANCE,
    KL_CALL_ROUND,
    KL_CALL_SQRT,
    KL_CALL_UPPER,
    KL_CALL_COUNT
};

struct kl_node {
    enum kl_node_kind kind;
    int op;
    uint32_t begin, end; /* of the sub-expression, in bytes of the text */
    uint32_t depth;      /* 1 for a leaf */
    struct kl_value number;
    const char *text; /* texts and names */
    bool truth;
    const struct kl_node *const *args;
    uint32_t arg_count;
};

struct kl_expression {
    const char *text;
    const struct kl_node *root;
    const char *const *names;
    size_t name_count;
};

/* 95 % and 0.95 differ in the last bit of a double: such a difference is none. */
bool kl_numbers_same(double a, double b);

/* "16.7 KiB <= 24 KiB": both numbers as people read them, and by how much they differ when they
 * would read alike. NULL: no memory. */
const char *kl_numbers_explain(struct kl_arena *arena, const char *currency, const char *sign,
                               struct kl_value a, struct kl_value b);

/* Record "column 14, 'latency < 3 kg': message" for the bytes from `begin` to `end`. */
enum kl_err kl_expression_fail(const char *text, uint32_t begin, uint32_t end, enum kl_err err,
                               struct kl_diag *diag, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#endif
