/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build tool: turn files of the source tree into a C file that defines kl_builtins.
 *
 *     embed ROOT LIST OUTPUT
 *
 * LIST names the files below ROOT, one per line, in any order. Ends with 1 and a message when
 * something cannot be read or written, or is named twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 4096, MAX_PATH = 1024, BYTES_PER_LINE = 24 };

struct list {
    char *paths[MAX_FILES];
    size_t count;
};

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "embed: %s: %s\n", what, path);
    exit(1);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        fail("cannot open", path);
    }
    return file;
}

static void read_list(const char *path, struct list *list)
{
    FILE *file = open_file(path, "r");
    char line[MAX_PATH];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0') {
            continue;
        }
        if (list->count == MAX_FILES) {
            fail("too many files", path);
        }
        list->paths[list->count] = strdup(line);
        if (!list->paths[list->count++]) {
            fail("out of memory", path);
        }
    }
    fclose(file);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Write the bytes of a file and a terminating zero as array number `index`; return their count. */
static size_t write_array(FILE *out, const char *root, const char *path, size_t index)
{
    char full[2 * MAX_PATH];
    snprintf(full, sizeof full, "%s/%s", root, path);
    FILE *file = open_file(full, "rb");
    fprintf(out, "/* %s */\nstatic const unsigned char file_%zu[] = {", path, index);
    size_t count = 0;
    for (int byte = getc(file); byte != EOF; byte = getc(file)) {
        fprintf(out, "%s%d,", count++ % BYTES_PER_LINE ? "" : "\n", byte);
    }
    if (ferror(file)) {
        fail("cannot read", full);
    }
    fclose(file);
    fputs("\n0};\n", out);
    return count;
}

static void write_all(FILE *out, const char *root, const struct list *list)
{
    static size_t sizes[MAX_FILES];
    fputs("/* Made by scripts/embed.c; do not edit. */\n#include \"base/builtin.h\"\n\n", out);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && strcmp(list->paths[i], list->paths[i - 1]) == 0) {
            fail("named twice", list->paths[i]);
        }
        sizes[i] = write_array(out, root, list->paths[i], i);
    }
    fputs("\nconst struct kl_builtin kl_builtins[] = {\n", out);
    for (size_t i = 0; i < list->count; i++) {
        fprintf(out, "    {\"%s\", file_%zu, %zu},\n", list->paths[i], i, sizes[i]);
    }
    fprintf(out, "};\nconst size_t kl_builtin_count = %zu;\n", list->count);
}

int main(int argc, char **argv)
{
    static struct list list;
    if (argc != 4) {
        fputs("usage: embed ROOT LIST OUTPUT\n", stderr);
        return 1;
    }
    read_list(argv[2], &list);
    if (list.count == 0) {
        fail("names no files", argv[2]);
    }
    qsort(list.paths, list.count, sizeof list.paths[0], compare_paths);
    FILE *out = open_file(argv[3], "w");
    write_all(out, argv[1], &list);
    if (fclose(out) != 0) {
        fail("cannot write", argv[3]);
    }
    for (size_t i = 0; i < list.count; i++) {
        free(list.paths[i]);
    }
    return 0;
}
