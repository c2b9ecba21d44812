/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_job.h"

enum { TIMEOUT_MS = 10000 };

static enum kl_err connect_and(struct kl_device_job *job, kl_device_act *act, struct kl_diag *diag)
{
    if (!job->port) {
        return kl_fail(diag, KL_EUSAGE,
                       "missing: --port P, a serial port such as /dev/ttyACM0 or a unix socket");
    }
    job->arena = kl_arena_create((size_t)KL_DEVICE_FILE_MAX * 2);
    KL_TRY(job->arena ? KL_OK : KL_FAIL_MEMORY(diag));
    KL_TRY(kl_port_open(job->port, TIMEOUT_MS, &job->channel, diag));
    return act(job, diag);
}

int kl_device_job_run(struct kl_device_job *job, const struct kl_command *self, int argc,
                      char **argv, const struct kl_option *options, int words, kl_device_act *act)
{
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job->common, &job->path, words, &status)) {
        return status;
    }
    job->channel = (struct kl_channel){.read_fd = -1, .write_fd = -1};
    kl_result_init(&job->result, self->name);
    enum kl_err err = connect_and(job, act, &diag);
    kl_port_close(&job->channel);
    status = kl_finish(&job->result, &job->common, err, false, &diag);
    kl_arena_free(job->arena);
    return status;
}
