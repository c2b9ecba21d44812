/* SPDX-License-Identifier: Apache-2.0 */
/* What a training gave, as tables for the envelope and as a page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/envelope.h"
#include "flow/train/internal.h"
#include "report/chart.h"
#include "report/html.h"

static json_t *history_json(const struct kl_train_result *result)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < result->epochs; i++) {
        const struct kl_epoch *e = &result->history[i];
        json_array_append_new(list,
                              json_pack("{s:i, s:o, s:o, s:o, s:o}", "epoch", i + 1, "loss",
                                        kl_json_number(e->loss), "rate", kl_json_number(e->rate),
                                        "validation_loss", kl_json_number(e->validation_loss),
                                        "validation_accuracy", kl_json_number(e->accuracy)));
    }
    return list;
}

const char *kl_train_error_name(const struct kl_train_report *r)
{
    return r->likelihood ? "negative_log_likelihood" : "mean_squared_error";
}

static json_t *score_json(const struct kl_train_report *r, const struct kl_score *score)
{
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "items", score->count, "groups",
                     score->groups, "accuracy", kl_json_number(score->accuracy), "low",
                     kl_json_number(score->low), "high", kl_json_number(score->high),
                     kl_train_error_name(r), kl_json_number(score->error), "auc",
                     kl_json_number(score->auc), "classes",
                     kl_score_classes_json(score, "class", r->class_names));
}

const char *train_split_name(bool split_here)
{
    return split_here ? "by a hash of the group" : "of the data set";
}

void train_note_data(struct kl_train_report *report, const struct kl_learn_data *data)
{
    for (int k = 0; k < KL_PARTS; k++) {
        report->counts[k] = data->part[k].set.count;
    }
    report->left_out = data->left_out;
    report->padded = data->padded;
    report->split_here = data->split_here;
    report->leaks += data->leaks;
    report->shared_groups =
        data->shared_groups > report->shared_groups ? data->shared_groups : report->shared_groups;
}

static json_t *data_json(const struct kl_train_report *r)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:I}", "path",
                     r->data_path, "content", r->data_content, "version", r->data_version, "train",
                     r->counts[KL_PART_TRAIN], "validation", r->counts[KL_PART_VALIDATION], "test",
                     r->counts[KL_PART_TEST], "left_out", r->left_out, "padded", r->padded, "leaks",
                     r->leaks, "shared_groups", r->shared_groups, "split",
                     r->folds > 0 ? "cross-validation" : train_split_name(r->split_here),
                     "split_seed", (json_int_t)r->split_seed);
}

static json_t *folds_json(const struct kl_train_report *r)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < r->folds; i++) {
        json_array_append_new(list, kl_json_number(r->fold_score[i]));
    }
    return list;
}

static json_t *int8_json(const struct kl_pair *p)
{
    double n = (double)p->count;
    return json_pack("{s:I, s:i, s:f, s:f, s:f, s:f, s:f}", "items", (json_int_t)p->count, "ranges",
                     KL_TRAIN_RANGES, "accuracy", (double)p->second / n, "accuracy_float",
                     (double)p->first / n, "difference", p->difference, "low", p->low, "high",
                     p->high);
}

json_t *kl_train_json(const struct kl_train_report *r)
{
    json_t *all = json_object();
    json_object_set_new(all, "network",
                        json_pack("{s:s, s:s}", "name", r->network, "sha256", r->text_sha256));
    json_object_set_new(all, "task", json_string(r->task));
    json_object_set_new(all, "isa", json_string(r->isa));
    json_object_set_new(all, "seed", json_integer((json_int_t)r->seed));
    json_object_set_new(all, "threads", json_integer(r->threads));
    json_object_set_new(all, "data", data_json(r));
    if (r->features) {
        json_object_set_new(all, "features", kl_data_features_json(r->features));
    }
    if (r->all > 0) {
        json_object_set_new(
            all, "from",
            json_pack("{s:i, s:i, s:s}", "taken", r->taken, "all", r->all, "data", r->from_data));
    }
    if (r->frozen.path) {
        json_object_set_new(all, "frozen",
                            json_pack("{s:s, s:I, s:I, s:I}", "path", r->frozen.path, "bytes",
                                      (json_int_t)r->frozen.bytes, "different",
                                      (json_int_t)r->frozen.different, "cut_off",
                                      (json_int_t)r->frozen.cut_off));
    }
    if (r->folds > 0) {
        json_object_set_new(all, "folds", folds_json(r));
        if (r->int8.count > 0) {
            json_object_set_new(all, "int8", int8_json(&r->int8));
        }
    } else {
        json_object_set_new(all, "history", history_json(&r->result));
        json_object_set_new(all, "validation", score_json(r, &r->validation));
    }
    json_t *test = score_json(r, &r->test);
    json_object_set_new(test, "read",
                        json_string(r->folds > 0 ? "once per fold, after its training"
                                                 : "once, after the training"));
    json_object_set_new(test, "by",
                        json_string(r->folds > 0 && r->weights > 0 ? "the networks in training"
                                                                   : "the model as it is written"));
    json_object_set_new(all, "test", test);
    return all;
}

/* One curve over the epochs, or two. */
static void put_chart(struct kl_buffer *html, const struct kl_train_report *r, const char *title,
                      const char *const labels[2], const double *values[2])
{
    const struct kl_axis x = {.label = "epoch"}, y = {.label = title};
    size_t count = (size_t)r->result.epochs;
    double *epochs = calloc(count + 1, sizeof epochs[0]);
    for (size_t i = 0; epochs && i < count; i++) {
        epochs[i] = (double)i + 1;
    }
    const struct kl_series series[2] = {{labels[0], epochs, values[0], count},
                                        {labels[1], epochs, values[1], count}};
    if (epochs) {
        kl_chart_lines(html, title, &x, &y, series, values[1] ? 2 : 1, false);
    }
    free(epochs);
}

