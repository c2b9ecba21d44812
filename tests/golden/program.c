/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <string.h>

#include "flow/command.h"

#define OUTPUT_LIMIT ((size_t)1 << 20)

/* What the program said when it printed no result: its last line, without its name. */
static void explain_message(struct verdict *verdict, const char *text)
{
    const char *message = strstr(text, "kinglet: ");
    explain(verdict, "%.*s", (int)strcspn(message ? message + 9 : text, "\n"),
            message ? message + 9 : text);
    verdict->result = strstr(text, "does not fit") ? RESULT_NO_FIT : RESULT_FAILED;
}

json_t *program_result(const char *const *argv, int *status, struct verdict *verdict)
{
    struct kl_buffer output = KL_BUFFER(OUTPUT_LIMIT);
    struct kl_diag diag = {0};
    json_t *result = NULL;
    if (kl_command_run(argv, &output, status, &diag) != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
    } else {
        const char *text = output.data ? output.data : "";
        result = json_loads(text, 0, NULL);
        if (!result) {
            explain_message(verdict, text);
        }
    }
    kl_buffer_free(&output);
    return result;
}

const json_t *result_metric(const json_t *result, const char *name)
{
    return json_object_get(json_object_get(json_object_get(result, "metrics"), name), "value");
}
