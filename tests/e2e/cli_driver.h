/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the program as a user calls it, in a folder of its own that holds a small model:
 * k.tflite, its input "in", its output "out", an output with one wrong byte "wrong", and an
 * input that is a byte too short "short".
 */
#ifndef KINGLET_TESTS_CLI_DRIVER_H
#define KINGLET_TESTS_CLI_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"

/* Exit statuses. */
enum { DONE = 0, FAILED = 1, BAD = 2 };

/* The emulated boards, ended by NULL. */
extern const char *const boards[];

/* The program under test, an absolute path. */
extern const char *program;

/* Run "kinglet WORDS" to its end and return its exit status; words are separated by blanks. */
int kinglet(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Run a line of shell in which $K is the program; returns its exit status. */
int shell(const char *line);

/* What the last command printed, standard output and error together. */
const char *text(void);

/* The last command printed this. */
void expect_text(const char *wanted);

/* The last command's JSON with its envelope checked; the caller releases it. */
json_t *result_of(const char *command);

/* Value of a metric, whose unit and provenance are checked. */
const json_t *metric(const json_t *result, const char *name);

void write_bytes(const char *path, struct kl_bytes bytes);
void write_words(const char *path, const char *words);

/* A whole file; the caller frees the arena. */
struct kl_bytes read_bytes(const char *path, struct kl_arena *arena);

void assert_same_file(const char *a, const char *b);

/* A board like mps2-an386 with this much flash and RAM, as tiny.yaml. */
void write_tiny_board(int flash_bytes, int ram_bytes);

/* Run the tests in the folder: main of each test program, which is called with the program. */
#define CLI_MAIN(name, tests) cli_run(argc, argv, name, tests, sizeof(tests) / sizeof((tests)[0]))
int cli_run(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count);

#endif