static void put_charts(struct kl_buffer *html, const struct kl_train_report *r)
{
    static const char *const losses[2] = {"training", "validation"};
    static const char *const shares[2] = {"validation", NULL};
    size_t count = (size_t)r->result.epochs;
    double *columns = calloc(3 * count + 1, sizeof columns[0]);
    for (size_t i = 0; columns && i < count; i++) {
        columns[i] = r->result.history[i].loss;
        columns[count + i] = r->result.history[i].validation_loss;
        columns[2 * count + i] = r->result.history[i].accuracy;
    }
    if (columns && count > 0) {
        bool validated = r->counts[KL_PART_VALIDATION] > 0;
        put_chart(html, r, "Loss", losses,
                  (const double *[2]){columns, validated ? columns + count : NULL});
        if (validated && isfinite(columns[2 * count])) {
            put_chart(html, r, "Accuracy", shares, (const double *[2]){columns + 2 * count, NULL});
        }
    }
    free(columns);
}

static void put_confusion(struct kl_buffer *html, const struct kl_train_report *r)
{
    kl_html_printf(html, "<section><h2>Answers on the test part</h2>\n<div class=\"wide\"><table "
                         "class=\"dense\"><thead><tr><th>Class</th>"
                         "<th class=\"number\">Recall</th>");
    for (int32_t c = 0; c < r->classes; c++) {
        kl_html_printf(html, "<th class=\"number\">%s</th>", r->class_names[c]);
    }
    kl_html_printf(html, "</tr></thead><tbody>\n");
    for (int32_t c = 0; c < r->classes; c++) {
        int64_t of;
        struct kl_interval interval;
        double recall = kl_score_class_recall(&r->test, c, &of, &interval);
        kl_html_printf(html, "<tr><td>%s</td>", r->class_names[c]);
        if (isfinite(recall)) {
            kl_html_printf(html, "<td class=\"number\">%.1f %%</td>", 100 * recall);
        } else {
            kl_html_printf(html, "<td class=\"number\">-</td>");
        }
        for (int32_t i = 0; i < r->classes; i++) {
            kl_html_printf(html, "<td class=\"number\">%d</td>",
                           (int)r->test.confusion[c * r->classes + i]);
        }
        kl_html_printf(html, "</tr>\n");
    }
    kl_html_printf(html, "</tbody></table></div>\n</section>\n");
}

void kl_train_page(const struct kl_train_report *r, struct kl_buffer *html)
{
    char caution[KL_SCORE_CAUTION_BYTES], leaks[KL_LEAKS_TEXT_BYTES];
    kl_html_begin(html, "Training", r->network);
    kl_html_printf(html,
                   "<section><h2>Training</h2>\n<p>%d items to train on, %d for validation, %d for "
                   "the test, of data version %s. %d epochs; the weights of epoch %d were "
                   "kept.</p>\n",
                   r->counts[KL_PART_TRAIN], r->counts[KL_PART_VALIDATION], r->counts[KL_PART_TEST],
                   r->data_version, r->result.epochs, r->result.best + 1);
    if (r->test.confusion && r->test.count > 0) {
        kl_html_printf(html,
                       "<p>Test, read once: %.2f %% right, 95 %% interval %.2f to %.2f %%.</p>\n",
                       100 * r->test.accuracy, 100 * r->test.low, 100 * r->test.high);
        if (kl_score_caution(&r->test, caution)) {
            kl_html_printf(html, "<p>%s.</p>\n", caution);
        }
    }
    if (kl_learn_leaks_text(r->leaks, r->shared_groups, leaks)) {
        kl_html_printf(html, "<p>%s.</p>\n", leaks);
    }
    put_charts(html, r);
    kl_html_printf(html, "</section>\n");
    if (r->test.confusion && r->test.count > 0) {
        put_confusion(html, r);
    }
    kl_html_end(html);
}

enum kl_err train_write_record(struct kl_train_report *report, const char *folder,
                               struct kl_arena *arena, struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_bytes model;
    const char *path = kl_arena_printf(arena, "%s/" KL_TRAIN_RECORD, folder);
    KL_TRY(kl_file_read(report->model, SIZE_MAX, arena, &model, diag));
    kl_sha256_hex(model.data, model.size, sha256);
    json_t *record = kl_train_json(report);
    json_object_del(record, "history");
    json_object_set_new(record, "format", json_string("kinglet.training/1"));
    json_object_set_new(record, "model",
                        json_pack("{s:s, s:s}", "path", report->model, "sha256", sha256));
    char *text = json_dumps(record, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(record);
    enum kl_err err =
        text && path ? kl_file_write(path, text, strlen(text), diag) : KL_FAIL_MEMORY(diag);
    free(text);
    report->record = path;
    return err;
}
