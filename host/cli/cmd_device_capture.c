/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device capture`: what a device's sensor measures, as labelled recordings. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/device_job.h"
#include "link/capture_client.h"

enum {
    PATH_BYTES = 4096,
    RECORDINGS_MAX = 100000,
    SECONDS_MAX = 86400,
    PAUSE_MS = 10,
    PAUSES_MAX = 1000
};

struct capture_job {
    struct kl_device_job job; /* first */
    const char *label, *folder;
    int64_t seconds;
    FILE *file;
    char path[PATH_BYTES];
    struct kl_capture_state state;
    uint64_t done, lost;
    int files;
};

static enum kl_err check_options(const struct capture_job *c, struct kl_diag *diag)
{
    if (!c->label || !c->folder) {
        return kl_fail(diag, KL_EUSAGE, "missing: %s",
                       c->label ? "--out D, the folder of recordings" : "--label L");
    }
    for (const char *at = c->label; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_') {
            return kl_fail(diag, KL_EUSAGE, "--label %.64s: letters, digits, - and _ only",
                           c->label);
        }
    }
    return c->label[0] && c->seconds >= 1 && c->seconds <= SECONDS_MAX
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "a label, and --seconds from 1 to %d", (int)SECONDS_MAX);
}

/* Begin the next recording of the label: the first number that is free. */
static enum kl_err begin_file(struct capture_job *c, struct kl_diag *diag)
{
    for (int i = 1; i <= RECORDINGS_MAX && !c->file; i++) {
        snprintf(c->path, sizeof c->path, "%.3000s/%.64s/%d.csv", c->folder, c->label, i);
        c->file = access(c->path, F_OK) == 0 ? NULL : fopen(c->path, "wx");
        if (!c->file && access(c->path, F_OK) != 0) {
            break;
        }
    }
    if (!c->file) {
        return kl_fail(diag, KL_EIO, "%.300s: cannot be written", c->path);
    }
    c->files++;
    return KL_OK;
}

static enum kl_err end_file(struct capture_job *c, struct kl_diag *diag)
{
    bool is_good = !c->file || !ferror(c->file);
    is_good = (!c->file || fclose(c->file) == 0) && is_good;
    c->file = NULL;
    return is_good ? KL_OK : kl_fail(diag, KL_EIO, "%.300s: cannot be written", c->path);
}

/* A recording has no holes: behind lost frames the next one begins. */
static enum kl_err write_frames(struct capture_job *c, const struct kl_capture_frames *frames,
                                uint32_t lost, uint64_t wanted, struct kl_diag *diag)
{
    if (lost > 0) {
        c->lost += lost;
        KL_TRY(end_file(c, diag));
    }
    for (uint32_t i = 0; i < frames->count && c->done < wanted; i++, c->done++) {
        KL_TRY(c->file ? KL_OK : begin_file(c, diag));
        for (uint32_t k = 0; k < c->state.channels; k++) {
            fprintf(c->file, "%s%d", k > 0 ? "," : "", frames->values[i * c->state.channels + k]);
        }
        putc('\n', c->file);
    }
    return KL_OK;
}

static enum kl_err record(struct capture_job *c, struct kl_diag *diag)
{
    const uint64_t wanted = (uint64_t)c->seconds * c->state.rate;
    uint32_t from = c->state.next, pauses = 0;
    while (c->done < wanted) {
        struct kl_capture_frames frames;
        KL_TRY(kl_device_capture_frames(&c->job.channel, c->state.channels, from, &frames, diag));
        KL_TRY(write_frames(c, &frames, frames.first - from, wanted, diag));
        from = frames.first + frames.count;
        kl_progress(&c->job.common, "%llu of %llu frames ...", (unsigned long long)c->done,
                    (unsigned long long)wanted);
        pauses = frames.count == 0 ? pauses + 1 : 0;
        if (pauses > PAUSES_MAX) {
            return kl_fail(diag, KL_EIO, "the device answers, but its sensor gives no frames");
        }
        if (pauses > 0) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        }
    }
    return KL_OK;
}

static void note(struct capture_job *c)
{
    kl_progress(&c->job.common, "%s", "");
    kl_result_detail(&c->job.result, "frames", json_integer((json_int_t)c->done));
    kl_result_detail(&c->job.result, "lost", json_integer((json_int_t)c->lost));
    kl_result_detail(&c->job.result, "files", json_integer(c->files));
    if (!c->job.common.json) {
        printf("%s: %llu frames of %u channels at %u Hz in %d %s, %llu lost\n", c->label,
               (unsigned long long)c->done, c->state.channels, c->state.rate, c->files,
               c->files == 1 ? "recording" : "recordings", (unsigned long long)c->lost);
    }
}

/* What was recorded before an error is kept. */
static enum kl_err capture(struct kl_device_job *job, struct kl_diag *diag)
{
    struct capture_job *c = (struct capture_job *)(void *)job;
    struct kl_diag ignored = {0};
    char folder[PATH_BYTES];
    KL_TRY(check_options(c, diag));
    KL_TRY(kl_device_capture_state(&job->channel, &c->state, diag));
    snprintf(folder, sizeof folder, "%.3000s/%.64s", c->folder, c->label);
    KL_TRY(kl_dir_create(folder, diag));
    enum kl_err err = record(c, diag);
    enum kl_err ended = end_file(c, err ? &ignored : diag);
    note(c);
    return err ? err : ended;
}

int kl_cmd_device_capture(int argc, char **argv, const struct kl_command *self)
{
    struct capture_job c = {.seconds = 10};
    const struct kl_option options[] = {
        KL_DEVICE_PORT_OPTION(c.job),
        {.name = "--label", .argument = "L", .help = "what is recorded", .text = &c.label},
        {.name = "--seconds", .argument = "S", .help = "for how long (10)", .number = &c.seconds},
        {.name = "--out",
         .argument = "D",
         .help = "folder of recordings; they go to D/L/1.csv and on",
         .text = &c.folder},
        {.name = NULL},
    };
    return kl_device_job_run(&c.job, self, argc, argv, options, 0, capture);
}
