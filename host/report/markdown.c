/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown as HTML: md4c reads it, this file writes what a report may contain. */
#include <limits.h>
#include <md4c.h>
#include <string.h>
#include <strings.h>

#include "report/html.h"

struct writer {
    struct kl_buffer *html;
    unsigned pictures; /* depth of pictures: their text is an attribute or left out */
    unsigned kept;     /* of these, how many are shown */
    size_t head;       /* where the newest head of a table begins */
    bool filled;       /* some text followed */
};

/* Does the address begin with one of the allowed schemes, or lead within the page? */
static bool is_link(const MD_ATTRIBUTE *href)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", "#"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (href->size >= length && strncasecmp(href->text, schemes[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_picture(const MD_ATTRIBUTE *src)
{
    static const char scheme[] = "data:image/";
    return src->size >= sizeof scheme - 1 && strncasecmp(src->text, scheme, sizeof scheme - 1) == 0;
}

/* An address in an attribute. Entities in it were not resolved, and stay as they are written. */
static void attribute(struct kl_buffer *html, const char *name, const MD_ATTRIBUTE *value)
{
    kl_html_printf(html, " %s=\"", name);
    kl_html_escape_bytes(html, value->text, value->size);
    kl_html_printf(html, "\"");
}

/* Elements whose tags need nothing but their name. */
static const char *plain_block(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_QUOTE: return "blockquote";
    case MD_BLOCK_UL: return "ul";
    case MD_BLOCK_OL: return "ol";
    case MD_BLOCK_LI: return "li";
    case MD_BLOCK_P: return "p";
    case MD_BLOCK_TABLE: return "table";
    case MD_BLOCK_THEAD: return "thead";
    case MD_BLOCK_TBODY: return "tbody";
    case MD_BLOCK_TR: return "tr";
    default: return NULL;
    }
}

static unsigned heading_level(const MD_BLOCK_H_DETAIL *heading)
{
    return heading->level + 2 > 6 ? 6 : heading->level + 2;
}

static void open_cell(struct writer *w, const char *name, const MD_BLOCK_TD_DETAIL *cell)
{
    const char *align = cell->align == MD_ALIGN_RIGHT    ? " class=\"number\""
                        : cell->align == MD_ALIGN_CENTER ? " class=\"middle\""
                                                         : "";
    kl_html_printf(w->html, "<%s%S>", name, align);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    const char *name = plain_block(type);
    if (type == MD_BLOCK_THEAD) {
        w->head = w->html->size;
        w->filled = false;
    }
    if (type == MD_BLOCK_OL && ((MD_BLOCK_OL_DETAIL *)detail)->start != 1) {
        kl_html_printf(w->html, "<ol start=\"%u\">\n", ((MD_BLOCK_OL_DETAIL *)detail)->start);
    } else if (name) {
        kl_html_printf(w->html, "<%s>", name);
    } else if (type == MD_BLOCK_H) {
        kl_html_printf(w->html, "<h%u>", heading_level(detail));
    } else if (type == MD_BLOCK_HR) {
        kl_html_printf(w->html, "<hr>\n");
    } else if (type == MD_BLOCK_CODE) {
        kl_html_printf(w->html, "<pre><code>");
    } else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        open_cell(w, type == MD_BLOCK_TH ? "th" : "td", detail);
    }
    return 0;
}

/* A head without words is only an empty line. */
static void cut(struct kl_buffer *html, size_t size)
{
    if (!html->failed) {
        html->size = size;
        html->data[size] = '\0';
    }
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    const char *name = plain_block(type);
    if (name) {
        kl_html_printf(w->html, "</%s>\n", name);
    } else if (type == MD_BLOCK_H) {
        kl_html_printf(w->html, "</h%u>\n", heading_level(detail));
    } else if (type == MD_BLOCK_CODE) {
        kl_html_printf(w->html, "</code></pre>\n");
    } else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        kl_html_printf(w->html, "</%s>", type == MD_BLOCK_TH ? "th" : "td");
    }
    if (type == MD_BLOCK_THEAD && !w->filled) {
        cut(w->html, w->head);
    }
    return 0;
}

static const char *plain_span(MD_SPANTYPE type)
{
    switch (type) {
    case MD_SPAN_EM: return "em";
    case MD_SPAN_STRONG: return "strong";
    case MD_SPAN_CODE: return "code";
    case MD_SPAN_DEL: return "del";
    default: return NULL;
    }
}

/* The text of a picture becomes its alt attribute, so the tag stays open until it has ended. */
static void enter_picture(struct writer *w, const MD_SPAN_IMG_DETAIL *picture)
{
    if (w->pictures++ == 0 && is_picture(&picture->src)) {
        w->kept = 1;
        kl_html_printf(w->html, "<img");
        attribute(w->html, "src", &picture->src);
        kl_html_printf(w->html, " alt=\"");
    }
}

static void leave_picture(struct writer *w)
{
    if (--w->pictures == 0 && w->kept) {
        w->kept = 0;
        kl_html_printf(w->html, "\">");
    }
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    const char *name = plain_span(type);
    if (type == MD_SPAN_IMG) {
        enter_picture(w, detail);
    } else if (w->pictures) {
        return 0;
    } else if (name) {
        kl_html_printf(w->html, "<%s>", name);
    } else if (type == MD_SPAN_A && is_link(&((MD_SPAN_A_DETAIL *)detail)->href)) {
        kl_html_printf(w->html, "<a");
        attribute(w->html, "href", &((MD_SPAN_A_DETAIL *)detail)->href);
        kl_html_printf(w->html, ">");
    }
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    const char *name = plain_span(type);
    if (type == MD_SPAN_IMG) {
        leave_picture(w);
    } else if (w->pictures) {
        return 0;
    } else if (name) {
        kl_html_printf(w->html, "</%s>", name);
    } else if (type == MD_SPAN_A && is_link(&((MD_SPAN_A_DETAIL *)detail)->href)) {
        kl_html_printf(w->html, "</a>");
    }
    return 0;
}

static int text(MD_TEXTTYPE type, const MD_CHAR *bytes, MD_SIZE size, void *user)
{
    struct writer *w = user;
    w->filled = true;
    switch (type) {
    case MD_TEXT_NULLCHAR: break;
    case MD_TEXT_BR: kl_html_printf(w->html, w->pictures ? " " : "<br>\n"); break;
    case MD_TEXT_SOFTBR: kl_html_printf(w->html, "\n"); break;
    /* md4c only reports what has the form of an entity. */
    case MD_TEXT_ENTITY: kl_buffer_append(w->html, bytes, size); break;
    default: kl_html_escape_bytes(w->html, bytes, size); break;
    }
    return 0;
}

void kl_html_markdown(struct kl_buffer *html, const char *markdown)
{
    const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTML,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = text,
    };
    struct writer w = {.html = html};
    size_t size = strlen(markdown);
    if (size > UINT_MAX || md_parse(markdown, (MD_SIZE)size, &parser, &w) != 0) {
        html->failed = true;
    }
}
