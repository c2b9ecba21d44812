/* SPDX-License-Identifier: Apache-2.0 */
/* Text that programs printed or files hold, before it is shown to people or kept. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_CLEAN_H
#define KINGLET_PLAYBOOK_EVIDENCE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copy text, at most as many bytes, without what is no text: control characters become blanks
 * (carriage returns, as progress lines have them, ends of lines), other bytes that are not UTF-8
 * "?". Returns the bytes written; no NUL is added. `out` may be `text`.
 */
size_t kl_clean_text(const char *text, size_t bytes, char *out);

/* Is it UTF-8 without control characters other than tab and ends of lines? NULL is not. */
bool kl_is_clean_text(const char *text);

#endif
