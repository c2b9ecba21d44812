/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/file.h"
#include "base/nearest.h"
#include "cli/playbook_job.h"
#include "playbook/fields.h"
#include "report/template.h"

struct init_options {
    struct kl_playbook_options playbook;
    const char *template_name;
    const char *name;
    const char *owner;
    bool list, force;
};

static const char template_folder[] = "templates/playbook/";
static const char schema_name[] = "playbook.schema.json";
enum { MOST_TEMPLATES = 32, NAME_BYTES = 48 };

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Names of the built-in templates; returns how many. */
static size_t template_names(struct kl_arena *arena, const char *names[MOST_TEMPLATES])
{
    size_t count = 0;
    for (size_t i = 0; i < kl_builtin_count && count < MOST_TEMPLATES; i++) {
        const char *path = kl_builtins[i].path;
        if (strncmp(path, template_folder, strlen(template_folder)) == 0 &&
            ends_with(path, ".yaml")) {
            const char *base = path + strlen(template_folder);
            names[count] = kl_arena_printf(arena, "%.*s", (int)(strlen(base) - 5), base);
            count += names[count] != NULL;
        }
    }
    return count;
}

static enum kl_err unknown_template(const char *name, struct kl_arena *arena, struct kl_diag *diag)
{
    const char *names[MOST_TEMPLATES];
    size_t count = template_names(arena, names);
    const char *near = kl_nearest(name, names, count);
    return near ? kl_fail(diag, KL_EUSAGE, "unknown template '%.60s'; did you mean '%s'?", name,
                          near)
                : kl_fail(diag, KL_EUSAGE,
                          "unknown template '%.60s'; `kinglet playbook init --list` shows all, and "
                          "a path to a FILE.yaml takes another",
                          name);
}

/* The template's text: built in, or a file of the user's. */
static enum kl_err find_template(const char *name, struct kl_arena *arena, struct kl_bytes *text,
                                 struct kl_diag *diag)
{
    if (ends_with(name, ".yaml")) {
        return kl_file_read(name, KL_PLAYBOOK_FILE_BYTES, arena, text, diag);
    }
    const char *path = kl_arena_printf(arena, "%s%s.yaml", template_folder, name);
    const struct kl_builtin *file = path ? kl_builtin_find(path) : NULL;
    if (!file) {
        return unknown_template(name, arena, diag);
    }
    *text = (struct kl_bytes){file->data, file->size};
    return KL_OK;
}

/* The title line of a template: the text behind "# " on its second line, if there is one. */
static void print_template(const char *name, const char *text, size_t bytes)
{
    const char *line = memchr(text, '\n', bytes);
    const char *end = line ? memchr(line + 1, '\n', bytes - (size_t)(line + 1 - text)) : NULL;
    bool titled = end && line[1] == '#' && line[2] == ' ';
    printf("  %-24s %.*s\n", name, titled ? (int)(end - line - 3) : 0, titled ? line + 3 : "");
}

static enum kl_err list_templates(struct kl_playbook_job *job, bool print, struct kl_diag *diag)
{
    const char *names[MOST_TEMPLATES];
    size_t count = template_names(job->arena, names);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        struct kl_bytes text;
        json_array_append_new(list, json_string(names[i]));
        KL_TRY(find_template(names[i], job->arena, &text, diag));
        if (print) {
            print_template(names[i], (const char *)text.data, text.size);
        }
    }
    kl_result_detail(&job->result, "templates", list);
    return KL_OK;
}

/* A product's name from a folder's: lower case, what is not a letter or digit becomes '-'. */
static void name_from(const char *folder, char name[NAME_BYTES])
{
    char real[PATH_MAX];
    const char *path = realpath(folder, real) ? real : folder; /* it may not be there yet */
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    const char *base = path + end;
    while (base > path && base[-1] != '/') {
        base--;
    }
    size_t length = 0;
    for (; base < path + end && length + 1 < NAME_BYTES; base++) {
        bool word = isalnum((unsigned char)*base) != 0;
        if (word) {
            name[length++] = (char)tolower((unsigned char)*base);
        } else if (length && name[length - 1] != '-') {
            name[length++] = '-';
        }
    }
    while (length && name[length - 1] == '-') {
        length--;
    }
    memcpy(name + length, "", 1);
    if (!length) {
        snprintf(name, NAME_BYTES, "product");
    }
}

