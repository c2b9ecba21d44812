/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/playbook_job.h"
#include "playbook/snapshot.h"

struct diff_options {
    struct kl_playbook_options playbook;
    bool markdown;
};

enum { SNAPSHOT_BYTES = 64 * 1024 * 1024 };

/* A file that `kinglet playbook status --json` wrote. */
static enum kl_err read_snapshot(const char *path, struct kl_playbook_job *job, json_t **snapshot,
                                 struct kl_diag *diag)
{
    struct kl_bytes file;
    json_error_t error;
    KL_TRY(kl_file_read(path, SNAPSHOT_BYTES, job->arena, &file, diag));
    json_t *envelope =
        json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &error);
    json_t *inner = json_object_get(envelope, "snapshot");
    *snapshot = json_incref(json_is_object(inner) ? inner : NULL);
    json_decref(envelope);
    if (!*snapshot) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: not what `kinglet playbook status --json` prints; give that, a "
                       "playbook.yaml, or its folder",
                       path);
    }
    return KL_OK;
}

/* The standing of a playbook now. */
static enum kl_err take_snapshot(const char *path, struct kl_playbook_job *job, json_t **snapshot,
                                 struct kl_diag *diag)
{
    KL_TRY(kl_playbook_job_load(job, path, diag));
    KL_TRY(kl_playbook_job_require_sound(job, diag));
    KL_TRY(kl_playbook_job_judge(job, diag));
    *snapshot = kl_snapshot(&job->judgement);
    return *snapshot ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err snapshot_of(const char *path, struct kl_playbook_job *job, json_t **snapshot,
                               struct kl_diag *diag)
{
    const char *dot = strrchr(path, '.');
    bool data = dot && strcmp(dot, ".json") == 0;
    return data ? read_snapshot(path, job, snapshot, diag)
                : take_snapshot(path, job, snapshot, diag);
}

static enum kl_err compare(const struct diff_options *o, const json_t *a, const json_t *b,
                           struct kl_playbook_job *job, struct kl_diag *diag)
{
    json_t *diff;
    KL_TRY(kl_snapshot_diff(a, b, &diff, diag));
    if (!o->playbook.common.json) {
        struct kl_buffer text = KL_BUFFER((size_t)16 << 20);
        kl_snapshot_diff_text(diff, o->markdown, &text);
        printf("%s", text.data ? text.data : "");
        kl_buffer_free(&text);
    }
    kl_result_detail(&job->result, "diff", diff);
    return KL_OK;
}

/* Each side is a job of its own: they have nothing in common. */
static enum kl_err diff(const struct diff_options *o, const char *const paths[2],
                        struct kl_playbook_job *job, struct kl_diag *diag)
{
    struct kl_playbook_job first;
    json_t *a = NULL;
    json_t *b = NULL;
    enum kl_err err = kl_playbook_job_open(&first, &o->playbook, "playbook diff", diag);
    if (err == KL_OK) {
        err = snapshot_of(paths[0], &first, &a, diag);
    }
    if (err == KL_OK) {
        err = snapshot_of(paths[1], job, &b, diag);
    }
    if (err == KL_OK) {
        err = compare(o, a, b, job, diag);
    }
    json_decref(a);
    json_decref(b);
    kl_playbook_job_free(&first);
    return err;
}

int kl_cmd_playbook_diff(int argc, char **argv, const struct kl_command *self)
{
    struct diff_options o = {0};
    const struct kl_option options[] = {
        {.name = "--markdown", .help = "as a comment for a merge request", .flag = &o.markdown},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *paths[2];
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, paths, 2, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK) {
        err = diff(&o, paths, &job, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, false, &diag);
}
