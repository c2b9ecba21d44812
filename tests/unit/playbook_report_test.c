/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a playbook: what is in it, that it is the same each time, and hostile texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "playbook/report.h"
#include "playbook/report/page.h"
#include "playbook_folder.h"

static const char text[] =
    "requirements: {latency: 20 ms, ram: 32 KiB}\n"
    "chapters:\n"
    "  use_case:\n"
    "    problem: |\n"
    "      Pumps **stop** <script>alert(1)</script>\n"
    "      ![x](http://example.com/x.png)\n"
    "    users:\n"
    "      - {who: 'crew | <b>', needs: 'to know'}\n"
    "    measures: [{name: stops, baseline: 3, target: 1, unit: per year}]\n"
    "  optimisation:\n"
    "    steps:\n"
    "      - {name: small.int8, title: Small, run: 'cat result.json', inputs: [result.json]}\n"
    "      - {name: later, run: 'true'}\n"
    "    gates:\n"
    "      - {name: fits, that: small.int8.ram.total <= requirements.ram, why: It has to.}\n"
    "      - {name: fast, that: small.int8.latency <= requirements.latency}\n"
    "      - {name: never, that: later.value > 1}\n"
    "      - {name: big, that: small.int8.ram.total > 1 MiB}\n"
    "  rollout:\n"
    "    phases:\n"
    "      - {name: pilot, devices: 10, lasts: 14 d, stop: [any], who: me}\n"
    "      - {name: everybody, share: 100 %, lasts: 30 d, stop: [any], who: me}\n"
    "  learning:\n"
    "    success:\n"
    "      - {measure: stops, date: 2026-01-01, value: 3}\n"
    "      - {measure: stops, date: 2026-06-01, value: 2}\n"
    "waivers: [{gate: big, reason: just <so>, by: Jane Doe, until: 2027-01-31}]\n";

/* An envelope as a command prints it, with tables of its own. */
#define RESULT(ram)                                                                           \
    "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"t\", \"version\": \"1\"},"     \
    " \"command\": \"own\", \"ok\": true, \"inputs\": [], \"metrics\": {"                     \
    " \"ram.total\": {\"value\": " ram ", \"unit\": \"bytes\", \"provenance\": \"counted\"}," \
    " \"cycles\": {\"value\": 1234567, \"unit\": \"cycles\", \"provenance\": \"modelled\"},"  \
    " \"latency\": {\"value\": 25.5, \"unit\": \"ms\", \"provenance\": \"modelled\"}},"       \
    " \"own_table\": [{\"place\": \"hall <1>\", \"reading\": 12.25},"                         \
    " {\"place\": \"hall | 2\", \"reading\": 7}],"                                            \
    " \"classes\": [{\"class\": \"worn\", \"value\": 0.93, \"low\": 0.9, \"high\": 0.96}],"   \
    " \"verdict\": \"It works.\"}"

