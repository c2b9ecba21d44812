/* SPDX-License-Identifier: Apache-2.0 */
/* Command-line options from one table per command: parsing and help agree by construction. */
#ifndef KINGLET_CLI_OPTIONS_H
#define KINGLET_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"

enum { KL_MAX_FILES = 16 };

/* Values of an option that may be repeated. */
struct kl_strings {
    const char *items[KL_MAX_FILES];
    int count;
};

/* One option. Exactly one of the targets is set; a flag has only `flag`. A command has at most
 * 64; one that takes a value may be given once, unless it is a list. */
struct kl_option {
    const char *name;     /* with dashes, e.g. "--board" */
    const char *argument; /* placeholder in the help; NULL for a flag */
    const char *help;
    bool *flag;
    const char **text;
    int64_t *number; /* 0 .. INT64_MAX */
    struct kl_strings *list;
};

/* A command: what it is called, what it takes, what it does. */
struct kl_command {
    const char *name;
    const char *synopsis; /* after the name, e.g. "MODEL [options]"; the positional comes first */
    const char *summary;  /* one line for the list of commands */
    int (*run)(int argc, char **argv, const struct kl_command *self);
};

/* Options that every command takes. */
struct kl_common {
    bool json;
    bool help;
};

/*
 * Parse argv (without program and command name). Positional arguments go to `positional`,
 * exactly `wanted` of them; fewer when the synopsis begins with "[", and the rest of `positional`
 * stays as it was. `options` ends with a NULL name. False when the command must not
 * go on: --help was printed, or the message about bad usage; *status is then the exit status.
 */
bool kl_options_begin(const struct kl_command *self, int argc, char **argv,
                      const struct kl_option *options, struct kl_common *common,
                      const char **positional, int wanted, int *status);

#endif
