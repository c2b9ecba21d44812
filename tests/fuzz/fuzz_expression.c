/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any text as an expression of a gate. What passes the check can be evaluated,
 * but for values that have no result. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Every kind of value, by the name's last letter. */
static enum kl_err find(void *user, const char *name, struct kl_operand *value, const char **reason,
                        struct kl_diag *diag)
{
    (void)user;
    static const struct kl_operand operands[] = {
        {.kind = KL_OPERAND_NUMBER, .number = {0.95, {0}}, .provenance = "counted"},
        {.kind = KL_OPERAND_NUMBER, .number = {0, {.seconds = 1}}, .provenance = "modelled"},
        {.kind = KL_OPERAND_NUMBER, .number = {24576, {.bytes = 1}}},
        {.kind = KL_OPERAND_TEXT, .text = "text", .provenance = "elsewhere"},
        {.kind = KL_OPERAND_TRUTH, .truth = true, .provenance = "measured"},
        {.kind = KL_OPERAND_NONE},
    };
    size_t count = sizeof operands / sizeof *operands;
    size_t which = (unsigned char)name[strlen(name) - 1] % (count + 1);
    if (which == count) {
        return kl_fail(diag, KL_EINPUT, "unknown name");
    }
    *value = operands[which];
    *reason = "it never ran";
    return KL_OK;
}

static void use(const struct kl_expression *expression, struct kl_arena *arena)
{
    const struct kl_scope scope = {.find = find, .currency = "EUR"};
    struct kl_diag check_diag = {0};
    struct kl_diag diag = {0};
    struct kl_evaluation evaluation;
    enum kl_err check = kl_expression_check(expression, &scope, &check_diag);
    enum kl_err err = kl_expression_evaluate(expression, &scope, arena, &evaluation, &diag);
    require(check == KL_OK || check_diag.message[0]);
    require(err == KL_OK || diag.message[0]);
    require(check == KL_OK || err != KL_OK);
    require(check != KL_OK || err == KL_OK || err == KL_ECHECK || err == KL_ELIMIT);
    if (err == KL_OK) {
        require(evaluation.reason != NULL);
        require(evaluation.value.kind != KL_OPERAND_NUMBER ||
                isfinite(evaluation.value.number.value));
    }
    size_t count;
    const char *const *names = kl_expression_names(expression, &count);
    for (size_t i = 1; i < count; i++) {
        require(strcmp(names[i - 1], names[i]) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    /* Its own allocation, so that the sanitizer sees every byte beyond it. */
    char *text = malloc(size + 1);
    if (arena && text) {
        struct kl_diag diag = {0};
        const struct kl_expression *expression;
        memcpy(text, data, size);
        text[size] = '\0';
        enum kl_err err = kl_expression_parse(text, arena, &expression, &diag);
        require(err == KL_OK || diag.message[0]);
        if (err == KL_OK) {
            use(expression, arena);
        }
    }
    free(text);
    kl_arena_free(arena);
    return 0;
}
