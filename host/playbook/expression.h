/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions of gates: `accuracy.test >= 0.95 and profile.m4.ram.total <= 24 KiB`.
 *
 *     or, and, not; < <= > >= == !=; + -; * /; - (sign); ( )
 *     numbers with units ("20 ms", "95 %"), "texts", true, false
 *     names: letters, digits, "_", "-" between letters or digits, joined by dots
 *     min(a, b...) max(a, b...) abs(x) sqrt(x) round(x) floor(x) ceil(x) log10(x)
 *     lower(n, k) upper(n, k): bounds of the 95 % Wilson interval of k successes in n
 *     exists(name): is there such a metric or field? Missing while its step never ran
 *     provenance(name): a text
 *
 * Numbers that differ by less than 1e-12 of their size are equal: 95 % is 0.95. Operands carry
 * dimensions: comparing a time with a size is an error, not false. `a - b`
 * needs blanks, since `a-b` is a name.
 */
#ifndef KINGLET_PLAYBOOK_EXPRESSION_H
#define KINGLET_PLAYBOOK_EXPRESSION_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/units.h"

enum { KL_EXPRESSION_BYTES = 4096 };

struct kl_expression; /* parsed; lives in the arena */

enum kl_operand_kind { KL_OPERAND_NUMBER, KL_OPERAND_TEXT, KL_OPERAND_TRUTH, KL_OPERAND_NONE };

/* What a name stands for, or an expression gives. */
struct kl_operand {
    enum kl_operand_kind kind; /* NONE: there is no such value (yet) */
    struct kl_value number;
    const char *text;
    bool truth;
    bool pending;           /* NONE: a step that has not run yet may give it */
    bool share;             /* number: by its definition between 0 and 1 */
    const char *provenance; /* NULL for what is not a metric */
};

/* Looks a name up. KL_OK with kind NONE and a reason ("profile.m4 never ran") when the value is
 * not there yet; KL_EINPUT when there can never be one (unknown name: with the nearest). */
struct kl_scope {
    enum kl_err (*find)(void *user, const char *name, struct kl_operand *value, const char **reason,
                        struct kl_diag *diag);
    void *user;
    const char *currency;
};

/* Parse. Messages point at the part: "column 14: expected ... \n" is not used; instead the message
 * quotes the sub-expression and the column: "column 14, 'latency < 3 kg': unknown unit 'kg'". */
enum kl_err kl_expression_parse(const char *text, struct kl_arena *arena,
                                const struct kl_expression **expression,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Do the dimensions and kinds fit, as far as names are known? find may give kind NONE for names
 * that are legal but have no value; their dimension is then unknown and fits everything. */
enum kl_err kl_expression_check(const struct kl_expression *expression,
                                const struct kl_scope *scope, struct kl_diag *diag) KL_MUST_CHECK;

struct kl_evaluation {
    struct kl_operand value;      /* NONE: a value that it needs is missing; `reason` says which */
    const char *reason;           /* for a comparison also with its values: "16.7 KiB <= 24 KiB" */
    const char *least_provenance; /* of all metrics used; NULL when there is none */
};

/* Evaluate. `and` and `or` look at both sides, so that a missing value is always named; false
 * and-ed with a missing value is false. KL_ECHECK when the values have no result, such as a
 * division by zero. A comparison that does not hold explains itself by what does: "26 KiB > 24
 * KiB". */
enum kl_err kl_expression_evaluate(const struct kl_expression *expression,
                                   const struct kl_scope *scope, struct kl_arena *arena,
                                   struct kl_evaluation *evaluation,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* The two sides of a comparison of numbers, whose values are known: by how much it holds or not.
 * Kind NONE for other expressions, and when a value is missing. */
enum kl_err kl_expression_sides(const struct kl_expression *expression,
                                const struct kl_scope *scope, struct kl_arena *arena,
                                struct kl_operand sides[2], struct kl_diag *diag) KL_MUST_CHECK;

/* All names in it, each once, in order; for finding the evidence that a gate needs. */
const char *const *kl_expression_names(const struct kl_expression *expression, size_t *count);

/* measured 5, counted 4, modelled 3, estimated 2, datasheet 1, stated 0; -1: no such word. */
int kl_provenance_rank(const char *name);

/* Is a provenance (NULL: there is no metric at all) as good as what a gate demands (NULL: nothing)?
 */
bool kl_provenance_meets(const char *least, const char *demand);

#endif
