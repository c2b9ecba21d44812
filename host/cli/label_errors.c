/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/label_errors.h"

#include <string.h>

#include "base/file.h"
#include "learn/label_errors.h"

enum { SHOWN = 20 };

/* A field of the table; with quotes in it, quoted as in RFC 4180. */
static void put_field(struct kl_buffer *table, const char *text)
{
    if (!strchr(text, '"')) {
        kl_buffer_printf(table, "%s", text);
        return;
    }
    kl_buffer_append(table, "\"", 1);
    for (; *text; text++) {
        kl_buffer_append(table, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    }
    kl_buffer_append(table, "\"", 1);
}

static enum kl_err write_table(const char *path, const struct kl_dataset *d,
                               const struct kl_label_errors *errors, struct kl_diag *diag)
{
    struct kl_buffer table = KL_BUFFER((size_t)1 << 30);
    kl_buffer_printf(&table, "item\tlabel\tlikely\tprobability\tconfidence\n");
    for (int32_t i = 0; i < errors->count; i++) {
        const struct kl_label_suspect *s = &errors->suspects[i];
        put_field(&table, d->items[s->item].name);
        kl_buffer_append(&table, "\t", 1);
        put_field(&table, d->facts.classes[s->given]);
        kl_buffer_append(&table, "\t", 1);
        put_field(&table, d->facts.classes[s->likely]);
        kl_buffer_printf(&table, "\t%.6f\t%.6f\n", s->probability, s->confidence);
    }
    enum kl_err err =
        table.failed ? KL_FAIL_MEMORY(diag) : kl_file_write(path, table.data, table.size, diag);
    kl_buffer_free(&table);
    return err;
}

static json_t *suspects_json(const struct kl_dataset *d, const struct kl_label_errors *errors)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < errors->count; i++) {
        const struct kl_label_suspect *s = &errors->suspects[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:f, s:f}", "item", d->items[s->item].name, "label",
                            d->facts.classes[s->given], "likely", d->facts.classes[s->likely],
                            "probability", s->probability, "confidence", s->confidence));
    }
    return list;
}

static void put_text(struct kl_label_errors_job *job, const struct kl_dataset *d,
                     const struct kl_label_errors *errors)
{
    kl_buffer_printf(&job->text, "\n%d of %d labels are doubted (about %.0f are wrong); wrote %s\n",
                     errors->count, errors->items, errors->estimated, job->path);
    for (int32_t i = 0; i < errors->count && i < SHOWN; i++) {
        const struct kl_label_suspect *s = &errors->suspects[i];
        kl_buffer_printf(&job->text, "%s  %-32.60s %-14.40s likely %-14.40s %.3f against %.3f\n",
                         i ? "" : "  item                             label\n",
                         d->items[s->item].name, d->facts.classes[s->given],
                         d->facts.classes[s->likely], s->probability, s->confidence);
    }
    if (errors->count > SHOWN) {
        kl_buffer_printf(&job->text, "  and %d more\n", errors->count - SHOWN);
    }
    if (errors->count > 0) {
        kl_buffer_printf(&job->text,
                         "look at them: correct or empty `label` in the table, and take "
                         "it over with `kinglet data relabel`\n");
    }
}

enum kl_err kl_label_errors_write(void *context, const struct kl_train_answers *answers,
                                  struct kl_arena *arena, struct kl_diag *diag)
{
    struct kl_label_errors_job *job = context;
    const struct kl_dataset *d = answers->dataset;
    struct kl_label_errors errors;
    KL_TRY(kl_label_errors_find(answers->probabilities, answers->labels, d->count, answers->classes,
                                arena, &errors, diag));
    KL_TRY(write_table(job->path, d, &errors, diag));
    kl_result_count(job->result, "labels.items", errors.items, "1", KL_COUNTED);
    kl_result_count(job->result, "labels.doubted", errors.count, "1", KL_COUNTED);
    kl_result_metric(job->result, "labels.estimated_errors", json_real(errors.estimated), "1",
                     KL_ESTIMATED);
    kl_result_detail(job->result, "label_errors", suspects_json(d, &errors));
    put_text(job, d, &errors);
    return job->text.failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}
