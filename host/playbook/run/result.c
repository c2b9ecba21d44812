/* SPDX-License-Identifier: Apache-2.0 */
/* What a step's command gave: an envelope, or figures in what it printed. */
#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/envelope.h"
#include "base/file.h"
#include "base/units.h"
#include "base/utf8.h"
#include "playbook/evidence/clean.h"
#include "playbook/expression.h"
#include "playbook/run/internal.h"

enum { MOST_METRICS = 10000, NAME_BYTES = 200, LAST_LINE_BYTES = 300 };
static const char schema_name[] = "kinglet.result/1";

json_t *kl_run_envelope(const char *command)
{
    struct kl_result result;
    kl_result_init(&result, command);
    return result.root;
}

static void fail(struct kl_outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct kl_outcome *outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(outcome->message, sizeof outcome->message, format, args);
    va_end(args);
    json_decref(outcome->result);
    outcome->result = NULL;
    outcome->ok = false;
}

/* What is wrong with a metric of an envelope; NULL when nothing is. */
static const char *metric_fault(const char *name, const json_t *metric)
{
    const json_t *value = json_object_get(metric, "value");
    const char *unit = json_string_value(json_object_get(metric, "unit"));
    const char *provenance = json_string_value(json_object_get(metric, "provenance"));
    if (!name[0] || strlen(name) > NAME_BYTES || !kl_is_clean_text(name)) {
        return "its name is empty, longer than 200 bytes, or has control characters";
    }
    if (!value || !kl_is_clean_text(unit)) {
        return "it needs \"value\" and \"unit\" (a text; \"1\" for plain numbers)";
    }
    if (!provenance || kl_provenance_rank(provenance) < 0) {
        return "its \"provenance\" must be measured, counted, modelled, estimated, datasheet or "
               "stated";
    }
    return NULL;
}

/* Is this an envelope as docs/guide/json.md describes? Else the outcome says what is wrong. */
static bool is_envelope(json_t *json, const char *source, struct kl_outcome *outcome)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    json_t *metrics = json_object_get(json, "metrics");
    const char *name;
    json_t *metric;
    if (!schema || strcmp(schema, schema_name) != 0) {
        fail(outcome, "%s is no result: its \"schema\" must be \"%s\"", source, schema_name);
        return false;
    }
    if (!json_is_boolean(json_object_get(json, "ok")) || !json_is_object(metrics) ||
        json_object_size(metrics) > MOST_METRICS) {
        fail(outcome,
             "%s is no result: it needs \"ok\" (true or false) and \"metrics\" (an object of at "
             "most %d)",
             source, MOST_METRICS);
        return false;
    }
    json_object_foreach(metrics, name, metric)
    {
        const char *fault = metric_fault(name, metric);
        if (fault) {
            fail(outcome, "%s: metric %.100s: %s", source, name, fault);
            return false;
        }
    }
    return true;
}

/* The last line of what a step printed, in quotes, as the end of a message; "" for none. */
static const char *last_line(const struct kl_runner *runner, const struct kl_child *child,
                             char text[LAST_LINE_BYTES + 8])
{
    const struct kl_buffer *stream = child->err.size ? &child->err : &child->out;
    const char *tail = kl_run_tail(runner->playbook->arena, stream, 4096);
    text[0] = '\0';
    if (tail && *tail) {
        const char *line = strrchr(tail, '\n');
        line = line ? line + 1 : tail;
        snprintf(text, LAST_LINE_BYTES + 8, ": %.*s", (int)kl_utf8_cut(line, LAST_LINE_BYTES),
                 line);
    }
    return text;
}

/* What the command said last. A message of kinglet itself says all; else the status belongs to it.
 */
static void fail_by_status(const struct kl_runner *runner, const struct kl_child *child,
                           struct kl_outcome *outcome)
{
    static const char own[] = ": kinglet: ";
    char line[LAST_LINE_BYTES + 8];
    last_line(runner, child, line);
    if (strncmp(line, own, strlen(own)) == 0) {
        fail(outcome, "%s", line + strlen(own));
    } else {
        fail(outcome, "exit status %d%s", child->status, line);
    }
}

