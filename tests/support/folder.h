/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary folders of tests. */
#ifndef KINGLET_TESTS_FOLDER_H
#define KINGLET_TESTS_FOLDER_H

#include <stdbool.h>

enum { KT_FOLDER_BYTES = 32 };

/* Make an empty folder; false, with a message, when it cannot. */
bool kt_make_folder(char path[KT_FOLDER_BYTES]);

/* Remove a folder and all below it; prints a message when it cannot. */
void kt_remove_folder(const char *folder);

/* The folder of a test program: set-up and tear-down of a group of cmocka tests make and remove
 * it. They return 0 if it could be made. */
extern char kt_folder[KT_FOLDER_BYTES];
int kt_folder_open(void **state);
int kt_folder_close(void **state);

#endif
