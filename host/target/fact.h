/* SPDX-License-Identifier: Apache-2.0 */
/* Facts with their sources. A fact without a source is unknown. */
#ifndef KINGLET_TARGET_FACT_H
#define KINGLET_TARGET_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

struct kl_source {
    const char *key;
    const char *title;
    const char *url;  /* or NULL */
    const char *read; /* day on which its text was compared with the facts, or NULL: not checked */
};

struct kl_fact {
    bool known;
    struct kl_value value; /* NUMBER, QUANTITY; YES: 1 or 0 */
    const char *text;      /* as written; SET: words separated by blanks */
    const struct kl_source *source;
    const char *where; /* place in the source and conditions, or NULL */
};

enum kl_fact_kind {
    KL_FACT_NUMBER,
    KL_FACT_QUANTITY,
    KL_FACT_TEXT,
    KL_FACT_CHOICE,
    KL_FACT_SET,
    KL_FACT_YES
};

/* The facts of a board, in the order of facts.def. */
enum kl_fact_id {
#define FACT(key, kind, dimension, label, choices) KL_FACT_ID_##key,
#include "target/facts.def"
#undef FACT
    KL_FACT_COUNT
};

struct kl_fact_kind_info {
    const char *key, *label, *choices;
    enum kl_fact_kind kind;
    const struct kl_dimension *dimension;
};
extern const struct kl_fact_kind_info kl_fact_kinds[KL_FACT_COUNT];

/* Is the word among those of a SET? */
bool kl_fact_has(const struct kl_fact *fact, const char *word);

#endif
