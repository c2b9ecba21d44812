/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands that read a model: what they fix of an ONNX model, and what comes before a
 * model. */
#ifndef KINGLET_CLI_MODEL_OPTIONS_H
#define KINGLET_CLI_MODEL_OPTIONS_H

#include "base/envelope.h"
#include "cli/options.h"
#include "flow/model_job.h"
#include "flow/score_head.h"

struct kl_model_options {
    struct kl_strings bind, shape;
    const char *features;
    enum kl_score_kind score; /* no option of all commands: what to append */
};

/* The rows of the option table for the struct above. */
#define KL_MODEL_OPTIONS(o)                                                                     \
    {.name = "--bind",                                                                          \
     .argument = "NAME=NUMBER",                                                                 \
     .help = "make a constant of an input of an ONNX model",                                    \
     .list = &(o).bind},                                                                        \
        {.name = "--features",                                                                  \
         .argument = "PIPELINE",                                                                \
         .help = "put a feature pipeline (a file, or mfcc, log-mel, ..) in front of the model", \
         .text = &(o).features},                                                                \
    {                                                                                           \
        .name = "--shape", .argument = "NAME=1x..",                                             \
        .help = "shape of an input of an ONNX model with open dimensions", .list = &(o).shape   \
    }

/* kl_model_job_open with these options; refuses those that make no sense. */
enum kl_err kl_model_open(struct kl_model_job *job, const char *path,
                          const struct kl_model_options *options,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Note the model, and the pipeline in front of it, as inputs of the result. */
void kl_note_model(struct kl_result *result, const struct kl_model_job *job);

/* What a command does with the model that it reads. */
typedef enum kl_err kl_model_work(const void *context, struct kl_model_job *job,
                                  struct kl_result *result, struct kl_diag *diag);

/* A command with one model. */
struct kl_model_command {
    const struct kl_option *options; /* the table, of which these are parts: */
    struct kl_common *common;
    struct kl_model_options *model;
    /* Do the options make sense together? NULL: always. */
    enum kl_err (*check)(void *context, struct kl_diag *diag);
    kl_model_work *work;
    void *context; /* of both */
};

/* The whole of it: parse and check the options, open the model, note it as input, do the work and
 * finish. Returns the exit status. */
int kl_model_command(const struct kl_command *self, int argc, char **argv,
                     const struct kl_model_command *command);

#endif
