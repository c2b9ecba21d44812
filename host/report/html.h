/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as one HTML file: escaping, the frame with its style, Markdown. */
#ifndef KINGLET_REPORT_HTML_H
#define KINGLET_REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Append text with & < > " ' escaped, without control characters. */
void kl_html_escape(struct kl_buffer *html, const char *text);
void kl_html_escape_bytes(struct kl_buffer *html, const char *text, size_t bytes);

/* printf whose %s arguments are escaped: "%s" escapes, "%S" does not (for finished HTML). Knows
 * %s %S %d %u %zu %.Nf %g %%. */
void kl_html_printf(struct kl_buffer *html, const char *format, ...);

/* Begin and end a whole page: doctype, head with the built-in style, title, body. The page works
 * offline and prints on A4 with page numbers. `subtitle` may be NULL. */
void kl_html_begin(struct kl_buffer *html, const char *title, const char *subtitle);
void kl_html_end(struct kl_buffer *html);

/*
 * Markdown (CommonMark with tables; raw HTML is shown as text) as HTML. Headings begin at <h3>,
 * since the page's own title and sections are above them. Links lead to http, https and mailto or
 * within the page, pictures are data: URLs; of any other link or picture only the text remains.
 */
void kl_html_markdown(struct kl_buffer *html, const char *markdown);

#endif
