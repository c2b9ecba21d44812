/* SPDX-License-Identifier: Apache-2.0 */
/* The report: the playbook with its evidence as a document for people. */
#ifndef KINGLET_PLAYBOOK_REPORT_H
#define KINGLET_PLAYBOOK_REPORT_H

#include "base/buffer.h"
#include "playbook/judge.h"

enum { KL_REPORT_BYTES = 64 * 1024 * 1024 };

/* One HTML file without references to others: styles, charts and pictures are in it. */
enum kl_err kl_report_html(const struct kl_judgement *judgement, struct kl_buffer *html,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* The same as Markdown; charts become tables. */
enum kl_err kl_report_markdown(const struct kl_judgement *judgement, struct kl_buffer *markdown,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* Print an HTML file as PDF with Chromium. KL_ETOOL with a remedy when there is none. */
enum kl_err kl_report_pdf(const char *html_path, const char *pdf_path,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Write the documents of the playbook (installation guide, test plan...) from their templates.
 * A file that a person changed since it was generated is left alone and named in `kept`. */
enum kl_err kl_documents_write(const struct kl_judgement *judgement, bool force, size_t *written,
                               const char *const **kept, size_t *kept_count,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* What templates see: product, requirements, chapters, steps, gates, metrics, today. A new
 * reference. */
json_t *kl_playbook_context(const struct kl_judgement *judgement);

#endif
