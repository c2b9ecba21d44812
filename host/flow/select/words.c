/* SPDX-License-Identifier: Apache-2.0 */
/* Words of facts: lists of them, and their ranks. */
#include <string.h>

#include "base/nearest.h"
#include "flow/select/internal.h"

enum { WORD_BYTES = 32, MOST_CHOICES = 24 };

bool select_next_word(const char **at, char word[WORD_BYTES])
{
    const char *text = *at + strspn(*at, " ,");
    size_t length = strcspn(text, " ,");
    *at = text + length;
    length = length < WORD_BYTES ? length : WORD_BYTES - 1;
    memcpy(word, text, length);
    word[length] = '\0';
    return length > 0;
}

int select_word_rank(const char *word, enum kl_fact_id id, int *count)
{
    char choice[WORD_BYTES];
    const char *at = kl_fact_kinds[id].choices;
    int rank = -1;
    for (*count = 0; select_next_word(&at, choice); (*count)++) {
        if (strcmp(choice, word) == 0) {
            rank = *count;
        }
    }
    return rank;
}

int select_rank(const struct kl_fact *fact, enum kl_fact_id id, int *count)
{
    return select_word_rank(fact->known ? fact->text : "", id, count);
}

static enum kl_err unknown_word(enum kl_fact_id id, const char *word, const char *what,
                                struct kl_diag *diag)
{
    char choices[MOST_CHOICES][WORD_BYTES];
    const char *names[MOST_CHOICES];
    const char *at = kl_fact_kinds[id].choices;
    size_t count = 0;
    while (count < MOST_CHOICES && select_next_word(&at, choices[count])) {
        names[count] = choices[count];
        count++;
    }
    const char *near = kl_nearest(word, names, count);
    return kl_fail(diag, KL_EUSAGE, "%s: unknown word '%s'%s%s%s; known are: %s", what, word,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
                   kl_fact_kinds[id].choices);
}

enum kl_err kl_select_check_words(enum kl_fact_id id, const char *words, const char *what,
                                  struct kl_diag *diag)
{
    char word[WORD_BYTES];
    int count;
    while (words && select_next_word(&words, word)) {
        if (select_word_rank(word, id, &count) < 0) {
            return unknown_word(id, word, what, diag);
        }
    }
    return KL_OK;
}

char *select_text(double value, struct kl_dimension dimension, char text[KL_VALUE_BYTES])
{
    return kl_value_format((struct kl_value){value, dimension}, "USD", text);
}
