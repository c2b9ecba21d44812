/* SPDX-License-Identifier: Apache-2.0 */
/* Words of an expression; for its parser only. */
#ifndef KINGLET_PLAYBOOK_GATES_EXPRESSION_LEX_H
#define KINGLET_PLAYBOOK_GATES_EXPRESSION_LEX_H

#include "playbook/gates/expression_tree.h"

enum kl_token_kind {
    KL_TOKEN_END,
    KL_TOKEN_NUMBER, /* with its unit */
    KL_TOKEN_TEXT,
    KL_TOKEN_NAME,
    KL_TOKEN_CALL, /* a name with "(" right behind it; the bracket is the next token */
    KL_TOKEN_AND,
    KL_TOKEN_OR,
    KL_TOKEN_NOT,
    KL_TOKEN_TRUE,
    KL_TOKEN_FALSE,
    KL_TOKEN_COMPARE,
    KL_TOKEN_PLUS,
    KL_TOKEN_MINUS,
    KL_TOKEN_TIMES,
    KL_TOKEN_OVER,
    KL_TOKEN_OPEN,
    KL_TOKEN_CLOSE,
    KL_TOKEN_COMMA
};

struct kl_token {
    enum kl_token_kind kind;
    int op; /* COMPARE: enum kl_comparison */
    uint32_t begin, end;
    struct kl_value number;
};

/* The token at or after byte `at` of the NUL-terminated text. */
enum kl_err kl_token_read(const char *text, uint32_t at, struct kl_token *token,
                          struct kl_diag *diag) KL_MUST_CHECK;

#endif
