/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, one cmd_*.c each, and what they share. */
#ifndef KINGLET_CLI_COMMANDS_H
#define KINGLET_CLI_COMMANDS_H

#include "base/envelope.h"
#include "cli/options.h"
#include "flow/model_job.h"
#include "target/board.h"

typedef int kl_command_fn(int argc, char **argv, const struct kl_command *self);
kl_command_fn kl_cmd_inspect, kl_cmd_run, kl_cmd_compile, kl_cmd_verify, kl_cmd_profile,
    kl_cmd_pack, kl_cmd_boards, kl_cmd_playbook, kl_cmd_select, kl_cmd_ci, kl_cmd_import_project,
    kl_cmd_stack, kl_cmd_export, kl_cmd_quantise, kl_cmd_data, kl_cmd_train, kl_cmd_evaluate,
    kl_cmd_threshold, kl_cmd_optimise, kl_cmd_keys, kl_cmd_release, kl_cmd_device;

/* Exit statuses of every command. */
enum { KL_EXIT_DONE = 0, KL_EXIT_FAILED = 1, KL_EXIT_BAD = 2 };

/* Give standard input, output and error a place when they were closed: else a pipe or a file
 * that is opened later would take their numbers, and be written to or closed as them. */
void kl_open_standard_files(void);

/* Run the one of `subcommands` that argv[0] names, e.g. "run" for "playbook run"; --help lists
 * them. Returns the exit status. */
int kl_run_subcommand(int argc, char **argv, const struct kl_command *self,
                      const struct kl_command *subcommands, size_t count);

/* Print "kinglet: message" to standard error and return the exit status of the error. */
int kl_report(const struct kl_diag *diag);

/*
 * The end of a command: report the error, or print the result as JSON when asked for; free
 * the result; return the exit status. `failed`: the command's check did not hold.
 */
int kl_finish(struct kl_result *result, const struct kl_common *common, enum kl_err err,
              bool failed, const struct kl_diag *diag);

/* A number with thousands separators: 1234567 -> "1,234,567"; returns `text`. */
enum { KL_NUMBER_BYTES = 32 };
char *kl_grouped(long long value, char text[KL_NUMBER_BYTES]);

/* Add what the passes removed from the graph to the result, and print it as a line, if there is
 * anything and JSON is not asked for. */
void kl_report_removed(const struct kl_graph *graph, const struct kl_common *common,
                       struct kl_result *result);

/* ANSI codes for emphasis when standard output is a terminal, else empty strings. */
const char *kl_bold(void);
const char *kl_plain(void);
const char *kl_green(void);
const char *kl_red(void);

/* Progress to standard error, when it is a terminal and JSON is not asked for. */
void kl_progress(const struct kl_common *common, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A tensor that holds `tensor` `runs` times, for files that hold a sequence. */
struct kl_tensor kl_tensor_sequence(const struct kl_tensor *tensor, int64_t runs);

/* KL_EUSAGE when --sequence is not a number of runs that can be. */
enum kl_err kl_check_sequence(int64_t runs, struct kl_diag *diag) KL_MUST_CHECK;

/* Read the files of --input or --expect, one per tensor, each with `runs` values of it, into
 * memory of the job's arena: for each run all tensors back to back. The files' hashes go into
 * `result`. */
enum kl_err kl_read_tensors(const struct kl_strings *files, const struct kl_plan_io *ios,
                            int32_t count, int64_t runs, const char *option,
                            struct kl_model_job *job, struct kl_result *result,
                            unsigned char **data, struct kl_diag *diag) KL_MUST_CHECK;

/* A board of the user's own is an input like the model; nothing happens for a board's name. */
enum kl_err kl_note_board_file(struct kl_result *result, struct kl_arena *arena, const char *board,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* "shared", "each" or "auto" (NULL too) of --kernels. */
enum kl_err kl_kernels_option(const char *text, int *kernels, struct kl_diag *diag) KL_MUST_CHECK;

#endif
