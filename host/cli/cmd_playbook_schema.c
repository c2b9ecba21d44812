/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/playbook_job.h"
#include "playbook/fields.h"

static enum kl_err print_schema(struct kl_diag *diag)
{
    json_t *schema = kl_fields_json_schema();
    char *text = schema ? json_dumps(schema, JSON_INDENT(2)) : NULL;
    json_decref(schema);
    if (!text) {
        return KL_FAIL_MEMORY(diag);
    }
    printf("%s\n", text);
    free(text);
    return KL_OK;
}

static enum kl_err print_page(struct kl_diag *diag)
{
    struct kl_buffer page = KL_BUFFER((size_t)4 << 20);
    kl_fields_markdown(&page);
    bool failed = page.failed;
    if (!failed) {
        printf("%s", page.data);
    }
    kl_buffer_free(&page);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

int kl_cmd_playbook_schema(int argc, char **argv, const struct kl_command *self)
{
    struct kl_common common = {0};
    bool markdown = false;
    const struct kl_option options[] = {
        {.name = "--markdown", .help = "print the fields as a page for people", .flag = &markdown},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &common, NULL, 0, &status)) {
        return status;
    }
    enum kl_err err = markdown ? print_page(&diag) : print_schema(&diag);
    return err ? kl_report(&diag) : KL_EXIT_DONE;
}
