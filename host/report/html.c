/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/builtin.h"

/* What a character becomes in HTML; NULL: itself. */
static const char *entity_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t':
    case '\n': return NULL;
    default: return c < 0x20 || c == 0x7f ? "" : NULL;
    }
}

void kl_html_escape_bytes(struct kl_buffer *html, const char *text, size_t bytes)
{
    size_t done = 0;
    for (size_t i = 0; i < bytes; i++) {
        const char *entity = entity_of((unsigned char)text[i]);
        if (entity) {
            kl_buffer_append(html, text + done, i - done);
            kl_buffer_append(html, entity, strlen(entity));
            done = i + 1;
        }
    }
    kl_buffer_append(html, text + done, bytes - done);
}

void kl_html_escape(struct kl_buffer *html, const char *text)
{
    kl_html_escape_bytes(html, text, strlen(text));
}

/* One conversion of kl_html_printf; `conversion` stands behind the "%". Returns what follows. */
static const char *convert(struct kl_buffer *html, const char *conversion, va_list *args)
{
    if (conversion[0] == '.' && conversion[1] >= '0' && conversion[1] <= '9' &&
        conversion[2] == 'f') {
        kl_buffer_printf(html, "%.*f", conversion[1] - '0', va_arg(*args, double));
        return conversion + 3;
    }
    if (conversion[0] == 'z') {
        assert(conversion[1] == 'u');
        kl_buffer_printf(html, "%zu", va_arg(*args, size_t));
        return conversion + 2;
    }
    switch (conversion[0]) {
    case 's': kl_html_escape(html, va_arg(*args, const char *)); break;
    case 'S': {
        const char *finished = va_arg(*args, const char *);
        kl_buffer_append(html, finished, strlen(finished));
        break;
    }
    case 'd': kl_buffer_printf(html, "%d", va_arg(*args, int)); break;
    case 'u': kl_buffer_printf(html, "%u", va_arg(*args, unsigned)); break;
    case 'g': kl_buffer_printf(html, "%g", va_arg(*args, double)); break;
    case '%': kl_buffer_append(html, "%", 1); break;
    default: assert(false && "a conversion that kl_html_printf does not know");
    }
    return conversion + 1;
}

void kl_html_printf(struct kl_buffer *html, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    while (*format) {
        size_t plain = strcspn(format, "%");
        kl_buffer_append(html, format, plain);
        format += plain;
        if (*format == '%') {
            format = convert(html, format + 1, &args);
        }
    }
    va_end(args);
}

/* A CSS string: every character that could end it, or the style element, as a code. */
static void css_string(struct kl_buffer *html, const char *text)
{
    kl_buffer_append(html, "\"", 1);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f || strchr("\"'\\<>&", *c)) {
            kl_buffer_printf(html, "\\%x ", (unsigned)*c);
        } else {
            kl_buffer_append(html, c, 1);
        }
    }
    kl_buffer_append(html, "\"", 1);
}

/* The style as it is built in, without its comments. */
static void append_style(struct kl_buffer *html)
{
    const struct kl_builtin *style = kl_builtin_find("host/report/page.css");
    assert(style);
    const char *text = (const char *)style->data;
    const char *end = text + style->size;
    while (text < end) {
        const char *comment = memmem(text, (size_t)(end - text), "/*", 2);
        kl_buffer_append(html, text, (size_t)((comment ? comment : end) - text));
        if (!comment) {
            return;
        }
        const char *close = memmem(comment, (size_t)(end - comment), "*/\n", 3);
        assert(close);
        text = close + 3;
    }
}

void kl_html_begin(struct kl_buffer *html, const char *title, const char *subtitle)
{
    kl_html_printf(html,
                   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
                   "form-action 'none'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"generator\" content=\"kinglet %s\">\n<title>%s</title>\n<style>\n",
                   KINGLET_VERSION, title);
    append_style(html);
    /* The running title stands in the margin of every printed page but the first. */
    kl_buffer_printf(html, "@page { @top-left { content: ");
    css_string(html, title);
    kl_buffer_printf(html, "; } @top-right { content: ");
    css_string(html, subtitle ? subtitle : "");
    kl_html_printf(html,
                   "; } }\n</style>\n</head>\n<body>\n<main>\n<header class=\"title\">\n"
                   "<h1>%s</h1>\n",
                   title);
    if (subtitle) {
        kl_html_printf(html, "<p class=\"subtitle\">%s</p>\n", subtitle);
    }
    kl_html_printf(html, "</header>\n");
}

void kl_html_end(struct kl_buffer *html)
{
    kl_html_printf(html, "</main>\n</body>\n</html>\n");
}
