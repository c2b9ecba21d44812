/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/model_text.h"

void kl_emit_events_header(const struct kl_emit_job *job, const char *upper, struct kl_buffer *text)
{
    const struct kl_emit_events *events = job->options->events;
    if (!events) {
        return;
    }
    kl_buffer_printf(text,
                     "/* Events from the scores of OUTPUT 0, for one inference each %.6g s; see\n"
                     " * kinglet/events.h. */\n"
                     "#define %s_EVENTS_BYTES %u\n"
                     "extern const struct kl_events_config %s_events;\n\n",
                     events->every, upper, kl_events_bytes(events->config), job->options->name);
}

static void emit_thresholds(const struct kl_emit_events *events, struct kl_buffer *text)
{
    kl_buffer_printf(text, "\nstatic const struct kl_event_thresholds event_thresholds[] = {\n");
    for (int32_t c = 0; c < events->config->class_count; c++) {
        const struct kl_event_thresholds *t = &events->config->classes[c];
        if (t->on == KL_EVENTS_NEVER) {
            kl_buffer_printf(text, "    {KL_EVENTS_NEVER, 0}, /* %d: ", c);
        } else {
            /* The lowest integer is no constant of C. */
            kl_buffer_printf(
                text, "    {%d%s, %d%s}, /* %d: ", t->on == INT32_MIN ? t->on + 1 : t->on,
                t->on == INT32_MIN ? " - 1" : "", t->off == INT32_MIN ? t->off + 1 : t->off,
                t->off == INT32_MIN ? " - 1" : "", c);
        }
        kl_emit_comment_text(text, events->names[c]);
        kl_buffer_printf(text, " */\n");
    }
    kl_buffer_printf(text, "};\n");
}

void kl_emit_events_source(const struct kl_emit_job *job, struct kl_buffer *text)
{
    const struct kl_emit_events *events = job->options->events;
    if (!events) {
        return;
    }
    const struct kl_events_config *config = events->config;
    emit_thresholds(events, text);
    kl_buffer_printf(text,
                     "\nconst struct kl_events_config %s_events = {\n"
                     "    .classes = event_thresholds,\n"
                     "    .class_count = %u,\n"
                     "    .window = %u,\n"
                     "    .duration = %u,\n"
                     "    .pause = %u,\n"
                     "    .rest = %d,\n"
                     "    .dtype = %d, /* %s */\n"
                     "    .steps = ",
                     job->options->name, config->class_count, config->window, config->duration,
                     config->pause, config->rest, (int)config->dtype,
                     kl_dtype_name((enum kl_dtype)config->dtype));
    kl_emit_float(text, config->steps);
    kl_buffer_printf(text, ",\n};\n");
}
