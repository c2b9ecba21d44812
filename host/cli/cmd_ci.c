/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet ci init`: pipelines that run the playbook's gates, from templates/ci. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/file.h"
#include "base/nearest.h"
#include "cli/commands.h"

enum { MOST_FILES = 2, MOST_SETTINGS = 8, TEMPLATE_BYTES = 256 * 1024, VALUE_BYTES = 512 };

struct file {
    const char *path;   /* in the repository */
    const char *source; /* built-in template */
};

/* What a person sets at the platform. */
struct setting {
    const char *name;
    const char *meaning;
    bool secret;
};

struct platform {
    const char *name;
    const char *title;
    const char *where; /* the place of the settings */
    struct file pipeline;
    struct setting settings[MOST_SETTINGS]; /* a NULL name ends */
};

static const struct file script = {"ci/kinglet.sh", "templates/ci/kinglet.sh"};

#define SETTING_URL                                              \
    {                                                            \
        "KINGLET_URL", "where kinglet is downloaded from", false \
    }
#define SETTING_SHA256                                                \
    {                                                                 \
        "KINGLET_SHA256", "SHA-256 of that download; optional", false \
    }
#define SETTING_SIGN_COMMAND                                   \
    {                                                          \
        "KINGLET_SIGN_COMMAND", "how to sign; optional", false \
    }

static const struct platform platforms[] = {
    {"github",
     "GitHub Actions",
     "Settings > Secrets and variables > Actions",
     {".github/workflows/kinglet.yml", "templates/ci/github.yml"},
     {SETTING_URL,
      SETTING_SHA256,
      {"KINGLET_SIGN_KEY", "key for signing; optional", true},
      SETTING_SIGN_COMMAND}},
    {"gitlab",
     "GitLab CI/CD",
     "Settings > CI/CD > Variables",
     {".gitlab-ci.yml", "templates/ci/gitlab.yml"},
     {SETTING_URL,
      SETTING_SHA256,
      {"KINGLET_TOKEN", "project access token, scope api, that writes comments; optional", true},
      {"KINGLET_SIGN_KEY", "key for signing; optional", true},
      SETTING_SIGN_COMMAND}},
    {"jenkins",
     "Jenkins",
     "the environment of a multibranch pipeline, and its credentials",
     {"Jenkinsfile", "templates/ci/Jenkinsfile"},
     {SETTING_URL,
      SETTING_SHA256,
      {"KINGLET_COMMENT_CREDENTIALS", "id of the token that writes comments; optional", false},
      {"KINGLET_PLATFORM", "github or gitlab, where comments go", false},
      {"KINGLET_API_URL", "https://api.github.com, or https://HOST/api/v4", false},
      {"KINGLET_REPOSITORY", "owner/name, or GitLab's project id", false},
      {"KINGLET_SIGN_CREDENTIALS", "id of the key for signing; optional", false},
      SETTING_SIGN_COMMAND}},
};
enum { PLATFORM_COUNT = sizeof platforms / sizeof platforms[0] };

/* Debian packages that kinglet needs to run, and to build and emulate test firmware. */
static const char packages[] =
    "jq libjansson4 libyaml-0-2 libmd4c0 gcc-arm-none-eabi libnewlib-arm-none-eabi "
    "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-arm qemu-system-misc";

struct init_options {
    struct kl_common common;
    const char *url;
    const char *playbook;
    bool force;
};

static enum kl_err find_platform(const char *name, const struct platform **platform,
                                 struct kl_diag *diag)
{
    const char *names[PLATFORM_COUNT];
    for (size_t i = 0; i < PLATFORM_COUNT; i++) {
        names[i] = platforms[i].name;
        if (strcmp(name, names[i]) == 0) {
            *platform = &platforms[i];
            return KL_OK;
        }
    }
    const char *near = kl_nearest(name, names, PLATFORM_COUNT);
    return near ? kl_fail(diag, KL_EUSAGE, "unknown platform '%.40s'; did you mean '%s'?", name,
                          near)
                : kl_fail(diag, KL_EUSAGE,
                          "unknown platform '%.40s'; there are github, gitlab and jenkins", name);
}

/* Values go into YAML, Groovy and shell between quotes: only what means nothing there is let in. */
static enum kl_err check_value(const char *option, const char *value, const char *extra,
                               struct kl_diag *diag)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    size_t length = strlen(value);
    if (length >= VALUE_BYTES) {
        return kl_fail(diag, KL_EUSAGE, "%s is longer than %d bytes", option, VALUE_BYTES - 1);
    }
    for (size_t i = 0; i < length; i++) {
        if (!strchr(plain, value[i]) && !strchr(extra, value[i])) {
            return kl_fail(diag, KL_EUSAGE,
                           "%s: character %zu of '%.60s' cannot stand in a pipeline; use letters, "
                           "digits and ._-/%s",
                           option, i + 1, value, extra);
        }
    }
    return KL_OK;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static enum kl_err check_url(const char *url, struct kl_diag *diag)
{
    if (!starts_with(url, "https://") && !starts_with(url, "http://") &&
        !starts_with(url, "file://")) {
        return kl_fail(diag, KL_EUSAGE,
                       "--url must begin with https://, http:// or file://, not be '%.60s'", url);
    }
    return check_value("--url", url, ":~%?&=+@", diag);
}

/* The pipeline runs in the root of the repository: a path inside it. */
static enum kl_err check_playbook(const char *path, struct kl_diag *diag)
{
    const char *last = strrchr(path, '/');
    bool outside = path[0] == '/' || path[0] == '-' || starts_with(path, "../") ||
                   strstr(path, "/../") || strcmp(last ? last + 1 : path, "..") == 0;
    if (outside) {
        return kl_fail(diag, KL_EUSAGE,
                       "--playbook '%.60s' must be a path inside the repository, as seen from its "
                       "root",
                       path);
    }
    return check_value("--playbook", path, "", diag);
}

/* "sub/" for "sub/playbook.yaml" and for "sub": what paths of its evidence begin with. */
static const char *folder_prefix(struct kl_arena *arena, const char *playbook)
{
    const char *slash = strrchr(playbook, '/');
    const char *dot = strrchr(playbook, '.');
    bool file = dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    if (file) {
        return kl_arena_printf(arena, "%.*s", slash ? (int)(slash - playbook + 1) : 0, playbook);
    }
    size_t length = strlen(playbook);
    bool closed = length && playbook[length - 1] == '/';
    return strcmp(playbook, ".") == 0 ? ""
                                      : kl_arena_printf(arena, "%s%s", playbook, closed ? "" : "/");
}

/* Copy a template; @NAME@ becomes the value of that name. Other text with @ stays. */
static enum kl_err fill(const struct kl_builtin *template_file, const char *const pairs[][2],
                        size_t count, struct kl_buffer *text, struct kl_diag *diag)
{
    const char *at = (const char *)template_file->data;
    const char *end = at + template_file->size;
    while (at < end) {
        size_t i = 0;
        while (i < count && !(strlen(pairs[i][0]) <= (size_t)(end - at) &&
                              memcmp(at, pairs[i][0], strlen(pairs[i][0])) == 0)) {
            i++;
        }
        kl_buffer_append(text, i < count ? pairs[i][1] : at, i < count ? strlen(pairs[i][1]) : 1);
        at += i < count ? strlen(pairs[i][0]) : 1;
    }
    return text->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

/* What the file is to hold. Free `text` in any case. */
static enum kl_err render(const struct file *file, const struct init_options *o,
                          struct kl_arena *arena, struct kl_buffer *text, struct kl_diag *diag)
{
    const struct kl_builtin *source = kl_builtin_find(file->source);
    const char *folder = folder_prefix(arena, o->playbook);
    assert(source && "the build embeds all of templates/");
    if (!folder) {
        return KL_FAIL_MEMORY(diag);
    }
    const char *const pairs[][2] = {{"@URL@", o->url ? o->url : ""},
                                    {"@PLAYBOOK@", o->playbook},
                                    {"@FOLDER@", folder},
                                    {"@PACKAGES@", packages}};
    return fill(source, pairs, sizeof pairs / sizeof pairs[0], text, diag);
}

/* May the file be written? Yes when it is not there, or holds just that already. */
static enum kl_err check_free(const char *path, const struct kl_buffer *text,
                              struct kl_arena *arena, struct kl_diag *diag)
{
    struct stat status;
    struct kl_bytes there;
    struct kl_diag ignored = {0};
    if (lstat(path, &status) != 0 ||
        (kl_file_read(path, TEMPLATE_BYTES, arena, &there, &ignored) == KL_OK &&
         there.size == text->size && memcmp(there.data, text->data, there.size) == 0)) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EUSAGE,
                   "%s is there already and nothing was written; move it away, or overwrite it "
                   "with --force",
                   path);
}

static enum kl_err write_one(const char *path, const struct kl_buffer *text, struct kl_arena *arena,
                             struct kl_diag *diag)
{
    const char *slash = strrchr(path, '/');
    if (slash) {
        const char *folder = kl_arena_printf(arena, "%.*s", (int)(slash - path), path);
        KL_TRY(folder ? kl_dir_create(folder, diag) : KL_FAIL_MEMORY(diag));
    }
    return kl_file_write(path, text->data, text->size, diag);
}

/* All or nothing: what is in the way is found before anything is written. */
static enum kl_err write_files(const struct file *const *files, const struct init_options *o,
                               struct kl_arena *arena, struct kl_diag *diag)
{
    struct kl_buffer texts[MOST_FILES];
    enum kl_err err = KL_OK;
    for (size_t i = 0; i < MOST_FILES; i++) {
        texts[i] = KL_BUFFER(TEMPLATE_BYTES);
        err = err ? err : render(files[i], o, arena, &texts[i], diag);
    }
    for (size_t i = 0; i < MOST_FILES && err == KL_OK && !o->force; i++) {
        err = check_free(files[i]->path, &texts[i], arena, diag);
    }
    for (size_t i = 0; i < MOST_FILES; i++) {
        err = err ? err : write_one(files[i]->path, &texts[i], arena, diag);
        kl_buffer_free(&texts[i]);
    }
    return err;
}

static void note_result(const struct platform *platform, const struct file *const *files,
                        struct kl_result *result)
{
    json_t *written = json_array();
    json_t *settings = json_array();
    for (size_t i = 0; i < MOST_FILES; i++) {
        json_array_append_new(written, json_string(files[i]->path));
    }
    for (const struct setting *s = platform->settings;
         s < platform->settings + MOST_SETTINGS && s->name; s++) {
        json_array_append_new(settings, json_pack("{s:s, s:s, s:b}", "name", s->name, "meaning",
                                                  s->meaning, "secret", (int)s->secret));
    }
    kl_result_detail(result, "platform", json_string(platform->name));
    kl_result_detail(result, "files", written);
    kl_result_detail(result, "settings", settings);
}

static void print_result(const struct platform *platform, const struct file *const *files,
                         const struct init_options *o)
{
    for (size_t i = 0; i < MOST_FILES; i++) {
        printf("wrote %s\n", files[i]->path);
    }
    printf("\n%s: %s\n", platform->title, platform->where);
    for (const struct setting *s = platform->settings;
         s < platform->settings + MOST_SETTINGS && s->name; s++) {
        bool given = o->url && strcmp(s->name, "KINGLET_URL") == 0;
        printf("  %-28s %s%s%s\n", s->name, s->meaning, s->secret ? " (secret)" : "",
               given ? "; set by --url" : "");
    }
    if (access(".git", F_OK) != 0) {
        printf(
            "\nThis folder is not the root of a git repository: pipelines are only found there.\n");
    }
    if (access(o->playbook, F_OK) != 0) {
        printf("\nThere is no %s here yet; `kinglet playbook init` writes one.\n", o->playbook);
    }
    printf("\nNext: look at the files, add build/ and .kinglet-ci/ to .gitignore, commit, and "
           "push.\n");
}

static enum kl_err init(const char *name, struct init_options *o, struct kl_arena *arena,
                        struct kl_result *result, struct kl_diag *diag)
{
    const struct platform *platform = NULL;
    KL_TRY(find_platform(name, &platform, diag));
    o->playbook = o->playbook ? o->playbook : "playbook.yaml";
    KL_TRY(check_playbook(o->playbook, diag));
    if (o->url) {
        KL_TRY(check_url(o->url, diag));
    }
    const struct file *const files[MOST_FILES] = {&platform->pipeline, &script};
    KL_TRY(write_files(files, o, arena, diag));
    note_result(platform, files, result);
    if (!o->common.json) {
        print_result(platform, files, o);
    }
    return KL_OK;
}

static int cmd_ci_init(int argc, char **argv, const struct kl_command *self)
{
    struct init_options o = {0};
    const struct kl_option options[] = {
        {.name = "--url",
         .argument = "URL",
         .help = "where the pipeline downloads kinglet from (default: its variable KINGLET_URL)",
         .text = &o.url},
        {.name = "--playbook",
         .argument = "P",
         .help = "playbook in the repository (default: playbook.yaml)",
         .text = &o.playbook},
        {.name = "--force", .help = "overwrite files that are there", .flag = &o.force},
        {.name = NULL},
    };
    const char *platform = NULL;
    struct kl_diag diag = {0};
    struct kl_result result;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &platform, 1, &status)) {
        return status;
    }
    kl_result_init(&result, self->name);
    struct kl_arena *arena = kl_arena_create((size_t)1 << 20);
    enum kl_err err = arena ? init(platform, &o, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    kl_arena_free(arena);
    return kl_finish(&result, &o.common, err, false, &diag);
}

static const struct kl_command subcommands[] = {
    {"ci init", "PLATFORM [options]",
     "Write the pipeline of github, gitlab or jenkins, and the script that it runs.", cmd_ci_init},
};

int kl_cmd_ci(int argc, char **argv, const struct kl_command *self)
{
    return kl_run_subcommand(argc, argv, self, subcommands,
                             sizeof subcommands / sizeof subcommands[0]);
}
