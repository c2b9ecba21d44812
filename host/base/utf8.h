/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside: is it UTF-8 without what a text should not contain? */
#ifndef KINGLET_BASE_UTF8_H
#define KINGLET_BASE_UTF8_H

#include <stddef.h>

/*
 * Length of the longest start of `text` that is UTF-8 (RFC 3629) without control characters other
 * than tab, newline and carriage return, and without U+2028, U+2029, U+FEFF, U+FFFE and U+FFFF.
 * When that is less than `bytes`, *fault says what follows, e.g. "a control character".
 */
size_t kl_utf8_check(const char *text, size_t bytes, const char **fault);

/* The largest length up to `limit` at which the NUL-terminated text can be cut without cutting
 * through a character. */
size_t kl_utf8_cut(const char *text, size_t limit);

#endif
