/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What generated C and C++ sources hold: arrays of bytes, lists of strings, structs whose values
 * are explained by comments, and macros. Not a parser of the language: declarations that look
 * otherwise are passed over. Sources come from outside; any bytes may be read.
 */
#ifndef KINGLET_IMPORT_C_SOURCE_H
#define KINGLET_IMPORT_C_SOURCE_H

#include <stdbool.h>

#include "base/file.h"

enum { KL_C_NAME_BYTES = 128, KL_C_VALUE_BYTES = 256 };

/* An array with an initialiser of whole numbers: `name[...] ... = { 0x1c, 0, ... }`. */
struct kl_c_array {
    char name[KL_C_NAME_BYTES];
    struct kl_bytes content; /* in the arena */
};

/* Receives one array after the other; false ends the search. */
typedef bool kl_c_array_fn(void *context, const struct kl_c_array *array);

/*
 * Offer every array of at least `least` numbers that all fit one byte (-128 .. 255) to `receive`.
 * Fails only when memory is short.
 */
enum kl_err kl_c_arrays(struct kl_bytes text, size_t least, struct kl_arena *arena,
                        kl_c_array_fn *receive, void *context, struct kl_diag *diag) KL_MUST_CHECK;

/* One entry of a struct, a macro, or a string of a list. */
struct kl_c_value {
    char owner[KL_C_NAME_BYTES]; /* the variable, for entries of structs and lists */
    char type[KL_C_NAME_BYTES];  /* its type: "ei_dsp_config_mfcc_t" */
    char name[KL_C_NAME_BYTES];
    char value[KL_C_VALUE_BYTES]; /* as written; of a string, what is between the quotes */
};

/* Receives one value after the other. */
typedef void kl_c_value_fn(void *context, const struct kl_c_value *value);

/*
 * Offer the entries of every variable whose type begins with `prefix`, as
 *     TYPE NAME = {
 *         13, // int num_cepstral
 * with one entry and its comment a line. The entry's name is the comment without its first word;
 * blanks in it become underscores. Entries without a comment are passed over.
 */
void kl_c_structs(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context);

/* Offer every `#define NAME VALUE` whose name begins with `prefix`. */
void kl_c_macros(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context);

/* Offer the strings of every list `PREFIX...[] = { "a", "b" }`. */
void kl_c_strings(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context);

#endif
