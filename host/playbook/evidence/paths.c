/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/paths.h"

#include <string.h>

/* Take the last part of the path that was written so far away; false when it cannot be: there is
 * none, or it is "..". */
static bool drop_last(char *text, size_t *length)
{
    size_t start = *length;
    while (start > 0 && text[start - 1] != '/') {
        start--;
    }
    size_t part = *length - start;
    if (part == 0 || (part == 2 && memcmp(text + start, "..", 2) == 0)) {
        return false;
    }
    /* The slash before it goes, too, unless it is that of an absolute path. */
    *length = start > 1 ? start - 1 : start;
    return true;
}

static void add_part(char *text, size_t *length, const char *part, size_t bytes)
{
    if (*length > 0 && text[*length - 1] != '/') {
        text[(*length)++] = '/';
    }
    memcpy(text + *length, part, bytes);
    *length += bytes;
}

const char *kl_path_normal(struct kl_arena *arena, const char *path)
{
    char *text = kl_arena_alloc(arena, strlen(path) + 2, 1);
    size_t length = 0;
    if (!text) {
        return NULL;
    }
    bool absolute = path[0] == '/';
    if (absolute) {
        text[length++] = '/';
    }
    while (*path) {
        size_t bytes = strcspn(path, "/");
        bool up = bytes == 2 && path[0] == '.' && path[1] == '.';
        bool here = bytes == 0 || (bytes == 1 && path[0] == '.');
        bool dropped = up && (drop_last(text, &length) || absolute);
        if (!here && !dropped) {
            add_part(text, &length, path, bytes);
        }
        path += bytes;
        path += strspn(path, "/");
    }
    if (length == 0) {
        text[length++] = '.';
    }
    text[length] = '\0';
    return text;
}

bool kl_path_is_below(const char *path)
{
    bool up = path[0] == '.' && path[1] == '.' && (path[2] == '\0' || path[2] == '/');
    return path[0] != '/' && !up;
}

bool kl_path_within(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (strcmp(folder, ".") == 0) {
        return kl_path_is_below(path);
    }
    if (strncmp(path, folder, length) != 0) {
        return false;
    }
    return path[length] == '\0' || path[length] == '/' || (length > 0 && folder[length - 1] == '/');
}
