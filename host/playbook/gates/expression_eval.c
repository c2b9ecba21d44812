/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the tree serves the check and the evaluation: it knows kinds and dimensions of
 * what has no value yet, as far as the expression tells them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/statistics.h"
#include "base/utf8.h"
#include "playbook/gates/expression_tree.h"

/* What a sub-expression gives. */
struct part {
    enum kl_operand_kind kind; /* NONE: not known */
    bool missing;              /* no value yet; `why` says why */
    bool dimensioned;          /* number: the dimension is known */
    bool share;                /* number: between 0 and 1 by its definition */
    struct kl_value number;
    const char *text;
    bool truth;
    const char *why; /* missing: the reason; truth: what made it so, or NULL */
};

struct walk {
    const struct kl_expression *expression;
    const struct kl_scope *scope;
    bool check;             /* only kinds and dimensions: values do not matter */
    struct kl_arena *arena; /* NULL in a check */
    const char *least_provenance;
    bool any_metric;
    struct kl_diag *diag;
};

static enum kl_err walk_node(struct walk *w, const struct kl_node *node, struct part *part);

static enum kl_err fail_node(struct walk *w, const struct kl_node *node, enum kl_err err,
                             const char *message)
{
    return kl_expression_fail(w->expression->text, node->begin, node->end, err, w->diag, "%s",
                              message);
}

static const char *kind_name(enum kl_operand_kind kind)
{
    static const char *const names[] = {[KL_OPERAND_NUMBER] = "a number",
                                        [KL_OPERAND_TEXT] = "a text",
                                        [KL_OPERAND_TRUTH] = "true or false",
                                        [KL_OPERAND_NONE] = "a value"};
    return names[kind];
}

static enum kl_err demand_kind(struct walk *w, const struct kl_node *node, const struct part *part,
                               enum kl_operand_kind kind)
{
    if (part->kind == kind || part->kind == KL_OPERAND_NONE) {
        return KL_OK;
    }
    return kl_expression_fail(w->expression->text, node->begin, node->end, KL_EINPUT, w->diag,
                              "this is %s; %s is needed here", kind_name(part->kind),
                              kind_name(kind));
}

static bool is_plain(struct kl_dimension dimension)
{
    return kl_dimension_equal(dimension, KL_PLAIN);
}

static enum kl_err fail_dimensions(struct walk *w, const struct kl_node *node,
                                   const struct kl_node *left, struct kl_dimension a,
                                   const struct kl_node *right, struct kl_dimension b)
{
    const char *text = w->expression->text;
    int left_length = (int)(left->end - left->begin);
    int right_length = (int)(right->end - right->begin);
    return kl_expression_fail(
        text, node->begin, node->end, KL_EINPUT, w->diag, "'%.*s' is %s, but '%.*s' is %s",
        left_length > 60 ? 60 : left_length, text + left->begin, kl_dimension_example(a),
        right_length > 60 ? 60 : right_length, text + right->begin, kl_dimension_example(b));
}

/* Do two numbers have one dimension, as far as it is known? */
static enum kl_err demand_same(struct walk *w, const struct kl_node *node,
                               const struct kl_node *left, const struct part *a,
                               const struct kl_node *right, const struct part *b)
{
    if (!a->dimensioned || !b->dimensioned ||
        kl_dimension_equal(a->number.dimension, b->number.dimension)) {
        return KL_OK;
    }
    return fail_dimensions(w, node, left, a->number.dimension, right, b->number.dimension);
}

static void note_missing(struct part *part, const struct part *a, const struct part *b)
{
    part->missing = a->missing || (b && b->missing);
    if (part->missing) {
        part->why = a->missing ? a->why : b->why;
    }
}

static enum kl_err finish_number(struct walk *w, const struct kl_node *node, struct part *part)
{
    if (!part->missing && !isfinite(part->number.value)) {
        if (!w->check) {
            return fail_node(w, node, KL_ECHECK, "this is no finite number");
        }
        part->missing = true;
        part->why = "its value is not finite";
    }
    return KL_OK;
}

/* Names. */

