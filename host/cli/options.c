/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "target/nearest.h"

static const struct kl_option *find_option(const struct kl_option *options, const char *name,
                                           size_t length)
{
    for (const struct kl_option *o = options; o->name; o++) {
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) {
            return o;
        }
    }
    return NULL;
}

static enum kl_err unknown_option(const struct kl_option *options, const char *argument,
                                  size_t length, struct kl_diag *diag)
{
    enum { MOST = 32 };
    char name[64];
    const char *names[MOST] = {"--json", "--help"};
    size_t count = 2;
    for (const struct kl_option *o = options; o->name && count < MOST; o++) {
        names[count++] = o->name;
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
             argument);
    const char *near = kl_nearest(name, names, count);
    return kl_fail(diag, KL_EUSAGE, "unknown option '%s'%s%s%s; --help lists the options", name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static enum kl_err set_number(const struct kl_option *option, const char *text,
                              struct kl_diag *diag)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 0) {
        return kl_fail(diag, KL_EUSAGE, "%s takes a whole number, not '%.60s'", option->name, text);
    }
    *option->number = value;
    return KL_OK;
}

static enum kl_err set_value(const struct kl_option *option, const char *text, struct kl_diag *diag)
{
    if (option->number) {
        return set_number(option, text, diag);
    }
    if (option->list) {
        if (option->list->count == KL_MAX_FILES) {
            return kl_fail(diag, KL_EUSAGE, "%s is given more than %d times", option->name,
                           KL_MAX_FILES);
        }
        option->list->items[option->list->count++] = text;
        return KL_OK;
    }
    *option->text = text;
    return KL_OK;
}

static bool parse_common(const char *argument, struct kl_common *common)
{
    if (strcmp(argument, "--json") == 0) {
        common->json = true;
    } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        common->help = true;
    } else {
        return false;
    }
    return true;
}

/* Parse the option at argv[*i]; *i moves past a separate value. */
static enum kl_err parse_option(int argc, char **argv, int *i, const struct kl_option *options,
                                struct kl_diag *diag)
{
    const char *argument = argv[*i];
    size_t length = strcspn(argument, "=");
    const struct kl_option *option = find_option(options, argument, length);
    if (!option && strcmp(argument, "-o") == 0) {
        option = find_option(options, "--output-folder", strlen("--output-folder"));
    }
    if (!option) {
        return unknown_option(options, argument, length, diag);
    }
    if (option->flag) {
        *option->flag = true;
        return argument[length] ? kl_fail(diag, KL_EUSAGE, "%s takes no value", option->name)
                                : KL_OK;
    }
    if (argument[length] == '=') {
        return set_value(option, argument + length + 1, diag);
    }
    if (*i + 1 >= argc) {
        return kl_fail(diag, KL_EUSAGE, "%s needs a value: %s", option->name, option->argument);
    }
    return set_value(option, argv[++*i], diag);
}

static enum kl_err parse(int argc, char **argv, const struct kl_option *options,
                         struct kl_common *common, const char **positional, int wanted,
                         struct kl_diag *diag)
{
    int given = 0;
    bool only_names = false; /* after "--" */
    for (int i = 0; i < argc; i++) {
        if (!only_names && strcmp(argv[i], "--") == 0) {
            only_names = true;
        } else if (!only_names && argv[i][0] == '-' && argv[i][1]) {
            if (!parse_common(argv[i], common)) {
                KL_TRY(parse_option(argc, argv, &i, options, diag));
            }
        } else if (given < wanted) {
            positional[given++] = argv[i];
        } else {
            return kl_fail(diag, KL_EUSAGE, "unexpected argument '%.200s'", argv[i]);
        }
    }
    if (given < wanted && !common->help) {
        return kl_fail(diag, KL_EUSAGE, "an argument is missing; --help shows the usage");
    }
    return KL_OK;
}

static void print_option(const char *name, const char *argument, const char *help)
{
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", name, argument ? " " : "", argument ? argument : "");
    printf("  %-26s %s\n", left, help);
}

static void print_help(const struct kl_command *command, const struct kl_option *options)
{
    printf("usage: kinglet %s %s\n\n%s\n\noptions:\n", command->name, command->synopsis,
           command->summary);
    for (const struct kl_option *o = options; o->name; o++) {
        bool folder = strcmp(o->name, "--output-folder") == 0;
        print_option(folder ? "-o, --output-folder" : o->name, o->argument, o->help);
    }
    print_option("--json", NULL, "print the result as JSON (docs/guide/json.md)");
    print_option("--help", NULL, "print this help");
}

bool kl_options_begin(const struct kl_command *self, int argc, char **argv,
                      const struct kl_option *options, struct kl_common *common,
                      const char **positional, int wanted, int *status)
{
    struct kl_diag diag = {0};
    if (parse(argc, argv, options, common, positional, wanted, &diag) != KL_OK) {
        *status = kl_report(&diag);
        return false;
    }
    if (common->help) {
        print_help(self, options);
        *status = KL_EXIT_DONE;
        return false;
    }
    return true;
}
