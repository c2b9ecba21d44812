/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/playbook_job.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const char default_name[] = "playbook.yaml";
enum { MOST_PARENTS = 16, JOB_BYTES = 512 * 1024 * 1024 };

enum kl_err kl_playbook_job_open(struct kl_playbook_job *job,
                                 const struct kl_playbook_options *options, const char *command,
                                 struct kl_diag *diag)
{
    memset(job, 0, sizeof *job);
    kl_result_init(&job->result, command);
    job->today = kl_date_today();
    if (options->today && !kl_date_parse(options->today, &job->today)) {
        return kl_fail(diag, KL_EUSAGE, "--today takes a day such as 2027-01-31, not '%.40s'",
                       options->today);
    }
    job->arena = kl_arena_create(JOB_BYTES);
    return job->arena ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* playbook.yaml here, or in the nearest folder above, as long as there is one. */
static enum kl_err find_playbook(struct kl_arena *arena, const char **path, struct kl_diag *diag)
{
    char *candidate = kl_arena_printf(arena, "%s", default_name);
    for (int level = 0; candidate && level < MOST_PARENTS; level++) {
        if (access(candidate, F_OK) == 0) {
            *path = candidate;
            return KL_OK;
        }
        candidate = kl_arena_printf(arena, "../%s", candidate);
    }
    return kl_fail(diag, KL_EUSAGE,
                   "no %s here or in a folder above; `kinglet playbook init --template NAME` "
                   "writes one",
                   default_name);
}

/* The files that the playbook consists of are inputs like any other. */
static enum kl_err note_files(struct kl_playbook_job *job, struct kl_diag *diag)
{
    for (size_t i = 0; i < job->playbook->file_count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        struct kl_bytes file;
        const char *path = job->playbook->files[i];
        KL_TRY(kl_file_read(path, KL_PLAYBOOK_FILE_BYTES, job->arena, &file, diag));
        kl_sha256_hex(file.data, file.size, sha256);
        kl_result_input(&job->result, path, sha256);
    }
    return KL_OK;
}

enum kl_err kl_playbook_job_load(struct kl_playbook_job *job, const char *path,
                                 struct kl_diag *diag)
{
    if (!path) {
        KL_TRY(find_playbook(job->arena, &path, diag));
    }
    KL_TRY(kl_playbook_load(path, job->today, job->arena, &job->playbook, &job->findings, diag));
    return note_files(job, diag);
}

enum kl_err kl_playbook_job_require_sound(const struct kl_playbook_job *job, struct kl_diag *diag)
{
    for (size_t i = 0; i < job->findings.count; i++) {
        const struct kl_finding *finding = &job->findings.items[i];
        if (finding->kind == KL_FINDING_ERROR) {
            size_t others = job->findings.errors - 1;
            return kl_fail(diag, KL_EINPUT, "%s:%u: %s%s", finding->origin, finding->line,
                           finding->text,
                           others ? " (and more: `kinglet playbook check` lists all)" : "");
        }
    }
    return KL_OK;
}

enum kl_err kl_playbook_job_judge(struct kl_playbook_job *job, struct kl_diag *diag)
{
    KL_TRY(kl_evidence_open(job->playbook, job->arena, &job->evidence, diag));
    return kl_judge(job->playbook, &job->evidence, job->today, &job->judgement, diag);
}

void kl_playbook_job_free(struct kl_playbook_job *job)
{
    kl_result_free(&job->result);
    kl_evidence_close(&job->evidence);
    kl_arena_free(job->arena);
    memset(job, 0, sizeof *job);
}

int kl_playbook_job_close(struct kl_playbook_job *job, const struct kl_common *common,
                          enum kl_err err, bool failed, const struct kl_diag *diag)
{
    int status = kl_finish(&job->result, common, err, failed, diag);
    kl_playbook_job_free(job);
    return status;
}
