/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stack_report.h"

#include <stdio.h>

#include "cli/commands.h"

void kl_print_stack_chain(const struct kl_stack_bound *bound)
{
    for (size_t i = 0; i < bound->chain_count; i++) {
        printf("  %6u  %s\n", bound->chain[i].bytes, bound->chain[i].function);
    }
}

json_t *kl_stack_chain_json(const struct kl_stack_bound *bound)
{
    json_t *list = json_array();
    for (size_t i = 0; i < bound->chain_count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:I}", "function", bound->chain[i].function,
                                              "bytes", (json_int_t)bound->chain[i].bytes));
    }
    return list;
}

void kl_print_stack(const struct kl_firmware_stack *stack, const char *indent)
{
    char number[KL_NUMBER_BYTES];
    if (stack->is_known) {
        printf("%sstack of a run: at most %s bytes, interrupts apart\n", indent,
               kl_grouped(stack->bound.bytes, number));
    } else if (stack->how) {
        printf("%sstack of a run: no bound is known: %s\n", indent, stack->how);
    }
}

void kl_report_stack(const struct kl_firmware_stack *stack, struct kl_result *result)
{
    if (stack->is_known) {
        kl_result_count(result, "ram.stack_bound", stack->bound.bytes, "bytes", KL_COUNTED);
        kl_result_detail(result, "stack_chain", kl_stack_chain_json(&stack->bound));
    } else if (stack->how) {
        kl_result_detail(result, "stack_unbounded", json_string(stack->how));
    }
}
