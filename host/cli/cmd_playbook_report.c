/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/command.h"
#include "base/file.h"
#include "cli/playbook_job.h"
#include "playbook/report.h"

struct report_options {
    struct kl_playbook_options playbook;
    const char *folder;
    const char *format; /* words separated by commas; NULL: all that can be made */
    bool no_documents, force_documents;
};

enum { FORMAT_HTML = 1, FORMAT_MARKDOWN = 2, FORMAT_PDF = 4 };

static bool has_chromium(void)
{
    return kl_command_exists("chromium") || kl_command_exists("chromium-browser") ||
           kl_command_exists("google-chrome");
}

/* The formats asked for, as bits. */
static enum kl_err formats_of(const char *text, int *formats, struct kl_diag *diag)
{
    static const char *const names[] = {"html", "markdown", "pdf"};
    *formats = FORMAT_HTML | FORMAT_MARKDOWN | (has_chromium() ? FORMAT_PDF : 0);
    if (!text) {
        return KL_OK;
    }
    *formats = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        int bit = 0;
        for (int i = 0; i < 3; i++) {
            if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0) {
                bit = 1 << i;
            }
        }
        if (!bit) {
            return kl_fail(diag, KL_EUSAGE, "--format takes html, markdown and pdf, not '%.*s'",
                           (int)(length < 40 ? length : 40), text);
        }
        *formats |= bit;
        text += length + (text[length] == ',');
    }
    return KL_OK;
}

typedef enum kl_err render_fn(const struct kl_judgement *judgement, struct kl_buffer *text,
                              struct kl_diag *diag);

static enum kl_err write_page(struct kl_playbook_job *job, render_fn *render, const char *path,
                              struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER(KL_REPORT_BYTES);
    enum kl_err err = render(&job->judgement, &text, diag);
    if (err == KL_OK && text.failed) {
        err = kl_fail(diag, KL_ELIMIT, "%s: the report is larger than %d MiB", path,
                      KL_REPORT_BYTES / (1024 * 1024));
    }
    if (err == KL_OK) {
        err = kl_file_write(path, text.data, text.size, diag);
    }
    kl_buffer_free(&text);
    return err;
}

static void note_file(const struct report_options *o, json_t *files, const char *path)
{
    json_array_append_new(files, json_string(path));
    if (!o->playbook.common.json) {
        printf("wrote %s\n", path);
    }
}

static enum kl_err write_documents(const struct report_options *o, struct kl_playbook_job *job,
                                   struct kl_diag *diag)
{
    size_t written;
    const char *const *kept;
    size_t kept_count;
    KL_TRY(kl_documents_write(&job->judgement, o->force_documents, &written, &kept, &kept_count,
                              diag));
    json_t *list = json_array();
    for (size_t i = 0; i < kept_count; i++) {
        json_array_append_new(list, json_string(kept[i]));
        if (!o->playbook.common.json) {
            printf("kept  %s: changed by hand since it was generated; --force overwrites it\n",
                   kept[i]);
        }
    }
    kl_result_count(&job->result, "documents.written", (long long)written, "1", KL_COUNTED);
    kl_result_detail(&job->result, "documents_kept", list);
    if (written && !o->playbook.common.json) {
        printf("wrote %zu document%s\n", written, written == 1 ? "" : "s");
    }
    return KL_OK;
}

static enum kl_err write_report(const struct report_options *o, int formats,
                                struct kl_playbook_job *job, json_t *files, struct kl_diag *diag)
{
    const char *folder = o->folder ? o->folder : kl_playbook_file(job->playbook, "report");
    const char *stem =
        folder ? kl_arena_printf(job->arena, "%s/%s", folder, job->playbook->name) : NULL;
    const char *html = stem ? kl_arena_printf(job->arena, "%s.html", stem) : NULL;
    const char *markdown = stem ? kl_arena_printf(job->arena, "%s.md", stem) : NULL;
    const char *pdf = stem ? kl_arena_printf(job->arena, "%s.pdf", stem) : NULL;
    if (!html || !markdown || !pdf) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_dir_create(folder, diag));
    if (formats & (FORMAT_HTML | FORMAT_PDF)) {
        KL_TRY(write_page(job, kl_report_html, html, diag));
        note_file(o, files, html);
    }
    if (formats & FORMAT_MARKDOWN) {
        KL_TRY(write_page(job, kl_report_markdown, markdown, diag));
        note_file(o, files, markdown);
    }
    if (formats & FORMAT_PDF) {
        kl_progress(&o->playbook.common, "printing the PDF with Chromium ...");
        KL_TRY(kl_report_pdf(html, pdf, diag));
        kl_progress(&o->playbook.common, "%s", "");
        note_file(o, files, pdf);
    }
    return KL_OK;
}

static enum kl_err report(const struct report_options *o, const char *path,
                          struct kl_playbook_job *job, struct kl_diag *diag)
{
    int formats;
    KL_TRY(formats_of(o->format, &formats, diag));
    KL_TRY(kl_playbook_job_load(job, path, diag));
    KL_TRY(kl_playbook_job_require_sound(job, diag));
    KL_TRY(kl_playbook_job_judge(job, diag));
    if (!o->no_documents) {
        KL_TRY(write_documents(o, job, diag));
    }
    json_t *files = json_array();
    enum kl_err err = write_report(o, formats, job, files, diag);
    kl_result_detail(&job->result, "files", files);
    if (err == KL_OK && !o->format && !(formats & FORMAT_PDF) && !o->playbook.common.json) {
        printf("no PDF: Chromium is not installed (`apt-get install chromium`)\n");
    }
    return err;
}

int kl_cmd_playbook_report(int argc, char **argv, const struct kl_command *self)
{
    struct report_options o = {0};
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "where to write (default: report/ beside the playbook)",
         .text = &o.folder},
        {.name = "--format",
         .argument = "LIST",
         .help = "html, markdown, pdf, with commas between them (default: all)",
         .text = &o.format},
        {.name = "--no-documents",
         .help = "leave the generated documents as they are",
         .flag = &o.no_documents},
        {.name = "--force",
         .help = "overwrite generated documents that were changed by hand",
         .flag = &o.force_documents},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *path = NULL;
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, &path, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK) {
        err = report(&o, path, &job, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, false, &diag);
}
