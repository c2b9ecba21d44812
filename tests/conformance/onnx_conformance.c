/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the tests of the ONNX conformance suite below the given folders through import, passes,
 * plan and host engine, and prints a table: passed, refused by name, failed, for each folder.
 * Fails when one fails, or when fewer of a folder's tests pass than it must have.
 *
 *   onnx_conformance [-v] FOLDER=LEAST...
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_case.h"

enum { MAX_CASES = 2048, EXIT_SKIPPED = 77 };

static char *found[MAX_CASES];
static int found_count;
static bool used[KL_OP_KIND_COUNT];

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    if (type == FTW_F && strcmp(path + where->base, "model.onnx") == 0 && found_count < MAX_CASES) {
        found[found_count++] = strndup(path, (size_t)where->base - 1);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *short_name(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    return slash ? slash + 1 : folder;
}

/* All tests below one folder; returns whether they are good enough. */
static bool run_folder(const char *folder, int least, bool verbose)
{
    int counts[4] = {0};
    found_count = 0;
    nftw(folder, visit, 16, FTW_PHYS);
    qsort(found, (size_t)found_count, sizeof found[0], by_name);
    for (int i = 0; i < found_count; i++) {
        struct onnx_result result;
        onnx_case_run(found[i], &result);
        counts[result.verdict]++;
        for (int kind = 0; kind < KL_OP_KIND_COUNT; kind++) {
            used[kind] = used[kind] || result.used[kind];
        }
        if (result.verdict == ONNX_FAILED || (verbose && result.verdict == ONNX_REFUSED)) {
            printf("%s %s: %s\n", result.verdict == ONNX_FAILED ? "FAILED " : "refused",
                   short_name(found[i]), result.message);
        }
        free(found[i]);
    }
    int passed = counts[ONNX_PASSED] + counts[ONNX_PASSED_BOUND];
    printf("%-28s %5d tests: %5d passed (%d with fixed inputs), %4d refused, %4d failed\n",
           short_name(folder), found_count, passed, counts[ONNX_PASSED_BOUND], counts[ONNX_REFUSED],
           counts[ONNX_FAILED]);
    if (passed < least) {
        printf("%s: at least %d must pass\n", short_name(folder), least);
    }
    return counts[ONNX_FAILED] == 0 && passed >= least;
}

int main(int argc, char **argv)
{
    bool good = true, any = false, verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    for (int i = verbose ? 2 : 1; i < argc; i++) {
        struct stat status;
        char *equals = strrchr(argv[i], '=');
        int least = equals ? (int)strtol(equals + 1, NULL, 10) : 0;
        if (equals) {
            *equals = '\0';
        }
        if (stat(argv[i], &status) == 0) {
            any = true;
            good = run_folder(argv[i], least, verbose) && good;
        }
    }
    if (!any) {
        printf("skipped: none of the folders exists\n");
        return EXIT_SKIPPED;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
