/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "target/nearest.h"

static const struct kl_command commands[] = {
    {"inspect", "MODEL [options]", "Show a model: operators, tensors, sizes, what is unsupported.",
     kl_cmd_inspect},
    {"run", "MODEL --input F... [options]", "Run a model on this machine.", kl_cmd_run},
    {"compile", "MODEL --board B -o DIR [options]",
     "Compile a model to C, and build its test firmware.", kl_cmd_compile},
    {"verify", "MODEL --board B [options]",
     "Check that a board computes exactly what the host computes.", kl_cmd_verify},
    {"profile", "MODEL --board B [options]",
     "Count instructions, cycles, RAM and flash of a model on a board.", kl_cmd_profile},
    {"boards", "[options]", "List the boards, or show one.", kl_cmd_boards},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    printf("kinglet %s: trained models on microcontrollers\n\nusage: kinglet COMMAND ...\n\n",
           KINGLET_VERSION);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    printf("\n`kinglet COMMAND --help` shows a command's options. Exit status: 0 done, 1 a check "
           "failed,\n2 bad usage or bad input.\n");
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    const char *near = kl_nearest(name, names, COMMAND_COUNT);
    fprintf(stderr, "kinglet: unknown command '%.60s'%s%s%s; `kinglet --help` lists all\n", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return KL_EXIT_BAD;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? KL_EXIT_BAD : KL_EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("kinglet %s\n", KINGLET_VERSION);
        return KL_EXIT_DONE;
    }
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 2, argv + 2, &commands[i]);
        }
    }
    return unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    /* A device or emulator that goes away is an error of a write, not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    int status = run_command(argc, argv);
    /* What was printed may be lost only now: a full disk. A reader that has seen enough is none. */
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && status != KL_EXIT_BAD) {
        if (errno != EPIPE) {
            fprintf(stderr, "kinglet: cannot write to standard output\n");
        }
        return KL_EXIT_BAD;
    }
    return status;
}
