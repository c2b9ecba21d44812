/* SPDX-License-Identifier: Apache-2.0 */
/* Words and JSON for a bound of the stack. */
#ifndef KINGLET_CLI_STACK_REPORT_H
#define KINGLET_CLI_STACK_REPORT_H

#include "base/envelope.h"
#include "flow/firmware_stack.h"

/* One line for each function of the deepest chain of calls. */
void kl_print_stack_chain(const struct kl_stack_bound *bound);

/* The same: an array of "function" and "bytes". */
json_t *kl_stack_chain_json(const struct kl_stack_bound *bound);

/* "stack of a run: at most N bytes", or why there is no bound; nothing for a pack. */
void kl_print_stack(const struct kl_firmware_stack *stack, const char *indent);

/* ram.stack_bound and the chain of a firmware, or why there is no bound; nothing for a
 * pack. */
void kl_report_stack(const struct kl_firmware_stack *stack, struct kl_result *result);

#endif