static void note_provenance(struct walk *w, const char *provenance)
{
    if (!provenance) {
        return;
    }
    if (!w->any_metric ||
        kl_provenance_rank(provenance) < kl_provenance_rank(w->least_provenance)) {
        w->least_provenance = provenance;
    }
    w->any_metric = true;
}

static enum kl_err find(struct walk *w, const struct kl_node *node, struct kl_operand *value,
                        const char **reason)
{
    struct kl_diag diag = {0};
    *value = (struct kl_operand){.kind = KL_OPERAND_NONE};
    *reason = NULL;
    enum kl_err err = w->scope->find(w->scope->user, node->text, value, reason, &diag);
    if (err != KL_OK) {
        return fail_node(w, node, err, diag.message);
    }
    note_provenance(w, value->provenance);
    return KL_OK;
}

static enum kl_err walk_name(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct kl_operand value;
    const char *reason;
    KL_TRY(find(w, node, &value, &reason));
    *part = (struct part){.kind = value.kind,
                          .missing = value.kind == KL_OPERAND_NONE,
                          .dimensioned = value.kind == KL_OPERAND_NUMBER,
                          .share = value.share,
                          .number = value.number,
                          .text = value.text,
                          .truth = value.truth,
                          .why = reason};
    if (part->missing && !reason) {
        part->why = "it has no value yet";
    }
    if (value.kind == KL_OPERAND_TRUTH && w->arena) {
        part->why =
            kl_arena_printf(w->arena, "%s is %s", node->text, value.truth ? "true" : "false");
        return part->why ? KL_OK : KL_FAIL_MEMORY(w->diag);
    }
    return finish_number(w, node, part);
}

static enum kl_err walk_exists(struct walk *w, const struct kl_node *node, struct part *part)
{
    const char *name = node->args[0]->text;
    struct kl_operand value = {.kind = KL_OPERAND_NONE};
    const char *reason = NULL;
    struct kl_diag unknown = {0}; /* an unknown name does not exist: no error */
    enum kl_err err = w->scope->find(w->scope->user, name, &value, &reason, &unknown);
    /* What a step has not given yet may still come: neither "yes" nor "no" is known. */
    *part = (struct part){.kind = KL_OPERAND_TRUTH,
                          .missing = err == KL_OK && value.pending,
                          .truth = err == KL_OK && value.kind != KL_OPERAND_NONE,
                          .why = reason};
    if (w->arena && !part->missing) {
        part->why =
            kl_arena_printf(w->arena, "%s %s", name, part->truth ? "exists" : "does not exist");
        return part->why ? KL_OK : KL_FAIL_MEMORY(w->diag);
    }
    return KL_OK;
}

static enum kl_err walk_provenance(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct kl_operand value;
    const char *reason;
    KL_TRY(find(w, node->args[0], &value, &reason));
    *part = (struct part){.kind = KL_OPERAND_TEXT,
                          .missing = value.kind == KL_OPERAND_NONE,
                          .text = value.provenance ? value.provenance : "stated",
                          .why = reason};
    return KL_OK;
}

/* Functions of numbers. */

static enum kl_err root_of(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct kl_dimension d = part->number.dimension;
    struct kl_dimension half = {(int8_t)(d.bytes / 2),   (int8_t)(d.seconds / 2),
                                (int8_t)(d.amperes / 2), (int8_t)(d.volts / 2),
                                (int8_t)(d.celsius / 2), (int8_t)(d.money / 2)};
    struct kl_dimension twice;
    if (part->dimensioned &&
        (!kl_dimension_combine(half, half, 1, &twice) || !kl_dimension_equal(twice, d))) {
        return fail_node(w, node, KL_EINPUT, "the unit of this has no square root");
    }
    part->number.dimension = half;
    part->number.value = sqrt(part->number.value);
    return KL_OK;
}

static double apply(int op, double x)
{
    switch (op) {
    case KL_CALL_ABS: return fabs(x);
    case KL_CALL_CEIL: return ceil(x);
    case KL_CALL_FLOOR: return floor(x);
    case KL_CALL_ROUND: return round(x);
    default: return log10(x);
    }
}

