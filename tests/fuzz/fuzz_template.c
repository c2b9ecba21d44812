/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any bytes as a template over data of every kind, and what it gives as
 * Markdown of a page.
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/template.h"

enum { TEXT_LIMIT = 1 << 18, HTML_LIMIT = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *make_data(void)
{
    return json_loads("{\"a\": {\"b.c\": {\"text\": \"# x\"}, \"b\": {\"c\": 1}}, \"n\": 0.5,"
                      " \"l\": [1, \"|\", null, {\"a\": false}, []], \"t\": true, \"s\": \"*s*\"}",
                      0, NULL);
}

/* Whatever the template says, a page made of it has no element that could do something. */
static void check_page(const char *markdown)
{
    struct kl_buffer html = KL_BUFFER(HTML_LIMIT);
    kl_html_markdown(&html, markdown);
    assert(!html.data || html.failed || !strstr(html.data, "<script"));
    kl_buffer_free(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_diag diag = {0};
    struct kl_buffer out = KL_BUFFER(TEXT_LIMIT);
    char *text = malloc(size + 1);
    json_t *values = make_data();
    if (!text || !values) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    enum kl_err err = kl_template_render(text, "fuzz", values, &out, &diag);
    assert((err == KL_OK) == (diag.message[0] == '\0'));
    if (err == KL_OK && out.data) {
        check_page(out.data);
    }
    check_page(text);
    kl_buffer_free(&out);
    json_decref(values);
    free(text);
    return 0;
}
