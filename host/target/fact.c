/* SPDX-License-Identifier: Apache-2.0 */
#include "target/fact.h"

#include <string.h>

const struct kl_fact_kind_info kl_fact_kinds[KL_FACT_COUNT] = {
#define FACT(key, kind, dimension, label, choices) \
    {#key, label, choices, KL_FACT_##kind, &KL_##dimension},
#include "target/facts.def"
#undef FACT
};

bool kl_fact_has(const struct kl_fact *fact, const char *word)
{
    size_t length = strlen(word);
    if (!fact->known) {
        return false;
    }
    for (const char *at = fact->text; *at;) {
        size_t this = strcspn(at, " ");
        if (this == length && strncmp(at, word, length) == 0) {
            return true;
        }
        at += this + (at[this] == ' ');
    }
    return false;
}
