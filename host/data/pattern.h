/* SPDX-License-Identifier: Apache-2.0 */
/* What file names say: "{label}_{group}_{}". */
#ifndef KINGLET_DATA_PATTERN_H
#define KINGLET_DATA_PATTERN_H

#include "data/dataset.h"

enum { KL_PATTERN_FIELDS = 16, KL_PATTERN_NAME = 32 };

struct kl_pattern_field {
    char name[KL_PATTERN_NAME]; /* "" for {}, whose text is not kept */
    char text[256];
};

struct kl_pattern_match {
    struct kl_pattern_field fields[KL_PATTERN_FIELDS];
    int count;
};

/* KL_EUSAGE when a brace is not closed, one is within another, there is none, or there are more
 * than 16 pairs or longer names than 31. */
enum kl_err kl_pattern_check(const char *pattern, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Match a path without its ending: as many of its last parts as the pattern has. Each pair of
 * braces stands for one or more characters other than '/', as few as possible but for the last of
 * a part. False when it does not match. The pattern has been checked.
 */
bool kl_pattern_match(const char *pattern, const char *path, struct kl_pattern_match *match);

#endif
