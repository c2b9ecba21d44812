/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of `kinglet device` share: a device behind a port, and the result. */
#ifndef KINGLET_CLI_DEVICE_JOB_H
#define KINGLET_CLI_DEVICE_JOB_H

#include "cli/commands.h"
#include "link/port.h"
#include "release/image_file.h"

enum {
    KL_DEVICE_FILE_MAX = 64 << 20, /* of what is sent to a device */
    KL_DEVICE_HASH_HEX = 2 * KL_IMAGE_HASH_BYTES + 1
};

struct kl_device_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena; /* room for two files */
    const char *port;
    const char *path; /* of the file that the user named, where a subcommand takes one */
    bool permanent, no_reset;
    struct kl_channel channel;
};

typedef enum kl_err kl_device_act(struct kl_device_job *job, struct kl_diag *diag);

#define KL_DEVICE_PORT_OPTION(job)                                                             \
    {                                                                                          \
        .name = "--port", .argument = "P",                                                     \
        .help = "serial port, pseudo-terminal or unix socket of the device", .text = &job.port \
    }

/* Parse the options and `words` paths, connect, act, and print. Returns the exit status. */
int kl_device_job_run(struct kl_device_job *job, const struct kl_command *self, int argc,
                      char **argv, const struct kl_option *options, int words, kl_device_act *act);

/* Read the file that the user named, and note it as an input. */
enum kl_err kl_device_read_file(struct kl_device_job *job, struct kl_bytes *file,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* The hash that the image in a file states. */
enum kl_err kl_device_image_hash(const struct kl_device_job *job, const struct kl_image_file *image,
                                 uint8_t hash[KL_IMAGE_HASH_BYTES],
                                 struct kl_diag *diag) KL_MUST_CHECK;

void kl_device_hash_hex(const uint8_t hash[KL_IMAGE_HASH_BYTES], char hex[KL_DEVICE_HASH_HEX]);

/* Progress of an upload; `context` is the job. */
void kl_device_show_upload(void *context, uint32_t done, uint32_t total);

/* `err`, or, when the device refused the file by a rule, a message in the words of the other
 * commands. */
enum kl_err kl_device_explain(const struct kl_device_job *job, int refusal, enum kl_err err,
                              struct kl_diag *diag) KL_MUST_CHECK;

kl_command_fn kl_cmd_device_boot, kl_cmd_device_capture, kl_cmd_device_log, kl_cmd_device_model,
    kl_cmd_device_run;

#endif