static enum kl_err walk_unary(struct walk *w, const struct kl_node *node, struct part *part)
{
    KL_TRY(walk_node(w, node->args[0], part));
    KL_TRY(demand_kind(w, node->args[0], part, KL_OPERAND_NUMBER));
    part->kind = KL_OPERAND_NUMBER;
    if (node->op == KL_CALL_SQRT) {
        KL_TRY(root_of(w, node, part));
        return finish_number(w, node, part);
    }
    if (node->op != KL_CALL_ABS && part->dimensioned && !is_plain(part->number.dimension)) {
        return fail_node(w, node->args[0], KL_EINPUT,
                         "this has a unit; divide by one first, as in round(x / 1 ms)");
    }
    part->share = part->share && node->op != KL_CALL_LOG10;
    part->number.value = apply(node->op, part->number.value);
    return finish_number(w, node, part);
}

/* Adds `next` to what min or max has found in `best`. */
static void keep_extreme(int op, struct part *best, const struct part *next)
{
    struct part before = *best;
    bool better = op == KL_CALL_MIN ? next->number.value < best->number.value
                                    : next->number.value > best->number.value;
    if (better || !best->dimensioned) {
        best->number = next->number;
        best->dimensioned = next->dimensioned || before.dimensioned;
        if (!next->dimensioned) {
            best->number.dimension = before.number.dimension;
        }
    }
    best->share = before.share && next->share;
    note_missing(best, &before, next);
}

static enum kl_err walk_extreme(struct walk *w, const struct kl_node *node, struct part *part)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct part next;
        KL_TRY(walk_node(w, node->args[i], &next));
        KL_TRY(demand_kind(w, node->args[i], &next, KL_OPERAND_NUMBER));
        if (i == 0) {
            *part = next;
            continue;
        }
        KL_TRY(demand_same(w, node, node->args[0], part, node->args[i], &next));
        keep_extreme(node->op, part, &next);
    }
    part->kind = KL_OPERAND_NUMBER;
    return KL_OK;
}

static bool is_count(double number)
{
    return number >= 0 && number == floor(number);
}

static enum kl_err walk_wilson(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct part args[2]; /* n, k */
    for (int i = 0; i < 2; i++) {
        KL_TRY(walk_node(w, node->args[i], &args[i]));
        KL_TRY(demand_kind(w, node->args[i], &args[i], KL_OPERAND_NUMBER));
        if (args[i].dimensioned && !is_plain(args[i].number.dimension)) {
            return fail_node(w, node->args[i], KL_EINPUT, "a count without a unit is needed here");
        }
    }
    *part = (struct part){.kind = KL_OPERAND_NUMBER, .dimensioned = true};
    note_missing(part, &args[0], &args[1]);
    double n = args[0].number.value;
    double k = args[1].number.value;
    if (part->missing) {
        return KL_OK;
    }
    /* A share in place of a count would be a bound that looks very good, or very bad. */
    if (!w->check && (n < 1 || k > n || !is_count(n) || !is_count(k))) {
        return fail_node(w, node, KL_ECHECK,
                         "needs whole numbers 0 <= k <= n of at least one sample");
    }
    struct kl_interval interval = kl_wilson(k, n, 0.95);
    part->number.value = node->op == KL_CALL_LOWER ? interval.low : interval.high;
    return finish_number(w, node, part);
}

static enum kl_err walk_call(struct walk *w, const struct kl_node *node, struct part *part)
{
    switch ((enum kl_function)node->op) {
    case KL_CALL_EXISTS: return walk_exists(w, node, part);
    case KL_CALL_PROVENANCE: return walk_provenance(w, node, part);
    case KL_CALL_MIN:
    case KL_CALL_MAX: return walk_extreme(w, node, part);
    case KL_CALL_LOWER:
    case KL_CALL_UPPER: return walk_wilson(w, node, part);
    default: return walk_unary(w, node, part);
    }
}

/* Arithmetic. */

static enum kl_err walk_sum(struct walk *w, const struct kl_node *node, const struct part *a,
                            const struct part *b, struct part *part)
{
    KL_TRY(demand_same(w, node, node->args[0], a, node->args[1], b));
    part->dimensioned = a->dimensioned || b->dimensioned;
    part->number.dimension = a->dimensioned ? a->number.dimension : b->number.dimension;
    part->number.value = node->kind == KL_NODE_ADD ? a->number.value + b->number.value
                                                   : a->number.value - b->number.value;
    return KL_OK;
}