/* Text that can stand between the template's quotes. */
static bool is_quotable(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || iscntrl((unsigned char)*text)) {
            return false;
        }
    }
    return true;
}

/* Who starts the playbook: as asked for, or as git or the system knows them. */
static const char *owner_name(const struct init_options *o)
{
    const char *author = getenv("GIT_AUTHOR_NAME");
    const char *user = getenv("USER");
    const char *known = author ? author : user;
    return o->owner ? o->owner : known && *known && is_quotable(known) ? known : "nobody yet";
}

static enum kl_err check_words(const struct init_options *o, struct kl_diag *diag)
{
    if (o->name && !kl_playbook_is_name(o->name)) {
        return kl_fail(diag, KL_EUSAGE,
                       "--name takes letters, digits, '-', '_' and '.', with a letter or digit at "
                       "both ends, not '%.60s'; product.title holds the name that people use",
                       o->name);
    }
    if (o->owner && !is_quotable(o->owner)) {
        return kl_fail(diag, KL_EUSAGE, "--owner takes one line without '\"' and '\\'");
    }
    return KL_OK;
}

static enum kl_err render(const struct init_options *o, const char *folder,
                          const struct kl_playbook_job *job, struct kl_buffer *text,
                          struct kl_diag *diag)
{
    char name[NAME_BYTES];
    char day[32];
    struct kl_bytes source;
    KL_TRY(find_template(o->template_name, job->arena, &source, diag));
    name_from(folder, name);
    snprintf(day, sizeof day, "%04d-%02d-%02d", job->today.year, job->today.month, job->today.day);
    const char *copy =
        kl_arena_printf(job->arena, "%.*s", (int)source.size, (const char *)source.data);
    json_t *data = json_pack("{s:s, s:s, s:s}", "name", o->name ? o->name : name, "owner",
                             owner_name(o), "today", day);
    if (!copy || !data) {
        json_decref(data);
        return data ? KL_FAIL_MEMORY(diag)
                    : kl_fail(diag, KL_EUSAGE, "--name and --owner must be UTF-8 text");
    }
    enum kl_err err = kl_template_render(copy, o->template_name, data, text, diag);
    json_decref(data);
    return err;
}

/* The licence of the template is not that of what a user makes from it; editors that know the
 * YAML language server read the line in its place. */
static const char *begin_text(const char *rendered, struct kl_buffer *text)
{
    static const char licence[] = "# SPDX-";
    kl_buffer_printf(text, "# yaml-language-server: $schema=%s\n", schema_name);
    bool licensed = strncmp(rendered, licence, strlen(licence)) == 0;
    const char *end = licensed ? strchr(rendered, '\n') : NULL;
    return end ? end + 1 : rendered;
}

/* A template of the user's own must make a playbook; `check` finds what else is wrong in it. */
static enum kl_err check_text(const struct init_options *o, const struct kl_buffer *text,
                              struct kl_arena *arena, struct kl_diag *diag)
{
    static const struct kl_yaml_limits limits = {KL_PLAYBOOK_FILE_BYTES, 200000, 64};
    const struct kl_yaml *root = NULL;
    KL_TRY(kl_yaml_parse(text->data, text->size, o->template_name, &limits, arena, &root, diag));
    return kl_yaml_get(root, "playbook")
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "%s: no template of a playbook: the key 'playbook: 1' is missing",
                         o->template_name);
}

