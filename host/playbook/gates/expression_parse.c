/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent, one function per level of binding. */
#include <string.h>

#include "base/nearest.h"
#include "playbook/gates/expression_lex.h"

enum {
    MAX_DEPTH = 64,  /* of the tree: bounds the recursion here and in the evaluation */
    MAX_CALLS = 400, /* of nested parser functions: about seven levels for each bracket */
    MAX_ARGS = 16
};

struct parser {
    const char *text;
    struct kl_token token; /* not consumed yet */
    uint32_t last_end;     /* of the token before */
    uint32_t calls;
    struct kl_arena *arena;
    struct kl_diag *diag;
};

typedef const struct kl_node *node_t;

static enum kl_err parse_or(struct parser *p, node_t *node);
static enum kl_err parse_sign(struct parser *p, node_t *node);

static enum kl_err advance(struct parser *p)
{
    p->last_end = p->token.end;
    return kl_token_read(p->text, p->token.end, &p->token, p->diag);
}

static enum kl_err fail_at_token(const struct parser *p, const char *expected)
{
    return kl_expression_fail(
        p->text, p->token.begin, p->token.end, KL_EINPUT, p->diag, "expected %s%s", expected,
        p->token.kind == KL_TOKEN_END ? ", but the expression ends here" : "");
}

static enum kl_err too_deep(const struct parser *p, uint32_t begin)
{
    return kl_expression_fail(p->text, begin, p->token.end, KL_ELIMIT, p->diag,
                              "nested too deeply; split the gate into several");
}

/* A node over `args`; its bytes reach from `begin` to the last token. */
static enum kl_err make(struct parser *p, const struct kl_node *model, const node_t *args,
                        uint32_t count, node_t *node)
{
    struct kl_node *made = kl_arena_copy(p->arena, model, sizeof *model);
    node_t *copy = KL_NEW(p->arena, node_t, count);
    if (!made || !copy) {
        return KL_FAIL_MEMORY(p->diag);
    }
    made->end = p->last_end;
    made->depth = 1;
    made->args = copy;
    made->arg_count = count;
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = args[i];
        made->depth = args[i]->depth >= made->depth ? args[i]->depth + 1 : made->depth;
    }
    if (made->depth > MAX_DEPTH) {
        return too_deep(p, made->begin);
    }
    *node = made;
    return KL_OK;
}

static enum kl_err make_binary(struct parser *p, enum kl_node_kind kind, int op, node_t left,
                               node_t right, node_t *node)
{
    node_t args[2] = {left, right};
    struct kl_node model = {.kind = kind, .op = op, .begin = left->begin};
    return make(p, &model, args, 2, node);
}

/* The bytes of a token without `margin` at either side, as a string. */
static const char *token_text(struct parser *p, const struct kl_token *token, uint32_t margin)
{
    size_t length = token->end - token->begin - 2 * margin;
    return kl_arena_printf(p->arena, "%.*s", (int)length, p->text + token->begin + margin);
}

static enum kl_err parse_leaf(struct parser *p, node_t *node)
{
    struct kl_token token = p->token;
    struct kl_node model = {.begin = token.begin, .number = token.number};
    if (token.kind == KL_TOKEN_NUMBER) {
        model.kind = KL_NODE_NUMBER;
    } else if (token.kind == KL_TOKEN_TRUE || token.kind == KL_TOKEN_FALSE) {
        model.kind = KL_NODE_TRUTH;
        model.truth = token.kind == KL_TOKEN_TRUE;
    } else if (token.kind == KL_TOKEN_TEXT || token.kind == KL_TOKEN_NAME) {
        model.kind = token.kind == KL_TOKEN_TEXT ? KL_NODE_TEXT : KL_NODE_NAME;
        model.text = token_text(p, &token, token.kind == KL_TOKEN_TEXT ? 1 : 0);
        if (!model.text) {
            return KL_FAIL_MEMORY(p->diag);
        }
    } else {
        return fail_at_token(p, "a number, a text, a name or '('");
    }
    KL_TRY(advance(p));
    return make(p, &model, NULL, 0, node);
}

static enum kl_err expect(struct parser *p, enum kl_token_kind kind, const char *expected)
{
    return p->token.kind == kind ? advance(p) : fail_at_token(p, expected);
}

static enum kl_err parse_brackets(struct parser *p, node_t *node)
{
    uint32_t begin = p->token.begin;
    KL_TRY(advance(p));
    KL_TRY(parse_or(p, node));
    KL_TRY(expect(p, KL_TOKEN_CLOSE, "')' or an operator"));
    /* The brackets belong to what messages quote. */
    struct kl_node model = **node;
    model.begin = begin;
    return make(p, &model, (*node)->args, (*node)->arg_count, node);
}

struct function {
    const char *name;
    uint32_t least, most; /* arguments */
};

