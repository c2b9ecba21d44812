/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/commands.h"

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

/* Options that are also called -o: a command has one of them, or none. */
static bool is_output(const struct kl_option *option)
{
    return strcmp(option->name, "--output-folder") == 0 ||
           strcmp(option->name, "--output-file") == 0;
}

static const struct kl_option *find_output(const struct kl_option *options)
{
    const struct kl_option *o = options;
    while (o->name && !is_output(o)) {
        o++;
    }
    return o->name ? o : NULL;
}

static enum kl_err unknown_option(const struct kl_option *options, const char *argument,
                                  size_t length, struct kl_diag *diag)
{
    enum { MOST = 64 };
    char name[64];
    const char *names[MOST] = {"--json", "--help"};
    size_t count = 2;
    for (const struct kl_option *o = options; o->name && count < MOST; o++) {
        names[count++] = o->name;
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
             argument);
    const char *near = kl_nearest(name, names, count);
    return near ? kl_fail(diag, KL_EUSAGE, "unknown option '%s'; did you mean '%s'?", name, near)
                : kl_fail(diag, KL_EUSAGE, "unknown option '%s'; --help lists the options", name);
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

/* `name` is the option as it was written: "-o" or "--output-folder". */
static enum kl_err set_value(const struct kl_option *option, const char *name, const char *text,
                             struct kl_diag *diag)
{
    if (option->number) {
        return set_number(option, text, diag);
    }
    if (!*text) {
        return kl_fail(diag, KL_EUSAGE, "%s: an empty %sname", name, option->list ? "file " : "");
    }
    if (option->list) {
        if (option->list->count == KL_MAX_FILES) {
            return kl_fail(diag, KL_EUSAGE, "%s is given more than %d times", name, KL_MAX_FILES);
        }
        option->list->items[option->list->count++] = text;
        return KL_OK;
    }
    *option->text = text;
    return KL_OK;
}

/* Is the argument, up to a "=", this name? */
static bool is_named(const char *argument, const char *name)
{
    size_t length = strcspn(argument, "=");
    return strlen(name) == length && strncmp(argument, name, length) == 0;
}

/* The options that every command takes; *common_option says whether this is one. */
static enum kl_err parse_common(const char *argument, struct kl_common *common, bool *common_option,
                                struct kl_diag *diag)
{
    bool json = is_named(argument, "--json");
    bool help = is_named(argument, "--help") || is_named(argument, "-h");
    *common_option = json || help;
    if (*common_option && strchr(argument, '=')) {
        return kl_fail(diag, KL_EUSAGE, "%s takes no value", json ? "--json" : "--help");
    }
    common->json = common->json || json;
    common->help = common->help || help;
    return KL_OK;
}

/* What is being parsed. */
struct arguments {
    const struct kl_command *command;
    const struct kl_option *options;
    int count;
    char **items;
    int at;        /* the item that is looked at */
    uint64_t seen; /* bit n: option n was given with a value */
};

/* The value of an option that stands alone: the next argument. A forgotten value must not take
 * the next option for one; "--option=--value" passes such a value. */
static enum kl_err next_value(struct arguments *a, const struct kl_option *option, const char *name,
                              const char **value, struct kl_diag *diag)
{
    if (a->at + 1 >= a->count || strncmp(a->items[a->at + 1], "--", 2) == 0) {
        return kl_fail(diag, KL_EUSAGE, "%s needs a value: %s", name, option->argument);
    }
    *value = a->items[++a->at];
    return KL_OK;
}

/* Two values of an option that has one would contradict each other. */
static enum kl_err note_seen(struct arguments *a, const struct kl_option *option, const char *name,
                             struct kl_diag *diag)
{
    uint64_t bit = (uint64_t)1 << (option - a->options);
    if (!option->list && (a->seen & bit)) {
        return kl_fail(diag, KL_EUSAGE, "%s is given twice", name);
    }
    a->seen |= bit;
    return KL_OK;
}

/* Parse the option that is looked at, and its value. */
static enum kl_err parse_option(struct arguments *a, struct kl_diag *diag)
{
    const char *argument = a->items[a->at];
    size_t length = strcspn(argument, "=");
    bool o = is_named(argument, "-o");
    const struct kl_option *option =
        o ? find_output(a->options) : find_option(a->options, argument, length);
    if (!option) {
        return unknown_option(a->options, argument, length, diag);
    }
    const char *name = o ? "-o" : option->name;
    const char *value = argument + length + 1;
    if (option->flag) {
        *option->flag = true;
        return argument[length] ? kl_fail(diag, KL_EUSAGE, "%s takes no value", name) : KL_OK;
    }
    KL_TRY(note_seen(a, option, name, diag));
    if (!argument[length]) {
        KL_TRY(next_value(a, option, name, &value, diag));
    }
    return set_value(option, name, value, diag);
}

/* The words of the synopsis are the positional arguments; name the one behind those given. */
static enum kl_err missing(const struct kl_command *command, int given, struct kl_diag *diag)
{
    const char *word = command->synopsis;
    for (int i = 0; i < given && strchr(word, ' '); i++) {
        word = strchr(word, ' ') + 1;
    }
    return kl_fail(diag, KL_EUSAGE, "%.*s is missing; usage: kinglet %s %s",
                   (int)strcspn(word, " "), word, command->name, command->synopsis);
}

static enum kl_err parse(struct arguments *a, struct kl_common *common, const char **positional,
                         int wanted, struct kl_diag *diag)
{
    int given = 0;
    bool only_names = false; /* after "--" */
    for (; a->at < a->count; a->at++) {
        const char *item = a->items[a->at];
        bool done;
        if (!only_names && strcmp(item, "--") == 0) {
            only_names = true;
        } else if (!only_names && item[0] == '-' && item[1]) {
            KL_TRY(parse_common(item, common, &done, diag));
            KL_TRY(done ? KL_OK : parse_option(a, diag));
        } else if (given == wanted) {
            return kl_fail(diag, KL_EUSAGE, "unexpected argument '%.200s'", item);
        } else if (!*item) {
            return kl_fail(diag, KL_EUSAGE, "an empty file name");
        } else {
            positional[given++] = item;
        }
    }
    bool optional = a->command->synopsis[0] == '[';
    return given < wanted && !optional && !common->help ? missing(a->command, given, diag) : KL_OK;
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
        char name[40];
        snprintf(name, sizeof name, "%s%s", is_output(o) ? "-o, " : "", o->name);
        print_option(name, o->argument, o->help);
    }
    print_option("--json", NULL, "print the result as JSON (docs/guide/json.md)");
    print_option("--help", NULL, "print this help");
}

bool kl_options_begin(const struct kl_command *self, int argc, char **argv,
                      const struct kl_option *options, struct kl_common *common,
                      const char **positional, int wanted, int *status)
{
    struct kl_diag diag = {0};
    struct arguments a = {.command = self, .options = options, .count = argc, .items = argv};
    if (parse(&a, common, positional, wanted, &diag) != KL_OK) {
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