/* The schema beside the playbook, so that editors complete and check it from the first minute. */
static enum kl_err write_schema(const char *folder, struct kl_arena *arena, struct kl_diag *diag)
{
    const char *path = kl_arena_printf(arena, "%s/%s", folder, schema_name);
    json_t *schema = kl_fields_json_schema();
    char *text = schema ? json_dumps(schema, JSON_INDENT(2)) : NULL;
    json_decref(schema);
    enum kl_err err =
        path && text ? kl_file_write(path, text, strlen(text), diag) : KL_FAIL_MEMORY(diag);
    free(text);
    return err;
}

static enum kl_err write_text(const struct init_options *o, const char *folder, const char *path,
                              struct kl_playbook_job *job, struct kl_diag *diag)
{
    struct kl_buffer rendered = KL_BUFFER(KL_PLAYBOOK_FILE_BYTES);
    struct kl_buffer text = KL_BUFFER(KL_PLAYBOOK_FILE_BYTES);
    enum kl_err err = render(o, folder, job, &rendered, diag);
    if (err == KL_OK) {
        const char *rest = begin_text(rendered.data ? rendered.data : "", &text);
        kl_buffer_append(&text, rest, strlen(rest));
        err = text.failed ? kl_fail(diag, KL_ELIMIT, "%s: larger than 1 MiB", o->template_name)
                          : check_text(o, &text, job->arena, diag);
    }
    if (err == KL_OK) {
        err = kl_dir_create(folder, diag);
    }
    if (err == KL_OK) { /* before the playbook, which would be in the way of another try */
        err = write_schema(folder, job->arena, diag);
    }
    if (err == KL_OK) {
        err = kl_file_write(path, text.data, text.size, diag);
    }
    kl_buffer_free(&rendered);
    kl_buffer_free(&text);
    return err;
}

static enum kl_err write_playbook(const struct init_options *o, const char *folder,
                                  struct kl_playbook_job *job, struct kl_diag *diag)
{
    struct stat status;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    const char *path = kl_arena_printf(job->arena, "%s%splaybook.yaml", folder, slash);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    if (lstat(path, &status) == 0 && !o->force) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s is there already and stays as it is; --force overwrites it", path);
    }
    KL_TRY(check_words(o, diag));
    KL_TRY(write_text(o, folder, path, job, diag));
    kl_result_detail(&job->result, "file", json_string(path));
    if (!o->playbook.common.json) {
        const char *quote = strpbrk(folder, " '\"$&;()*?<>|\\`") ? "'" : "";
        printf("wrote %s, and %s for editors\n\nNext: fill in what it asks for, then\n\n", path,
               schema_name);
        if (strcmp(folder, ".") != 0) {
            printf("    cd %s%s%s\n", quote, folder, quote);
        }
        printf("    kinglet playbook check\n    kinglet playbook run\n");
    }
    return KL_OK;
}

int kl_cmd_playbook_init(int argc, char **argv, const struct kl_command *self)
{
    struct init_options o = {0};
    const struct kl_option options[] = {
        {.name = "--template",
         .argument = "T",
         .help = "name of a built-in template, or a FILE.yaml",
         .text = &o.template_name},
        {.name = "--list", .help = "list the built-in templates", .flag = &o.list},
        {.name = "--name",
         .argument = "NAME",
         .help = "of the product (default: from the folder)",
         .text = &o.name},
        {.name = "--owner", .argument = "WHO", .help = "who answers for it", .text = &o.owner},
        {.name = "--force", .help = "overwrite a playbook that is there", .flag = &o.force},
        {.name = NULL},
    };
    const char *folder = ".";
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, &folder, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK && o.list) {
        err = list_templates(&job, !o.playbook.common.json, &diag);
    } else if (err == KL_OK && !o.template_name) {
        err = kl_fail(&diag, KL_EUSAGE,
                      "--template is missing; `kinglet playbook init --list` shows the templates");
    } else if (err == KL_OK) {
        err = write_playbook(&o, folder, &job, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, false, &diag);
}
