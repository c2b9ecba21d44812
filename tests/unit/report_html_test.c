/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: escaping, the whole page, Markdown with hostile parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/html.h"

static void assert_has(const struct kl_buffer *html, const char *part)
{
    if (!html->data || !strstr(html->data, part)) {
        fail_msg("'%s' is not in: %s", part, html->data ? html->data : "(nothing)");
    }
}

static void assert_lacks(const struct kl_buffer *html, const char *part)
{
    if (html->data && strstr(html->data, part)) {
        fail_msg("'%s' is in: %s", part, html->data);
    }
}

static void test_escape(void **state)
{
    struct kl_buffer html = KL_BUFFER(4096);
    (void)state;
    kl_html_escape(&html, "a<b>&\"c'\x01\x1b\x7f\n\tµ");
    assert_string_equal(html.data, "a&lt;b&gt;&amp;&quot;c&#39;\n\tµ");
    kl_buffer_free(&html);
}

static void test_printf(void **state)
{
    struct kl_buffer html = KL_BUFFER(4096);
    (void)state;
    kl_html_printf(&html, "%s|%S|%d|%u|%zu|%.2f|%.0f|%g|%%", "<i>", "<b>", -3, 4u, (size_t)5, 1.005,
                   2.5, 0.25);
    assert_string_equal(html.data, "&lt;i&gt;|<b>|-3|4|5|1.00|2|0.25|%");
    kl_buffer_free(&html);
}

static void test_page(void **state)
{
    struct kl_buffer html = KL_BUFFER(1 << 20);
    (void)state;
    kl_html_begin(&html, "A \"pump\" </style><script>", "for <all>");
    kl_html_end(&html);
    assert_false(html.failed);
    assert_has(&html, "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    assert_has(&html, "<title>A &quot;pump&quot; &lt;/style&gt;&lt;script&gt;</title>");
    assert_has(&html, "content: \"A \\22 pump\\22  \\3c /style\\3e \\3c script\\3e \"");
    assert_lacks(&html, "<script");
    assert_lacks(&html, "url(");
    assert_lacks(&html, "SPDX");
    assert_string_equal(strstr(html.data, "</main>"), "</main>\n</body>\n</html>\n");
    kl_buffer_free(&html);
}

/* A page that is too large is reported, not cut silently. */
static void test_limit(void **state)
{
    struct kl_buffer html = KL_BUFFER(100);
    (void)state;
    kl_html_begin(&html, "title", NULL);
    assert_true(html.failed);
    kl_buffer_free(&html);
}

static void test_markdown(void **state)
{
    struct kl_buffer html = KL_BUFFER(1 << 16);
    (void)state;
    kl_html_markdown(&html, "# One\n\n## Two\n\n##### Five\n\n*a* **b** `c<d` ~~e~~\n\n"
                            "3. three\n4. four\n\n- x\n\n| n | v |\n|---|--:|\n| a | 1 |\n\n"
                            "> said\n\n---\n\n```c\nint a < b;\n```\n\n&copy; &amp;\n");
    assert_has(&html, "<h3>One</h3>");
    assert_has(&html, "<h4>Two</h4>");
    assert_has(&html, "<h6>Five</h6>");
    assert_has(&html, "<em>a</em> <strong>b</strong> <code>c&lt;d</code> <del>e</del>");
    assert_has(&html, "<ol start=\"3\">");
    assert_has(&html, "<td class=\"number\">1</td>");
    assert_has(&html, "<blockquote><p>said</p>");
    assert_has(&html, "<pre><code>int a &lt; b;\n</code></pre>");
    assert_has(&html, "&copy; &amp;");
    kl_buffer_free(&html);
}

/* A table whose head is empty has none; one word is enough for a head. */
static void test_empty_heads(void **state)
{
    (void)state;
    struct kl_buffer html = KL_BUFFER(1 << 16);
    kl_html_markdown(&html, "| | |\n|---|---|\n| Made of | wood |\n");
    assert_has(&html, "<table><tbody>");
    assert_has(&html, "<td>Made of</td><td>wood</td>");
    kl_html_markdown(&html, "| | of |\n|---|---|\n| a | b |\n");
    assert_has(&html, "<thead><tr><th></th><th>of</th></tr>");
    kl_buffer_free(&html);
}

/* Nothing in it can run, load or lead elsewhere than it says. */
static void test_hostile_markdown(void **state)
{
    struct kl_buffer html = KL_BUFFER(1 << 16);
    (void)state;
    kl_html_markdown(&html, "<script>alert(1)</script>\n\n<img src=x onerror=y>\n\n"
                            "[a](javascript:alert) [b](<http://x/\" onclick=\"z>) [c](#here)\n\n"
                            "![far](http://e/x.png) ![near *it*](data:image/png;base64,AAAA)\n"
                            "![svg](data:text/html,<b>)\n");
    assert_lacks(&html, "<script");
    assert_lacks(&html, "<img src=x");
    assert_lacks(&html, "javascript:");
    assert_lacks(&html, "\" onclick");
    assert_lacks(&html, "http://e/");
    assert_lacks(&html, "text/html");
    assert_has(&html, "<a href=\"#here\">c</a>");
    assert_has(&html, "<img src=\"data:image/png;base64,AAAA\" alt=\"near it\">");
    kl_buffer_free(&html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_empty_heads),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_hostile_markdown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