static const struct kl_judgement *judge(struct playbook_folder *f)
{
    static struct kl_judgement judgement;
    if (kl_judge(f->playbook, &f->evidence, f->today, &judgement, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    return &judgement;
}

/* The playbook with evidence of two runs. */
static void prepare(struct playbook_folder *f)
{
    struct kl_run_options options = {.keep_going = true};
    playbook_folder_write(f, "result.json", RESULT("17100"));
    playbook_folder_load(f, text);
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    playbook_folder_write(f, "result.json", RESULT("16000"));
    playbook_folder_reload(f);
    assert_int_equal(playbook_folder_try(f, options), KL_OK);
    playbook_folder_reload(f);
}

static struct kl_buffer html_of(struct playbook_folder *f)
{
    struct kl_buffer html = KL_BUFFER(KL_REPORT_BYTES);
    if (kl_report_html(judge(f), &html, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    return html;
}

static struct kl_buffer markdown_of(struct playbook_folder *f)
{
    struct kl_buffer markdown = KL_BUFFER(KL_REPORT_BYTES);
    if (kl_report_markdown(judge(f), &markdown, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    return markdown;
}

static void assert_has(const struct kl_buffer *report, const char *part)
{
    if (!strstr(report->data, part)) {
        fail_msg("'%s' is not in the report", part);
    }
}

static void assert_lacks(const struct kl_buffer *report, const char *part)
{
    if (strstr(report->data, part)) {
        fail_msg("'%s' is in the report", part);
    }
}

static void test_html(void **state)
{
    struct playbook_folder *f = *state;
    prepare(f);
    struct kl_buffer html = html_of(f);
    assert_has(&html, "<title>Tester</title>");
    assert_has(&html, "Not ready: 2 of 4 gates do not hold yet.");
    assert_has(&html, "15.62 KiB");
    assert_has(&html, "Pumps <strong>stop</strong> &lt;script&gt;");
    assert_has(&html, "crew | &lt;b&gt;");
    assert_has(&html, "just &lt;so&gt;");
    assert_has(&html,
               "<th scope=\"col\">Place</th><th scope=\"col\" class=\"number\">Reading</th>");
    assert_has(&html, "<td>hall &lt;1&gt;</td><td class=\"number\">12.25</td>");
    assert_has(&html, "Verdict: It works.");
    assert_has(&html, "1\xe2\x80\xaf"
                      "234\xe2\x80\xaf"
                      "567 cycles");
    assert_has(&html, "<svg class=\"spark\"");
    assert_has(&html, "<figcaption>Phases of the rollout</figcaption>");
    assert_has(&html, "<figcaption>stops</figcaption>");
    assert_has(&html, "<line class=\"whisker\"");
    assert_lacks(&html, "<script");
    assert_lacks(&html, "http://");
    assert_lacks(&html, "https://");
    kl_buffer_free(&html);
}

/* Every link within the page leads somewhere. */
static void test_links(void **state)
{
    struct playbook_folder *f = *state;
    prepare(f);
    struct kl_buffer html = html_of(f);
    size_t links = 0;
    for (const char *at = html.data; (at = strstr(at, "href=\"#")); links++) {
        char id[256];
        at += strlen("href=\"#");
        snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at, "\""), at);
        assert_has(&html, id);
    }
    /* Twelve chapters and the appendix, four gates in the strip, two that are open, one record. */
    assert_true(links >= 12 + 1 + 4 + 2 + 1);
    kl_buffer_free(&html);
}

/* Each row of a table has as many cells as its head. */
static void assert_tables_are_whole(const char *markdown)
{
    size_t expected = 0;
    while (*markdown) {
        size_t length = strcspn(markdown, "\n");
        size_t cells = 0;
        for (size_t i = 0; i < length && markdown[0] == '|'; i++) {
            cells += markdown[i] == '|' && (i == 0 || markdown[i - 1] != '\\');
        }
        if (cells && expected && cells != expected) {
            fail_msg("a row of another width: %.*s", (int)length, markdown);
        }
        expected = cells;
        markdown += length + (markdown[length] == '\n');
    }
}

static void test_markdown(void **state)
{
    struct playbook_folder *f = *state;
    prepare(f);
    struct kl_buffer markdown = markdown_of(f);
    assert_has(&markdown, "# Tester\n\nDeployment playbook, version 0.1.0, 2026-11-23\n");
    assert_has(&markdown, "Not ready: 2 of 4 gates do not hold yet.");
    assert_has(&markdown, "| 5 | Optimisation | 1 passed, 1 waived, 1 failed, 1 broken |");
    assert_has(&markdown, "| 15.62 KiB <= 32 KiB `small.int8.ram.total <= requirements.ram` |");
    assert_has(&markdown, "| hall \\<1> | 12.25 |");
    assert_has(&markdown, "| hall \\| 2 | 7 |");
    assert_has(&markdown, "crew \\| \\<b>");
    assert_has(&markdown,
               "| `small.int8.ram.total` | 15.62 KiB | counted | 17100 \xe2\x86\x92 16000 |");
    assert_has(&markdown, "## 12  Learning");
    assert_tables_are_whole(markdown.data);
    kl_buffer_free(&markdown);
}

static void test_same_bytes(void **state)
{
    struct playbook_folder *f = *state;
    prepare(f);
    struct kl_buffer html = html_of(f);
    struct kl_buffer markdown = markdown_of(f);
    playbook_folder_reload(f);
    struct kl_buffer html_again = html_of(f);
    struct kl_buffer markdown_again = markdown_of(f);
    assert_string_equal(html.data, html_again.data);
    assert_string_equal(markdown.data, markdown_again.data);
    kl_buffer_free(&html);
    kl_buffer_free(&html_again);
    kl_buffer_free(&markdown);
    kl_buffer_free(&markdown_again);
}

/* Evidence that somebody changed is the first thing that one reads. */
static void test_faults(void **state)
{
    struct playbook_folder *f = *state;
    prepare(f);
    /* The first record of the step; steps that run at the same time come in any order. */
    const char *path = kl_evidence_next(&f->evidence, "small.int8", NULL)->path;
    char *content = strdup(playbook_folder_read(f, strstr(path, "evidence/")));
    char *value = strstr(content, "17100");
    assert_non_null(value);
    *value = '2';
    playbook_folder_write(f, strstr(path, "evidence/"), content);
    free(content);
    playbook_folder_reload(f);
    struct kl_buffer html = html_of(f);
    assert_has(&html, "The evidence has faults");
    assert_has(&html, "Not ready: the evidence has faults");
    assert_true(strstr(html.data, "The evidence has faults") < strstr(html.data, "Contents"));
    kl_buffer_free(&html);
}

/* A playbook that says next to nothing is reported, too. */
static void test_empty(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "");
    struct kl_buffer html = html_of(f);
    struct kl_buffer markdown = markdown_of(f);
    assert_has(&html, "Nothing can be said yet: the playbook has no gates.");
    assert_has(&html, "The playbook says nothing on this yet.");
    assert_has(&html, "There are no records yet.");
    assert_has(&markdown, "No gate is waived.");
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

static void test_too_large(void **state)
{
    struct playbook_folder *f = *state;
    struct kl_buffer html = KL_BUFFER(10000);
    playbook_folder_load(f, "");
    assert_int_equal(kl_report_html(judge(f), &html, &f->diag), KL_ELIMIT);
    assert_non_null(strstr(f->diag.message, "larger than 10000 bytes"));
    kl_buffer_free(&html);
}

#define FIGURE(name, number, unit)                                                   \
    "\"" name "\": {\"value\": " number ", \"unit\": \"" unit "\", \"provenance\": " \
    "\"modelled\"}, "
#define BOARD(name, total, latency, why)                                                         \
    "{\"board\": \"" name "\", \"title\": \"The " name "\", \"core\": \"m4\", \"total\": " total \
    ", " FIGURE("ram", "16000", "bytes") FIGURE("latency", latency, "s")                         \
        FIGURE("energy", "0.001", "J")                                                           \
            FIGURE("average_current", "0.00002",                                                 \
                   "A") "\"loads\": [{\"name\": \"sensor\", \"average_a\": 0.00001}],"           \
                        "\"scores\": {\"latency\": 0.5, \"energy\": 0.25, \"cost\": null}, "     \
                        "\"exclusions\": [" why "]}"

/* The boards of a choice of hardware become a matrix with charts, and are not listed twice. */
static void test_choice(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(
        f, "choice.json",
        "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"t\", \"version\": \"1\"},"
        " \"command\": \"select\", \"ok\": true, \"inputs\": [], \"metrics\": {},"
        " \"matrix\": [{\"twice\": \"said\"}], \"boards\": [" BOARD(
            "alpha", "0.75", "0.005", "") "," BOARD("beta", "0.5", "0.010",
                                                    "") "," BOARD("gamma", "null", "null",
                                                                  "\"too <big>\"") "]}");
    playbook_folder_load(f, "chapters:\n"
                            "  hardware:\n"
                            "    steps: [{name: choice, run: cat choice.json}]\n");
    playbook_folder_run(f);
    playbook_folder_reload(f);
    struct kl_buffer html = html_of(f);
    struct kl_buffer markdown = markdown_of(f);
    assert_has(&html, "<caption>Decision matrix</caption>");
    assert_has(&html, "<figcaption>Scores of the candidates</figcaption>");
    assert_has(&html, "<figcaption>How the best compare</figcaption>");
    assert_has(&html, "<figcaption>Latency against energy</figcaption>");
    assert_has(&html, "<figcaption>Average current over a day, by consumer</figcaption>");
    assert_has(&html, "<td>The gamma</td><td>too &lt;big&gt;</td>");
    assert_lacks(&html, "Twice");
    assert_has(&markdown,
               "| 1 | The alpha \xe2\x80\x93 m4 | 0.75 | 15.62 KiB \xe2\x80\x93 modelled |");
    assert_has(&markdown, "| The gamma | too \\<big> |");
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

#define ENVELOPE                                                                          \
    "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"t\", \"version\": \"1\"}," \
    " \"command\": \"own\", \"ok\": true, \"inputs\": [], "

/* Both reports of a playbook whose step in the chapter "model" gives these details. */
static void report_details(struct playbook_folder *f, const char *details, struct kl_buffer *html,
                           struct kl_buffer *markdown)
{
    char result[8192];
    snprintf(result, sizeof result, ENVELOPE "\"metrics\": {}, %s}", details);
    playbook_folder_write(f, "own.json", result);
    playbook_folder_load(f, "chapters:\n"
                            "  model:\n"
                            "    steps: [{name: own, title: Own, run: cat own.json}]\n");
    playbook_folder_run(f);
    playbook_folder_reload(f);
    *html = html_of(f);
    *markdown = markdown_of(f);
}

#define CHANGE(winner, changes) \
    "{\"criterion\": \"cost\", \"winner\": \"" winner "\", \"changes\": " changes "}"

/* A table in which nothing changes is a sentence; one change, and it is a table. */
static void test_sensitivity(void **state)
{
    struct kl_buffer html;
    struct kl_buffer markdown;
    report_details(
        *state,
        "\"sensitivity\": [" CHANGE("a", "false") "," CHANGE(
            "a", "false") "],"
                          "\"second\": [" CHANGE("a", "false") "," CHANGE("b", "true") "]",
        &html, &markdown);
    assert_has(&html, "Sensitivity: none of the 2 variations changes the result, which stays a.");
    assert_lacks(&html, "<caption>Sensitivity</caption>");
    assert_has(&html, "<caption>Second</caption>");
    assert_has(&markdown, "| cost | b | yes |");
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

/* What a chart says is not repeated by a table; Markdown has no charts. */
static void test_chart_or_table(void **state)
{
    struct kl_buffer html;
    struct kl_buffer markdown;
    report_details(*state,
                   "\"cash_flow\": [{\"year\": 0, \"net\": -5, \"cumulative\": -5},"
                   " {\"year\": 1, \"net\": 7, \"cumulative\": 2}],"
                   "\"parts\": [{\"part\": \"x\", \"share\": 0.25, \"from\": \"y\"}],"
                   "\"weights\": {\"cost\": 0.25, \"speed\": 0.75}",
                   &html, &markdown);
    assert_has(&html, "<figcaption>Cash flow: the sum so far</figcaption>");
    assert_lacks(&html, "<caption>Cash flow</caption>");
    assert_has(&markdown, "**Cash flow**");
    assert_has(&html, "<td class=\"number\">25 %</td>");
    assert_lacks(&html, "<figcaption>Parts</figcaption>");
    assert_has(&html, "Weights: Cost 25 %, Speed 75 %.");
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

/* Boards that are out for the same reason share a row; long names lose their middle. */
static void test_short_tables(void **state)
{
    struct kl_buffer html;
    struct kl_buffer markdown;
    report_details(
        *state,
        "\"boards\": [{\"board\": \"b1\", \"possible\": \"no\", \"why\": \"small\"},"
        " {\"board\": \"b2\", \"possible\": \"yes\", \"why\": \"fits\"},"
        " {\"board\": \"b3\", \"possible\": \"no\", \"why\": \"small\"}],"
        "\"own_names\": [{\"name\": \"a/very/longe/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4/name/"
        "of/a/tensor/that/nobody/reads\"}]",
        &html, &markdown);
    assert_has(&markdown, "| b1, b3 | no | small |");
    assert_has(&markdown, "| b2 | yes | fits |");
    assert_has(&markdown, "| a/very/longe/\xc3\xa4\xe2\x80\xa6hat/nobody/reads |");
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

/* Of a long list of states, rows that show nothing stand together below their reason. */
static void test_states(void **state)
{
    struct kl_buffer html;
    struct kl_buffer markdown;
    struct kl_buffer rows = KL_BUFFER(8192);
    for (int i = 0; i < 24; i++) {
        bool shown = i == 3;
        kl_buffer_printf(&rows,
                         "%s{\"provision\": \"p%d\", \"about\": \"x\", \"state\": \"%s\","
                         " \"reason\": \"%s\", \"evidence\": \"%s\"}",
                         i ? ", " : "\"list\": [", i, shown ? "shown" : "open",
                         shown ? "e holds" : "not mapped", shown ? "e" : "");
    }
    kl_buffer_printf(&rows, "]");
    report_details(*state, rows.data, &html, &markdown);
    assert_has(&markdown, "| p3 | x | shown \xe2\x80\x93 e holds | e |");
    assert_has(&markdown, "**List, open: not mapped**");
    assert_has(&markdown, "| p23 | x |\n");
    assert_lacks(&markdown, "| p23 | x | **open**");
    kl_buffer_free(&rows);
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

#define PROFILE(board, cycles)                                                               \
    ENVELOPE "\"board\": \"" board "\", \"metrics\": {\"cycles\": {\"value\": " cycles       \
             ", \"unit\": \"cycles\", \"provenance\": \"modelled\"}, \"macs\": {\"value\": " \
             "17, \"unit\": \"1\", \"provenance\": \"counted\"}}}"
#define PROFILES(ladder)                                   \
                                                           \
    "chapters:\n"                                          \
    "  optimisation:\n" ladder "    steps:\n"              \
    "      - {name: one, title: One, run: cat one.json}\n" \
    "      - {name: two, title: Two, run: cat two.json}\n" \
    "      - {name: old, title: Old, run: cat old.json}\n"

/* Steps for several boards are no rungs of one ladder; those that the ladder names are. Figures
 * that no gate uses are in the appendix. */
static void test_ladder(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_write(f, "one.json", PROFILE("m4", "2000"));
    playbook_folder_write(f, "two.json", PROFILE("rv32", "3000"));
    playbook_folder_write(f, "old.json", PROFILE("m4", "9000"));
    playbook_folder_load(f, PROFILES(""));
    playbook_folder_run(f);
    playbook_folder_reload(f);
    struct kl_buffer html = html_of(f);
    assert_lacks(&html, "step by step");
    assert_has(&html, "<caption>Steps by board</caption>");
    assert_true(strstr(html.data, "<td>Old</td><td>m4</td>") <
                strstr(html.data, "<td>Two</td><td>rv32</td>"));
    assert_true(strstr(html.data, "macs 17") > strstr(html.data, "Further figures"));
    kl_buffer_free(&html);
    playbook_folder_load(f, PROFILES("    ladder:\n"
                                     "      - {step: as it came, evidence: old}\n"
                                     "      - {step: smaller, evidence: one}\n"));
    html = html_of(f);
    assert_has(&html, "<figcaption>Cycles or instructions, step by step</figcaption>");
    assert_has(&html, "as it came: 9000 cycles; smaller: 2000 cycles");
    assert_lacks(&html, "<caption>Steps by board</caption>");
    kl_buffer_free(&html);
}

/* Records with many keys are rows, too: what is short in columns, the rest in one cell. */
static void test_wide_records(void **state)
{
    struct playbook_folder *f = *state;
    playbook_folder_load(f, "requirements: {latency: 20 ms}\n"
                            "chapters:\n"
                            "  test:\n"
                            "    cases:\n"
                            "      - name: cold\n"
                            "        kind: edge\n"
                            "        place: field\n"
                            "        condition: a <b> night that is far longer than any column\n"
                            "        procedure: wait | look\n"
                            "        samples: 20\n"
                            "        duration: 8 h\n"
                            "        accept: requirements.latency < 1 s\n"
                            "        who: Ann\n");
    struct kl_buffer html = html_of(f);
    struct kl_buffer markdown = markdown_of(f);
    assert_has(&html, "<td>cold</td>");
    assert_has(&html, "<div><span class=\"muted\">Condition:</span> a &lt;b&gt; night");
    assert_has(&markdown, "wait \\| look");
    assert_lacks(&markdown, "#### cold");
    assert_tables_are_whole(markdown.data);
    kl_buffer_free(&html);
    kl_buffer_free(&markdown);
}

static void test_quantities(void **state)
{
    static const struct {
        double value;
        const char *unit, *expected;
    } cases[] = {
        {16000, "bytes", "15.62 KiB"},
        {25.5, "ms", "25.5 ms"},
        {0.97, "1", "0.97"},
        {1234, "cycles", "1234 cycles"},
        {12345, "1",
         "12\xe2\x80\xaf"
         "345"},
        {-12345.6, "1",
         "\xe2\x88\x92"
         "12\xe2\x80\xaf"
         "346"},
        {3, "widgets", "3 widgets"},
        {65000, "EUR",
         "65\xe2\x80\xaf"
         "000 EUR"},
    };
    struct kl_arena *arena = kl_arena_create(1 << 16);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(page_quantity(arena, "EUR", cases[i].value, cases[i].unit),
                            cases[i].expected);
    }
    kl_arena_free(arena);
}

static void test_pdf(void **state)
{
    struct playbook_folder *f = *state;
    char html_path[128];
    char pdf_path[128];
    prepare(f);
    struct kl_buffer html = html_of(f);
    playbook_folder_write(f, "a report #1.html", html.data);
    kl_buffer_free(&html);
    snprintf(html_path, sizeof html_path, "%s/a report #1.html", f->path);
    snprintf(pdf_path, sizeof pdf_path, "%s/report.pdf", f->path);
    enum kl_err err = kl_report_pdf(html_path, pdf_path, &f->diag);
    if (err == KL_ETOOL && strstr(f->diag.message, "no Chromium in PATH")) {
        skip();
    }
    if (err != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    assert_memory_equal(playbook_folder_read(f, "report.pdf"), "%PDF-", 5);
}

static void test_no_browser(void **state)
{
    struct playbook_folder *f = *state;
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", f->path, 1), 0);
    enum kl_err err = kl_report_pdf("x.html", "x.pdf", &f->diag);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(err, KL_ETOOL);
    assert_non_null(strstr(f->diag.message, "apt-get install chromium"));
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_html),
        TEST(test_links),
        TEST(test_markdown),
        TEST(test_same_bytes),
        TEST(test_faults),
        TEST(test_empty),
        TEST(test_too_large),
        TEST(test_choice),
        cmocka_unit_test(test_quantities),
        TEST(test_pdf),
        TEST(test_no_browser),
        TEST(test_sensitivity),
        TEST(test_chart_or_table),
        TEST(test_short_tables),
        TEST(test_states),
        TEST(test_ladder),
        TEST(test_wide_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
