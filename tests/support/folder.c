/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

char kt_folder[KT_FOLDER_BYTES];

bool kt_make_folder(char path[KT_FOLDER_BYTES])
{
    snprintf(path, KT_FOLDER_BYTES, "/tmp/kinglet-test-XXXXXX");
    if (!mkdtemp(path)) {
        perror(path);
        return false;
    }
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void kt_remove_folder(const char *folder)
{
    enum { OPEN_FOLDERS = 16 };
    if (nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(folder);
    }
}

int kt_folder_open(void **state)
{
    (void)state;
    return kt_make_folder(kt_folder) ? 0 : -1;
}

int kt_folder_close(void **state)
{
    (void)state;
    kt_remove_folder(kt_folder);
    return 0;
}