static enum kl_err walk_product(struct walk *w, const struct kl_node *node, const struct part *a,
                                const struct part *b, struct part *part)
{
    bool divide = node->kind == KL_NODE_DIVIDE;
    part->dimensioned = a->dimensioned && b->dimensioned;
    if (part->dimensioned && !kl_dimension_combine(a->number.dimension, b->number.dimension,
                                                   divide ? -1 : 1, &part->number.dimension)) {
        return fail_node(w, node, KL_EINPUT, "the unit of this is beyond all units");
    }
    if (divide && !w->check && !part->missing && b->number.value == 0) {
        return fail_node(w, node, KL_ECHECK, "divides by zero");
    }
    part->number.value =
        divide ? a->number.value / b->number.value : a->number.value * b->number.value;
    return KL_OK;
}

static enum kl_err walk_arithmetic(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct part a;
    struct part b;
    KL_TRY(walk_node(w, node->args[0], &a));
    KL_TRY(walk_node(w, node->args[1], &b));
    KL_TRY(demand_kind(w, node->args[0], &a, KL_OPERAND_NUMBER));
    KL_TRY(demand_kind(w, node->args[1], &b, KL_OPERAND_NUMBER));
    *part = (struct part){.kind = KL_OPERAND_NUMBER};
    note_missing(part, &a, &b);
    bool sum = node->kind == KL_NODE_ADD || node->kind == KL_NODE_SUBTRACT;
    KL_TRY(sum ? walk_sum(w, node, &a, &b, part) : walk_product(w, node, &a, &b, part));
    return finish_number(w, node, part);
}

static enum kl_err walk_negation(struct walk *w, const struct kl_node *node, struct part *part)
{
    KL_TRY(walk_node(w, node->args[0], part));
    KL_TRY(demand_kind(w, node->args[0], part, KL_OPERAND_NUMBER));
    part->kind = KL_OPERAND_NUMBER;
    part->number.value = -part->number.value;
    return KL_OK;
}

/* Comparisons. */

/* Of two values it is known whether they are the same, and whether the first is less. */
static bool compare(int op, bool same, bool less)
{
    switch ((enum kl_comparison)op) {
    case KL_LESS: return !same && less;
    case KL_NOT_LESS: return same || !less;
    case KL_GREATER: return !same && !less;
    case KL_NOT_GREATER: return same || less;
    case KL_EQUAL: return same;
    default: return !same;
    }
}

static const char *const signs[] = {
    [KL_LESS] = "<",         [KL_NOT_LESS] = ">=", [KL_GREATER] = ">",
    [KL_NOT_GREATER] = "<=", [KL_EQUAL] = "==",    [KL_NOT_EQUAL] = "!="};

static const char *truth_name(bool truth)
{
    return truth ? "true" : "false";
}

/* What holds: the comparison itself, or its opposite. */
static enum kl_err explain(struct walk *w, int op, const struct part *a, const struct part *b,
                           struct part *part)
{
    if (!w->arena) {
        return KL_OK;
    }
    const char *sign = signs[part->truth ? op : op ^ 1];
    if (a->kind == KL_OPERAND_NUMBER) {
        part->why = kl_numbers_explain(w->arena, w->scope->currency, sign, a->number, b->number);
    } else if (a->kind == KL_OPERAND_TEXT) {
        enum { LONGEST = 200 };
        part->why =
            kl_arena_printf(w->arena, "\"%.*s\" %s \"%.*s\"", (int)kl_utf8_cut(a->text, LONGEST),
                            a->text, sign, (int)kl_utf8_cut(b->text, LONGEST), b->text);
    } else {
        part->why =
            kl_arena_printf(w->arena, "%s %s %s", truth_name(a->truth), sign, truth_name(b->truth));
    }
    return part->why ? KL_OK : KL_FAIL_MEMORY(w->diag);
}