/* Why the command itself did not come to its end. False when it did. */
static bool was_ended(const struct kl_runner *runner, const struct kl_step *step,
                      const struct kl_child *child, struct kl_outcome *outcome)
{
    char line[LAST_LINE_BYTES + 8];
    if (child->timed_out) {
        fail(outcome, "it did not end within its time limit of %lld s (\"timeout\" sets it)%s",
             (long long)(step->timeout_ms / 1000), last_line(runner, child, line));
    } else if (child->status > 128 && child->status < 128 + 65) {
        fail(outcome, "it was ended by signal %d (%s)%s", child->status - 128,
             strsignal(child->status - 128), last_line(runner, child, line));
    } else if (child->status > 1) {
        fail_by_status(runner, child, outcome);
    }
    return outcome->message[0] != '\0';
}

static bool has_word(const struct kl_step *step, const char *word)
{
    const char *at = step->command ? strstr(step->command, word) : NULL;
    size_t length = strlen(word);
    return at && (at[length] == '\0' || strchr(" \t\n|;&>", at[length]));
}

/* A command of kinglet that was asked for JSON. */
static bool owes_envelope(const struct kl_step *step)
{
    return step->command && strncmp(step->command, "kinglet ", 8) == 0 && has_word(step, "--json");
}

static json_t *parse(const char *text, size_t bytes, json_error_t *error)
{
    return json_loadb(text, bytes, JSON_REJECT_DUPLICATES, error);
}

/* Does the text say that it is an envelope? Other JSON is only text that was printed. */
static bool claims_envelope(const json_t *json)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    return schema && strncmp(schema, "kinglet.result/", strlen("kinglet.result/")) == 0;
}

/* The word by which the command is called. */
static const char *command_name(const struct kl_runner *runner, const struct kl_step *step)
{
    const char *command = step->command ? step->command : "";
    int length = (int)strcspn(command, " \t\n");
    const char *name = kl_arena_printf(runner->playbook->arena, "%.*s", length, command);
    return name ? name : "";
}

static void take_stdout(const struct kl_runner *runner, const struct kl_step *step,
                        const struct kl_child *child, struct kl_outcome *outcome)
{
    json_error_t error;
    char line[LAST_LINE_BYTES + 8];
    json_t *json = child->out_cut
                       ? NULL
                       : parse(child->out.data ? child->out.data : "", child->out.size, &error);
    if (json && claims_envelope(json)) {
        outcome->result = json;
        outcome->from_stdout = true;
        is_envelope(json, "what it printed", outcome);
        return;
    }
    json_decref(json);
    if (child->status != 0) {
        fail_by_status(runner, child, outcome);
    } else if (child->out_cut && owes_envelope(step)) {
        fail(outcome, "it printed more than %d MiB", KL_RUN_OUTPUT_BYTES >> 20);
    } else if (owes_envelope(step)) {
        fail(outcome, "it printed no result although --json asks for one%s",
             last_line(runner, child, line));
    } else {
        outcome->result = kl_run_envelope(command_name(runner, step));
    }
}

static void take_file(const struct kl_runner *runner, const struct kl_step *step,
                      const struct kl_execution *execution, struct kl_outcome *outcome)
{
    struct kl_bytes file;
    struct kl_diag diag = {0};
    json_error_t error;
    char line[LAST_LINE_BYTES + 8];
    const char *path = kl_playbook_file(runner->playbook, step->metrics_file);
    struct kl_stamp now = kl_run_stamp(path);
    if (now.exists && memcmp(&now, &execution->metrics_before, sizeof now) == 0) {
        fail(outcome, "it did not write its metrics file: %s is an old one%s", step->metrics_file,
             last_line(runner, &execution->child, line));
        return;
    }
    if (!path ||
        kl_file_read(path, KL_RUN_OUTPUT_BYTES, runner->playbook->arena, &file, &diag) != KL_OK) {
        fail(outcome, "it did not write its metrics file: %s%s", diag.message,
             last_line(runner, &execution->child, line));
        return;
    }
    outcome->result = parse((const char *)file.data, file.size, &error);
    if (!outcome->result) {
        fail(outcome, "%s:%d: %s", step->metrics_file, error.line, error.text);
        return;
    }
    is_envelope(outcome->result, step->metrics_file, outcome);
}

