/* SPDX-License-Identifier: Apache-2.0 */
/* What compile, verify and profile share: a model, a board, a folder to build in. */
#ifndef KINGLET_CLI_BOARD_JOB_H
#define KINGLET_CLI_BOARD_JOB_H

#include "cli/commands.h"
#include "cli/model_options.h"
#include "cli/work_folder.h"
#include "flow/export_pack.h"

/* Options of every command that builds for a board. */
struct kl_board_options {
    struct kl_common common;
    const char *board;
    const char *folder;
    const char *name;
    const char *kernels;
    const char *dump_after;
    bool pack;
    bool wide_weights;
    struct kl_model_options model;
};

/* The rows of the option table for the struct above. */
#define KL_BOARD_OPTIONS(o)                                                                   \
    KL_MODEL_OPTIONS((o).model),                                                              \
        {.name = "--board",                                                                   \
         .argument = "B",                                                                     \
         .help = "board name or board file",                                                  \
         .text = &(o).board},                                                                 \
        {.name = "--output-folder",                                                           \
         .argument = "DIR",                                                                   \
         .help = "keep the generated files here",                                             \
         .text = &(o).folder},                                                                \
        {.name = "--name",                                                                    \
         .argument = "NAME",                                                                  \
         .help = "prefix of C symbols (default: from the file name)",                         \
         .text = &(o).name},                                                                  \
        {.name = "--kernels",                                                                 \
         .argument = "HOW",                                                                   \
         .help = "shared: smallest; each: one instance per step; auto (default)",             \
         .text = &(o).kernels},                                                               \
        {.name = "--wide-weights",                                                            \
         .help = "store 4-bit weights as int8: faster, more flash",                           \
         .flag = &(o).wide_weights},                                                          \
        {.name = "--pack",                                                                    \
         .help = "as a model pack, model.klm, that an engine executes",                       \
         .flag = &(o).pack},                                                                  \
    {                                                                                         \
        .name = "--dump-after", .argument = "PASS",                                           \
        .help = "print the graph after a pass (\"import\": as read)", .text = &(o).dump_after \
    }

struct kl_board_job {
    struct kl_model_job model;
    const struct kl_board *board;
    struct kl_export export;
    struct kl_result result;
    char name[48];                  /* C identifier of the model */
    bool pack;                      /* build for the engine, not as C */
    struct kl_firmware_stack stack; /* once the firmware is built; of a pack all zero */
    struct kl_engine_claim *claim;  /* of the firmware that the pack is for, or NULL */
    struct kl_work_folder work;
};

/* Open and plan the model, find the board, choose the folder. Call kl_board_job_close in any
 * case. */
enum kl_err kl_board_job_open(struct kl_board_job *job, const struct kl_board_options *options,
                              const char *path, const char *command,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Write the pack, and report its sizes. */
enum kl_err kl_board_job_pack(struct kl_board_job *job, struct kl_diag *diag) KL_MUST_CHECK;

/* Write the sources, or the pack, and build the firmware. */
enum kl_err kl_board_job_build(struct kl_board_job *job, const struct kl_common *common,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* Report the error, or print the result as JSON when asked; clean up; return the exit
 * status. `failed`: the command's check did not hold. */
int kl_board_job_close(struct kl_board_job *job, const struct kl_common *common, enum kl_err err,
                       bool failed, const struct kl_diag *diag);

/* Inputs for `runs` runs: the files, or random ones from the seed. */
enum kl_err kl_board_job_inputs(struct kl_board_job *job, const struct kl_strings *files,
                                int64_t seed, int64_t runs, unsigned char **inputs,
                                struct kl_diag *diag) KL_MUST_CHECK;

#endif
