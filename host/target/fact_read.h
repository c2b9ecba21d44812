/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and facts as board files and core files write them. Private to target/. */
#ifndef KINGLET_TARGET_FACT_READ_H
#define KINGLET_TARGET_FACT_READ_H

#include "target/fact.h"
#include "target/record.h"

/* A map from key to {title, url, read}; the list ends with a NULL key. */
enum kl_err sources_read(struct reader *reader, const struct kl_yaml *node,
                         const struct kl_source **list) KL_MUST_CHECK;

/*
 * One fact: "unknown", or [value, source], or [value, source, where]. A value without a source
 * is checked, and then unknown: only `text` keeps it. `kind` says what the value may be.
 */
enum kl_err fact_read(struct reader *reader, const struct kl_fact_kind_info *kind,
                      const struct kl_source *sources, const struct kl_yaml *node,
                      struct kl_fact *fact) KL_MUST_CHECK;

/* A calendar day such as 2026-11-23. */
bool fact_is_day(const char *text);

#endif