/* By enum kl_function. */
static const struct function functions[KL_CALL_COUNT] = {
    [KL_CALL_ABS] = {"abs", 1, 1},
    [KL_CALL_CEIL] = {"ceil", 1, 1},
    [KL_CALL_EXISTS] = {"exists", 1, 1},
    [KL_CALL_FLOOR] = {"floor", 1, 1},
    [KL_CALL_LOG10] = {"log10", 1, 1},
    [KL_CALL_LOWER] = {"lower", 2, 2},
    [KL_CALL_MAX] = {"max", 1, MAX_ARGS},
    [KL_CALL_MIN] = {"min", 1, MAX_ARGS},
    [KL_CALL_PROVENANCE] = {"provenance", 1, 1},
    [KL_CALL_ROUND] = {"round", 1, 1},
    [KL_CALL_SQRT] = {"sqrt", 1, 1},
    [KL_CALL_UPPER] = {"upper", 2, 2},
};

static enum kl_err find_function(struct parser *p, const char *name, int *op)
{
    const char *names[KL_CALL_COUNT];
    for (int i = 0; i < KL_CALL_COUNT; i++) {
        names[i] = functions[i].name;
        if (strcmp(name, names[i]) == 0) {
            *op = i;
            return KL_OK;
        }
    }
    const char *near = kl_nearest(name, names, KL_CALL_COUNT);
    return kl_expression_fail(p->text, p->token.begin, p->token.end, KL_EINPUT, p->diag,
                              "there is no such function; %s%s%s", near ? "did you mean '" : "",
                              near ? near
                                   : "known: min max abs sqrt round floor ceil log10 "
                                     "lower upper exists provenance",
                              near ? "'?" : "");
}

static enum kl_err parse_arguments(struct parser *p, node_t *args, uint32_t *count)
{
    KL_TRY(expect(p, KL_TOKEN_OPEN, "'('"));
    *count = 0;
    bool more = p->token.kind != KL_TOKEN_CLOSE;
    while (more) {
        if (*count == MAX_ARGS) {
            return kl_expression_fail(p->text, p->token.begin, p->token.end, KL_ELIMIT, p->diag,
                                      "a function takes at most %d values", MAX_ARGS);
        }
        KL_TRY(parse_or(p, &args[(*count)++]));
        more = p->token.kind == KL_TOKEN_COMMA;
        if (more) {
            KL_TRY(advance(p));
        }
    }
    return expect(p, KL_TOKEN_CLOSE, "',' or ')'");
}

static enum kl_err parse_call(struct parser *p, node_t *node)
{
    struct kl_node model = {.kind = KL_NODE_CALL, .begin = p->token.begin};
    model.text = token_text(p, &p->token, 0);
    if (!model.text) {
        return KL_FAIL_MEMORY(p->diag);
    }
    KL_TRY(find_function(p, model.text, &model.op));
    node_t args[MAX_ARGS];
    uint32_t count;
    KL_TRY(advance(p));
    KL_TRY(parse_arguments(p, args, &count));
    const struct function *function = &functions[model.op];
    if (count < function->least || count > function->most) {
        return kl_expression_fail(p->text, model.begin, p->last_end, KL_EINPUT, p->diag,
                                  "%s takes %u value%s%s, not %u", function->name, function->least,
                                  function->least == 1 ? "" : "s",
                                  function->most > function->least ? " or more" : "", count);
    }
    bool wants_name = model.op == KL_CALL_EXISTS || model.op == KL_CALL_PROVENANCE;
    if (wants_name && args[0]->kind != KL_NODE_NAME) {
        return kl_expression_fail(p->text, args[0]->begin, args[0]->end, KL_EINPUT, p->diag,
                                  "%s takes the name of a metric or field", function->name);
    }
    return make(p, &model, args, count, node);
}

static enum kl_err parse_primary(struct parser *p, node_t *node)
{
    switch (p->token.kind) {
    case KL_TOKEN_OPEN: return parse_brackets(p, node);
    case KL_TOKEN_CALL: return parse_call(p, node);
    default: return parse_leaf(p, node);
    }
}

/* `not` and the sign: one operand, possibly again with the same in front. */
static enum kl_err parse_prefix(struct parser *p, enum kl_node_kind kind,
                                enum kl_err (*operand)(struct parser *, node_t *), node_t *node)
{
    struct kl_node model = {.kind = kind, .begin = p->token.begin};
    node_t arg;
    KL_TRY(advance(p));
    KL_TRY(operand(p, &arg));
    return make(p, &model, &arg, 1, node);
}

static enum kl_err parse_sign(struct parser *p, node_t *node)
{
    if (++p->calls > MAX_CALLS) {
        return too_deep(p, p->token.begin);
    }
    enum kl_err err = p->token.kind == KL_TOKEN_MINUS
                          ? parse_prefix(p, KL_NODE_NEGATE, parse_sign, node)
                          : parse_primary(p, node);
    p->calls--;
    return err;
}

