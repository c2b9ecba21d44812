/* SPDX-License-Identifier: Apache-2.0 */
/* What `kinglet select` is asked for: from options, and from a playbook. */
#ifndef KINGLET_CLI_SELECT_REQUEST_H
#define KINGLET_CLI_SELECT_REQUEST_H

#include "cli/playbook_job.h"
#include "flow/select.h"

enum { KL_SELECT_QUANTITIES = 22, KL_SELECT_WORDS = 7, KL_SELECT_OPTIONS = 37 };

struct kl_select_options {
    struct kl_common common;
    struct kl_strings boards, weights;
    const char *quantities[KL_SELECT_QUANTITIES]; /* as written; NULL: not given */
    const char *words[KL_SELECT_WORDS];
    const char *pipeline, *page;
    bool no_cache;
};

/* The option table for the struct; ends with a NULL name. */
void kl_select_option_table(struct kl_select_options *options,
                            struct kl_option table[KL_SELECT_OPTIONS]);

/* A request without limits. */
void kl_select_request_init(struct kl_select_request *request);

/* Add what a playbook says: requirements, and the chapter about hardware. */
enum kl_err kl_select_request_playbook(const struct kl_playbook *playbook,
                                       struct kl_select_request *request,
                                       struct kl_diag *diag) KL_MUST_CHECK;

/* Add what options say; they replace what the playbook says. Call it last. */
enum kl_err kl_select_request_options(const struct kl_select_options *options,
                                      struct kl_select_request *request,
                                      struct kl_diag *diag) KL_MUST_CHECK;

#endif