/* Texts and truths are equal or not; only numbers have an order. */
static enum kl_err demand_comparable(struct walk *w, const struct kl_node *node,
                                     const struct part *a, const struct part *b)
{
    const struct part *known = a->kind != KL_OPERAND_NONE ? a : b;
    if (known->kind == KL_OPERAND_NONE) {
        return KL_OK;
    }
    const struct kl_node *other = known == a ? node->args[1] : node->args[0];
    KL_TRY(demand_kind(w, other, known == a ? b : a, known->kind));
    bool ordered = node->op != KL_EQUAL && node->op != KL_NOT_EQUAL;
    if (ordered && known->kind != KL_OPERAND_NUMBER) {
        return fail_node(w, node, KL_EINPUT, "only numbers are smaller or larger; use == or !=");
    }
    if (a->kind == KL_OPERAND_NUMBER && b->kind == KL_OPERAND_NUMBER) {
        return demand_same(w, node, node->args[0], a, node->args[1], b);
    }
    return KL_OK;
}

/* Per cent that were written as plain numbers would pass every demand for a share. */
static enum kl_err demand_shares(struct walk *w, const struct kl_node *node, const struct part *a,
                                 const struct part *b)
{
    const struct part *other = a->share ? b : a;
    if (w->check || a->share == b->share || !(other->number.value > 1 + 1e-9)) {
        return KL_OK;
    }
    return fail_node(w, node, KL_ECHECK,
                     "one side is a share between 0 and 1, the other is above 1; does its step "
                     "give per cent without the unit '%'?");
}

static enum kl_err walk_comparison(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct part a;
    struct part b;
    KL_TRY(walk_node(w, node->args[0], &a));
    KL_TRY(walk_node(w, node->args[1], &b));
    KL_TRY(demand_comparable(w, node, &a, &b));
    *part = (struct part){.kind = KL_OPERAND_TRUTH};
    note_missing(part, &a, &b);
    if (part->missing) {
        return KL_OK;
    }
    if (a.kind == KL_OPERAND_NUMBER) {
        KL_TRY(demand_shares(w, node, &a, &b));
        part->truth = compare(node->op, kl_numbers_same(a.number.value, b.number.value),
                              a.number.value < b.number.value);
    } else if (a.kind == KL_OPERAND_TEXT) {
        part->truth = compare(node->op, strcmp(a.text, b.text) == 0, false);
    } else {
        part->truth = compare(node->op, a.truth == b.truth, false);
    }
    return explain(w, node->op, &a, &b, part);
}

/* Logic. */

/* The reasons of those sides that decided, e.g. both of a true `and`. */
static enum kl_err join_reasons(struct walk *w, const struct part *a, const struct part *b,
                                struct part *part)
{
    bool use_a = !a->missing && a->truth == part->truth && a->why;
    bool use_b = !b->missing && b->truth == part->truth && b->why;
    enum { LONG_ENOUGH = 400 };
    if (!w->arena || !use_a || !use_b || strlen(a->why) > LONG_ENOUGH) {
        part->why = use_a ? a->why : use_b ? b->why : NULL;
        return KL_OK;
    }
    part->why = kl_arena_printf(w->arena, "%s, %s", a->why, b->why);
    return part->why ? KL_OK : KL_FAIL_MEMORY(w->diag);
}

static enum kl_err walk_logic(struct walk *w, const struct kl_node *node, struct part *part)
{
    struct part a;
    struct part b;
    KL_TRY(walk_node(w, node->args[0], &a));
    KL_TRY(walk_node(w, node->args[1], &b));
    KL_TRY(demand_kind(w, node->args[0], &a, KL_OPERAND_TRUTH));
    KL_TRY(demand_kind(w, node->args[1], &b, KL_OPERAND_TRUTH));
    *part = (struct part){.kind = KL_OPERAND_TRUTH};
    bool deciding = node->kind == KL_NODE_OR; /* the value that decides alone */
    if ((!a.missing && a.truth == deciding) || (!b.missing && b.truth == deciding)) {
        part->truth = deciding;
        return join_reasons(w, &a, &b, part);
    }
    note_missing(part, &a, &b);
    if (part->missing) {
        return KL_OK;
    }
    part->truth = !deciding;
    return join_reasons(w, &a, &b, part);
}