static enum kl_err parse_product(struct parser *p, node_t *node)
{
    KL_TRY(parse_sign(p, node));
    while (p->token.kind == KL_TOKEN_TIMES || p->token.kind == KL_TOKEN_OVER) {
        enum kl_node_kind kind =
            p->token.kind == KL_TOKEN_TIMES ? KL_NODE_MULTIPLY : KL_NODE_DIVIDE;
        node_t right;
        KL_TRY(advance(p));
        KL_TRY(parse_sign(p, &right));
        KL_TRY(make_binary(p, kind, 0, *node, right, node));
    }
    return KL_OK;
}

static enum kl_err parse_sum(struct parser *p, node_t *node)
{
    KL_TRY(parse_product(p, node));
    while (p->token.kind == KL_TOKEN_PLUS || p->token.kind == KL_TOKEN_MINUS) {
        enum kl_node_kind kind = p->token.kind == KL_TOKEN_PLUS ? KL_NODE_ADD : KL_NODE_SUBTRACT;
        node_t right;
        KL_TRY(advance(p));
        KL_TRY(parse_product(p, &right));
        KL_TRY(make_binary(p, kind, 0, *node, right, node));
    }
    return KL_OK;
}

static enum kl_err parse_comparison(struct parser *p, node_t *node)
{
    KL_TRY(parse_sum(p, node));
    if (p->token.kind != KL_TOKEN_COMPARE) {
        return KL_OK;
    }
    int op = p->token.op;
    node_t right;
    KL_TRY(advance(p));
    KL_TRY(parse_sum(p, &right));
    KL_TRY(make_binary(p, KL_NODE_COMPARE, op, *node, right, node));
    if (p->token.kind == KL_TOKEN_COMPARE) {
        return kl_expression_fail(p->text, (*node)->begin, p->token.end, KL_EINPUT, p->diag,
                                  "comparisons cannot be chained; write 'a < b and b < c'");
    }
    return KL_OK;
}

static enum kl_err parse_not(struct parser *p, node_t *node)
{
    if (++p->calls > MAX_CALLS) {
        return too_deep(p, p->token.begin);
    }
    enum kl_err err = p->token.kind == KL_TOKEN_NOT ? parse_prefix(p, KL_NODE_NOT, parse_not, node)
                                                    : parse_comparison(p, node);
    p->calls--;
    return err;
}

static enum kl_err parse_and(struct parser *p, node_t *node)
{
    KL_TRY(parse_not(p, node));
    while (p->token.kind == KL_TOKEN_AND) {
        node_t right;
        KL_TRY(advance(p));
        KL_TRY(parse_not(p, &right));
        KL_TRY(make_binary(p, KL_NODE_AND, 0, *node, right, node));
    }
    return KL_OK;
}

static enum kl_err parse_or(struct parser *p, node_t *node)
{
    KL_TRY(parse_and(p, node));
    while (p->token.kind == KL_TOKEN_OR) {
        node_t right;
        KL_TRY(advance(p));
        KL_TRY(parse_and(p, &right));
        KL_TRY(make_binary(p, KL_NODE_OR, 0, *node, right, node));
    }
    return KL_OK;
}

static enum kl_err parse_all(struct parser *p, node_t *root)
{
    KL_TRY(kl_token_read(p->text, 0, &p->token, p->diag));
    if (p->token.kind == KL_TOKEN_END) {
        return kl_fail(p->diag, KL_EINPUT,
                       "the expression is empty; write a condition such as "
                       "accuracy.test >= 0.95");
    }
    KL_TRY(parse_or(p, root));
    if (p->token.kind != KL_TOKEN_END) {
        return fail_at_token(p, "an operator or the end");
    }
    return KL_OK;
}

/* Adds the names below `node` that are not there yet; at most `most` fit. */
static void collect_names(const struct kl_node *node, const char **names, size_t most,
                          size_t *count)
{
    if (node->kind == KL_NODE_NAME) {
        for (size_t i = 0; i < *count; i++) {
            if (strcmp(names[i], node->text) == 0) {
                return;
            }
        }
        if (*count < most) {
            names[(*count)++] = node->text;
        }
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        collect_names(node->args[i], names, most, count);
    }
}

enum kl_err kl_expression_parse(const char *text, struct kl_arena *arena,
                                const struct kl_expression **expression, struct kl_diag *diag)
{
    size_t length = strlen(text);
    if (length > KL_EXPRESSION_BYTES) {
        return kl_fail(diag, KL_ELIMIT,
                       "the expression has %zu bytes, %d are allowed; split it into several",
                       length, KL_EXPRESSION_BYTES);
    }
    struct parser p = {
        .text = kl_arena_copy(arena, text, length + 1), .arena = arena, .diag = diag};
    struct kl_expression *made = KL_NEW(arena, struct kl_expression, 1);
    size_t most = length / 2 + 1; /* a name and a sign between two take two bytes at least */
    const char **names = KL_NEW(arena, const char *, most);
    if (!p.text || !made || !names) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(parse_all(&p, &made->root));
    made->text = p.text;
    made->names = names;
    collect_names(made->root, names, most, &made->name_count);
    *expression = made;
    return KL_OK;
}
