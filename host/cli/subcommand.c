/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that consist of commands: `kinglet playbook run`, `kinglet ci init`. */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/commands.h"

enum { MOST_SUBCOMMANDS = 24 };

/* The word behind the outer command's name: "run" of "playbook run". */
static const char *last_word(const struct kl_command *command)
{
    return strrchr(command->name, ' ') + 1;
}

static void print_list(const struct kl_command *self, const struct kl_command *subcommands,
                       size_t count)
{
    printf("usage: kinglet %s %s\n\n%s\n\n", self->name, self->synopsis, self->summary);
    for (size_t i = 0; i < count; i++) {
        printf("  %-10s %s\n", last_word(&subcommands[i]), subcommands[i].summary);
    }
    printf("\n`kinglet %s COMMAND --help` shows a command's options.\n", self->name);
}

static int unknown(const char *name, const struct kl_command *self,
                   const struct kl_command *subcommands, size_t count)
{
    const char *names[MOST_SUBCOMMANDS];
    for (size_t i = 0; i < count && i < MOST_SUBCOMMANDS; i++) {
        names[i] = last_word(&subcommands[i]);
    }
    const char *near = kl_nearest(name, names, count < MOST_SUBCOMMANDS ? count : MOST_SUBCOMMANDS);
    struct kl_diag diag = {0};
    if (near) {
        kl_fail(&diag, KL_EUSAGE, "unknown command '%s %.60s'; did you mean '%s %s'?", self->name,
                name, self->name, near);
    } else {
        kl_fail(&diag, KL_EUSAGE, "unknown command '%s %.60s'; `kinglet %s --help` lists all",
                self->name, name, self->name);
    }
    return kl_report(&diag);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int kl_run_subcommand(int argc, char **argv, const struct kl_command *self,
                      const struct kl_command *subcommands, size_t count)
{
    if (argc < 1 || (is_help(argv[0]) && (argc < 2 || is_help(argv[1])))) {
        print_list(self, subcommands, count);
        return argc < 1 ? KL_EXIT_BAD : KL_EXIT_DONE;
    }
    if (is_help(argv[0])) { /* "playbook help run" */
        char help[] = "--help";
        char *words[] = {argv[1], help};
        return kl_run_subcommand(2, words, self, subcommands, count);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[0], last_word(&subcommands[i])) == 0) {
            return subcommands[i].run(argc - 1, argv + 1, &subcommands[i]);
        }
    }
    return unknown(argv[0], self, subcommands, count);
}