static enum kl_err walk_not(struct walk *w, const struct kl_node *node, struct part *part)
{
    KL_TRY(walk_node(w, node->args[0], part));
    KL_TRY(demand_kind(w, node->args[0], part, KL_OPERAND_TRUTH));
    part->kind = KL_OPERAND_TRUTH;
    part->truth = !part->truth;
    return KL_OK;
}

/* A literal amount must be in the currency of everything else: nothing is converted. */
static enum kl_err check_literal(struct walk *w, const struct kl_node *node)
{
    const char *own = w->scope->currency;
    const char *text = w->expression->text;
    if (node->number.dimension.money == 0 || !own) {
        return KL_OK;
    }
    for (uint32_t at = node->begin; at < node->end; at++) {
        if (strncmp(text + at, own, strlen(own)) == 0) {
            return KL_OK;
        }
    }
    return kl_expression_fail(text, node->begin, node->end, KL_EINPUT, w->diag,
                              "the currency of the product is %s; convert the amount", own);
}

static enum kl_err walk_node(struct walk *w, const struct kl_node *node, struct part *part)
{
    *part = (struct part){.kind = KL_OPERAND_NUMBER, .dimensioned = true, .number = node->number};
    switch (node->kind) {
    case KL_NODE_NUMBER: return check_literal(w, node);
    case KL_NODE_TEXT:
        *part = (struct part){.kind = KL_OPERAND_TEXT, .text = node->text};
        return KL_OK;
    case KL_NODE_TRUTH:
        *part = (struct part){.kind = KL_OPERAND_TRUTH, .truth = node->truth};
        return KL_OK;
    case KL_NODE_NAME: return walk_name(w, node, part);
    case KL_NODE_NOT: return walk_not(w, node, part);
    case KL_NODE_NEGATE: return walk_negation(w, node, part);
    case KL_NODE_AND:
    case KL_NODE_OR: return walk_logic(w, node, part);
    case KL_NODE_COMPARE: return walk_comparison(w, node, part);
    case KL_NODE_CALL: return walk_call(w, node, part);
    default: return walk_arithmetic(w, node, part);
    }
}

enum kl_err kl_expression_check(const struct kl_expression *expression,
                                const struct kl_scope *scope, struct kl_diag *diag)
{
    struct walk w = {.expression = expression, .scope = scope, .check = true, .diag = diag};
    struct part part;
    return walk_node(&w, expression->root, &part);
}

enum kl_err kl_expression_evaluate(const struct kl_expression *expression,
                                   const struct kl_scope *scope, struct kl_arena *arena,
                                   struct kl_evaluation *evaluation, struct kl_diag *diag)
{
    struct walk w = {.expression = expression, .scope = scope, .arena = arena, .diag = diag};
    struct part part;
    KL_TRY(walk_node(&w, expression->root, &part));
    *evaluation =
        (struct kl_evaluation){.value = {.kind = part.missing ? KL_OPERAND_NONE : part.kind,
                                         .number = part.number,
                                         .text = part.text,
                                         .truth = part.truth},
                               .reason = part.why ? part.why : "",
                               .least_provenance = w.least_provenance};
    return KL_OK;
}

enum kl_err kl_expression_sides(const struct kl_expression *expression,
                                const struct kl_scope *scope, struct kl_arena *arena,
                                struct kl_operand sides[2], struct kl_diag *diag)
{
    const struct kl_node *root = expression->root;
    struct walk w = {.expression = expression, .scope = scope, .arena = arena, .diag = diag};
    struct part parts[2];
    bool numbers = true;
    sides[0] = sides[1] = (struct kl_operand){.kind = KL_OPERAND_NONE};
    if (root->kind != KL_NODE_COMPARE) {
        return KL_OK;
    }
    for (int i = 0; i < 2; i++) {
        KL_TRY(walk_node(&w, root->args[i], &parts[i]));
        numbers = numbers && parts[i].kind == KL_OPERAND_NUMBER && !parts[i].missing;
    }
    KL_TRY(demand_comparable(&w, root, &parts[0], &parts[1]));
    for (int i = 0; numbers && i < 2; i++) {
        sides[i] = (struct kl_operand){
            .kind = KL_OPERAND_NUMBER, .number = parts[i].number, .share = parts[i].share};
    }
    return KL_OK;
}
