/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/commands.h"

static const struct kl_command commands[] = {
    {"playbook", "COMMAND ...", "The deployment playbook: init, check, run, status, report, diff.",
     kl_cmd_playbook},
    {"data", "COMMAND ...", "Data sets: import, stats, split, augment, relabel, card.",
     kl_cmd_data},
    {"train", "NETWORK --data DIR [options]",
     "Train a network of the zoo or your own, a forest, k-means or a mixture of Gaussians.",
     kl_cmd_train},
    {"evaluate", "MODEL --data DIR [options]",
     "How often a model is right on a part of a data set, by class and by condition.",
     kl_cmd_evaluate},
    {"select", "[PLAYBOOK | MODEL...] [options]",
     "Choose the board: limits, scores and sensitivity for your own model.", kl_cmd_select},
    {"boards", "[BOARD] [options]", "List the boards, or show one.", kl_cmd_boards},
    {"ci", "COMMAND ...", "Write pipelines that run the playbook's gates.", kl_cmd_ci},
    {"inspect", "MODEL [options]", "Show a model: operators, tensors, sizes, what is unsupported.",
     kl_cmd_inspect},
    {"run", "MODEL --input F... [options]", "Run a model on this machine.", kl_cmd_run},
    {"compile", "MODEL --board B -o DIR [options]",
     "Compile a model to C, and build its test firmware.", kl_cmd_compile},
    {"export", "MODEL -o OUT.tflite [options]", "Write a model as a .tflite file.", kl_cmd_export},
    {"quantise", "MODEL --inputs F -o OUT.tflite [options]",
     "Quantise a float model to integers, and write it as a .tflite file.", kl_cmd_quantise},
    {"optimise", "MODEL --data DIR --board B --require EXPRESSION... -o DIR [options]",
     "Climb the ladder: smaller and faster models, until one meets what is required.",
     kl_cmd_optimise},
    {"threshold", "MODEL --data DIR --false-alarms RATE -o F [options]",
     "Find thresholds of events for a wanted rate of false alarms.", kl_cmd_threshold},
    {"pack", "COMMAND ...", "Model packs: info, check, engine.", kl_cmd_pack},
    {"release", "COMMAND ...",
     "Firmware and models as one signed file: build, sign, verify, inspect.", kl_cmd_release},
    {"device", "COMMAND ...", "Talk to a device: info, update, confirm, reset.", kl_cmd_device},
    {"keys", "COMMAND ...", "Keys that sign and encrypt: new, list, rotate, revoke.", kl_cmd_keys},
    {"verify", "MODEL --board B [options]",
     "Check that a board computes exactly what the host computes.", kl_cmd_verify},
    {"profile", "MODEL --board B [options]",
     "Count instructions, RAM and flash of a model on a board, and model its cycles.",
     kl_cmd_profile},
    {"stack", "FIRMWARE --name NAME [options]",
     "Bound the stack of a model in any firmware, from its machine code.", kl_cmd_stack},
    {"import-project", "PATH [options]",
     "Find model and settings in a TFLM application or an Edge Impulse export.",
     kl_cmd_import_project},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    printf("kinglet %s: trained models on microcontrollers\n\nusage: kinglet COMMAND ...\n\n",
           KINGLET_VERSION);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-14s %s\n", commands[i].name, commands[i].summary);
    }
    printf("\n`kinglet COMMAND --help` or `kinglet help COMMAND` shows a command's options,\n"
           "`kinglet --version` the version. Exit status: 0 done, 1 a check failed, 2 bad usage\n"
           "or bad input.\n");
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    const char *near = kl_nearest(name, names, COMMAND_COUNT);
    if (near) {
        fprintf(stderr, "kinglet: unknown command '%.60s'; did you mean '%s'?\n", name, near);
    } else {
        fprintf(stderr, "kinglet: unknown command '%.60s'; `kinglet --help` lists all\n", name);
    }
    return KL_EXIT_BAD;
}

static int run_named(const char *name, int argc, char **argv)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc, argv, &commands[i]);
        }
    }
    return unknown_command(name);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int run_command(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "help") == 0) { /* "help playbook run", too */
        char help[] = "--help";
        char *words[] = {argc > 3 ? argv[3] : help, help};
        return run_named(argv[2], argc > 3 ? 2 : 1, words);
    }
    if (argc < 2 || is_help(argv[1])) {
        print_help();
        return argc < 2 ? KL_EXIT_BAD : KL_EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("kinglet %s\n", KINGLET_VERSION);
        return KL_EXIT_DONE;
    }
    return run_named(argv[1], argc - 2, argv + 2);
}

/* A pipe whose other end is closed: a reader like `head` that has seen enough. */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = 1, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int main(int argc, char **argv)
{
    kl_open_standard_files();
    /* A device or emulator that goes away is an error of a write, not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    int status = run_command(argc, argv);
    /* What was printed may be lost only now: a full disk. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status != KL_EXIT_BAD && !reader_is_gone()) {
        fprintf(stderr, "kinglet: cannot write to standard output\n");
        return KL_EXIT_BAD;
    }
    return status;
}
