/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <string.h>

#include "base/command.h"

#define OUTPUT_LIMIT ((size_t)1 << 20)

/* What the program said when it printed no result: its last line, without its name. */
static void explain_message(struct verdict *verdict, const char *text)
{
    const char *message = strstr(text, "kinglet: ");
    message = message ? message + 9 : text;
    fail_trial(verdict, "%.*s", (int)strcspn(message, "\n"), message);
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
        } else if (json_object_get(result, "message")) {
            fail_trial(verdict, "%s", json_string_value(json_object_get(result, "message")));
            json_decref(result);
            result = NULL;
        }
    }
    kl_buffer_free(&output);
    return result;
}

const json_t *result_metric(const json_t *result, const char *name)
{
    return json_object_get(json_object_get(json_object_get(result, "metrics"), name), "value");
}
