/* SPDX-License-Identifier: Apache-2.0 */
/* The report as PDF: Chromium prints the page, in a profile of its own that is removed again. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/file.h"
#include "playbook/report.h"

enum { TIMEOUT_MS = 120 * 1000, OUTPUT_BYTES = 64 * 1024, PDF_BYTES = 256 * 1024 * 1024 };

static const char *find_browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (kl_command_exists(names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* The absolute path as a file: address; what is not plain is written as %XX. */
static enum kl_err file_address(const char *path, struct kl_buffer *address, struct kl_diag *diag)
{
    char full[PATH_MAX];
    if (!realpath(path, full)) {
        return kl_fail(diag, KL_EIO, "%s: %s", path, strerror(errno));
    }
    kl_buffer_printf(address, "file://");
    for (const unsigned char *c = (const unsigned char *)full; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("/-_.~", *c);
        kl_buffer_printf(address, plain ? "%c" : "%%%02X", *c);
    }
    return address->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    /* What cannot be removed stays in the folder for temporary files. */
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The end of what it printed, for the message. */
static const char *last_line(struct kl_buffer *output)
{
    if (!output->data) {
        return "it printed nothing";
    }
    while (output->size && strchr("\r\n ", output->data[output->size - 1])) {
        output->data[--output->size] = '\0';
    }
    const char *line = strrchr(output->data, '\n');
    return line ? line + 1 : output->data;
}

static enum kl_err run_browser(const char *const *argv, const char *const *environment,
                               struct kl_diag *diag)
{
    struct kl_child child = {0};
    struct kl_child *const children[] = {&child};
    const struct kl_child_options options = {
        .argv = argv,
        .environment = environment,
        .timeout_ms = TIMEOUT_MS,
        .output_limit = OUTPUT_BYTES,
    };
    enum kl_err err = kl_child_start(&child, &options, diag);
    if (err != KL_OK) {
        return err;
    }
    while (!child.ended) {
        kl_child_wait(children, 1, -1);
    }
    if (child.timed_out) {
        err = kl_fail(diag, KL_ETOOL,
                      "%s did not print the report within %d s; the HTML file is "
                      "complete, print it from a browser",
                      argv[0], TIMEOUT_MS / 1000);
    } else if (child.status != 0) {
        err = kl_fail(diag, KL_ETOOL, "%s could not print the report (status %d): %s", argv[0],
                      child.status, last_line(&child.err));
    }
    kl_child_free(&child);
    return err;
}

/* Take the printed file over, when it is one. */
static enum kl_err keep(const char *printed, const char *pdf_path, struct kl_diag *diag)
{
    struct kl_arena *arena = kl_arena_create((size_t)PDF_BYTES + 4096);
    struct kl_bytes bytes;
    if (!arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = kl_file_read(printed, PDF_BYTES, arena, &bytes, diag);
    if (err == KL_OK && (bytes.size < 5 || memcmp(bytes.data, "%PDF-", 5) != 0)) {
        err = kl_fail(diag, KL_ETOOL, "%s: what the browser printed is no PDF", pdf_path);
    }
    if (err == KL_OK) {
        err = kl_file_write(pdf_path, bytes.data, bytes.size, diag);
    }
    kl_arena_free(arena);
    return err;
}

static enum kl_err print_in(const char *folder, const char *browser, const char *html_path,
                            const char *pdf_path, struct kl_diag *diag)
{
    enum { TEXT_BYTES = 4 * PATH_MAX };
    char profile[PATH_MAX];
    char output[PATH_MAX];
    char printed[PATH_MAX];
    char home[PATH_MAX];
    snprintf(profile, sizeof profile, "--user-data-dir=%.3000s/profile", folder);
    snprintf(printed, sizeof printed, "%.3000s/report.pdf", folder);
    snprintf(output, sizeof output, "--print-to-pdf=%.3000s/report.pdf", folder);
    snprintf(home, sizeof home, "HOME=%.3000s", folder);
    struct kl_buffer address = KL_BUFFER(TEXT_BYTES);
    enum kl_err err = file_address(html_path, &address, diag);
    if (err == KL_OK) {
        const char *argv[] = {browser, "--headless", "--disable-gpu", "--disable-dev-shm-usage",
                              "--disable-background-networking", "--no-first-run",
                              "--no-pdf-header-footer", "--generate-pdf-document-outline", profile,
                              output, address.data,
                              /* Chromium's sandbox refuses to work for root. */
                              geteuid() == 0 ? "--no-sandbox" : NULL, NULL};
        const char *const environment[] = {home, NULL};
        err = run_browser(argv, environment, diag);
    }
    if (err == KL_OK) {
        err = keep(printed, pdf_path, diag);
    }
    kl_buffer_free(&address);
    return err;
}

enum kl_err kl_report_pdf(const char *html_path, const char *pdf_path, struct kl_diag *diag)
{
    const char *browser = find_browser();
    if (!browser) {
        return kl_fail(diag, KL_ETOOL,
                       "no Chromium in PATH to print the PDF with; install it (on Debian: apt-get "
                       "install chromium), or print %s from a browser",
                       html_path);
    }
    const char *base = getenv("TMPDIR");
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.3000s/kinglet-pdf-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder)) {
        return kl_fail(diag, KL_EIO, "%s: cannot create folder: %s", folder, strerror(errno));
    }
    enum kl_err err = print_in(folder, browser, html_path, pdf_path, diag);
    remove_folder(folder);
    return err;
}
