/* SPDX-License-Identifier: Apache-2.0 */
/* Import bytes as an untrusted file, for the tests of the importer. */
#ifndef KINGLET_TESTS_IMPORT_TRY_H
#define KINGLET_TESTS_IMPORT_TRY_H

#include "import/import.h"

struct import_try {
    enum kl_err err;
    struct kl_diag diag;
    struct kl_graph *graph; /* NULL when it was refused */
    struct kl_arena *arena;
    unsigned char *memory;
};

/*
 * Import a copy of `file` that lies `shift` bytes past an aligned address and ends where its
 * memory ends, so that a sanitizer sees every read outside. Fails the test unless the file is
 * accepted with a graph, or refused with a message. import_done releases everything.
 */
struct import_try import_try(struct kl_bytes file, size_t shift);
void import_done(struct import_try *result);

/* Import a file that must be accepted. */
struct import_try import_good(struct kl_bytes file);

#endif