/* The number in the last line that matches; false when none does, or what is there is none. */
static bool find_number(const regex_t *pattern, struct kl_buffer *text, struct kl_value *number,
                        bool *matched)
{
    bool found = false;
    for (char *line = text->data; line && *line;) {
        regmatch_t groups[2];
        size_t length = strcspn(line, "\n");
        bool more = line[length] == '\n';
        line[length] = '\0';
        if (regexec(pattern, line, 2, groups, 0) == 0 && groups[1].rm_so >= 0) {
            *matched = true;
            found = kl_value_parse(line + groups[1].rm_so,
                                   (size_t)(groups[1].rm_eo - groups[1].rm_so), number) &&
                    kl_dimension_equal(number->dimension, KL_PLAIN);
        }
        line[length] = more ? '\n' : '\0';
        line += length + (more ? 1 : 0);
    }
    return found;
}

json_t *kl_run_number(double value)
{
    bool whole = fabs(value) < 9007199254740992.0 && floor(value) == value;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

static void take_match(const struct kl_step_metric *metric, struct kl_buffer *text,
                       struct kl_outcome *outcome)
{
    regex_t pattern;
    struct kl_value number;
    bool matched = false;
    int error = regcomp(&pattern, metric->pattern, REG_EXTENDED);
    if (error || pattern.re_nsub < 1) {
        char reason[120] = "it has no group in parentheses";
        if (error) {
            regerror(error, &pattern, reason, sizeof reason);
        } else {
            regfree(&pattern);
        }
        fail(outcome, "metric %s: its pattern '%.200s' cannot be used: %s", metric->name,
             metric->pattern, reason);
        return;
    }
    bool found = find_number(&pattern, text, &number, &matched);
    regfree(&pattern);
    if (!found) {
        fail(outcome, "metric %s: %s its pattern '%.200s'", metric->name,
             matched ? "there is no plain number in the last line that matches"
                     : "no line that it printed matches",
             metric->pattern);
        return;
    }
    json_object_set_new(json_object_get(outcome->result, "metrics"), metric->name,
                        json_pack("{s:o, s:s, s:s}", "value", kl_run_number(number.value), "unit",
                                  metric->unit ? metric->unit : "1", "provenance",
                                  metric->provenance ? metric->provenance : "stated"));
}

/* Both streams, one behind the other; NULs become blanks, since they would end the search. */
static enum kl_err join_streams(const struct kl_child *child, struct kl_buffer *text,
                                struct kl_diag *diag)
{
    kl_buffer_append(text, child->out.data ? child->out.data : "", child->out.size);
    kl_buffer_append(text, "\n", 1);
    kl_buffer_append(text, child->err.data ? child->err.data : "", child->err.size);
    if (text->failed) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < text->size; i++) {
        text->data[i] = text->data[i] ? text->data[i] : ' ';
    }
    return KL_OK;
}

static enum kl_err take_matches(const struct kl_runner *runner, const struct kl_step *step,
                                const struct kl_child *child, struct kl_outcome *outcome,
                                struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER(2 * KL_RUN_OUTPUT_BYTES + 2);
    if (child->status != 0) {
        fail_by_status(runner, child, outcome);
        return KL_OK;
    }
    enum kl_err err = join_streams(child, &text, diag);
    outcome->result = kl_run_envelope(command_name(runner, step));
    for (size_t i = 0; err == KL_OK && outcome->result && i < step->metric_count; i++) {
        take_match(&step->metrics[i], &text, outcome);
    }
    kl_buffer_free(&text);
    return err;
}

enum kl_err kl_run_result(const struct kl_runner *runner, const struct kl_step *step,
                          const struct kl_execution *execution, struct kl_outcome *outcome,
                          struct kl_diag *diag)
{
    const struct kl_child *child = &execution->child;
    if (was_ended(runner, step, child, outcome)) {
        return KL_OK;
    }
    if (step->metrics_file) {
        take_file(runner, step, execution, outcome);
    } else if (step->metric_count) {
        KL_TRY(take_matches(runner, step, child, outcome, diag));
    } else {
        take_stdout(runner, step, child, outcome);
    }
    outcome->ok = outcome->result && child->status == 0 &&
                  json_is_true(json_object_get(outcome->result, "ok"));
    return outcome->result || outcome->message[0] ? KL_OK : KL_FAIL_MEMORY(diag);
}
