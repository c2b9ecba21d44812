/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary folders of tests. */
#ifndef KINGLET_TESTS_FOLDER_H
#define KINGLET_TESTS_FOLDER_H

/* Remove a folder and all below it; prints a message when it cannot. */
void kt_remove_folder(const char *folder);

#endif
