/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "playbook/file/load.h"

enum { FINDING_BYTES = 1000 };

/* Where a new finding goes. When the list is full, an error takes the place of the last advice:
 * what forbids a run must not be crowded out. */
static struct kl_finding *place_for(struct kl_findings *findings, int kind)
{
    if (findings->count < KL_MAX_FINDINGS) {
        return &findings->items[findings->count++];
    }
    for (size_t i = findings->count; kind == KL_FINDING_ERROR && i > 0; i--) {
        if (findings->items[i - 1].kind != KL_FINDING_ERROR) {
            return &findings->items[i - 1];
        }
    }
    return NULL;
}

/* The message on one line: texts of the file may be quoted in it. */
static const char *keep_text(struct kl_arena *arena, char text[FINDING_BYTES])
{
    text[kl_utf8_cut(text, FINDING_BYTES - 1)] = '\0';
    for (char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20) {
            *at = ' ';
        }
    }
    return kl_arena_copy(arena, text, strlen(text) + 1);
}

void kl_findings_add(struct kl_findings *findings, struct kl_arena *arena, int kind,
                     const struct kl_yaml *node, const char *format, ...)
{
    char text[FINDING_BYTES];
    va_list args;
    findings->errors += kind == KL_FINDING_ERROR ? 1 : 0;
    if (!findings->items) {
        findings->items = KL_NEW(arena, struct kl_finding, KL_MAX_FINDINGS);
    }
    struct kl_finding *finding = findings->items ? place_for(findings, kind) : NULL;
    if (!finding) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = keep_text(arena, text);
    *finding = (struct kl_finding){.origin = node ? node->origin : "",
                                   .line = node ? node->line : 0,
                                   .text = kept ? kept : "out of memory"};
    finding->kind = kind == KL_FINDING_ERROR     ? KL_FINDING_ERROR
                    : kind == KL_FINDING_WARNING ? KL_FINDING_WARNING
                                                 : KL_FINDING_MISSING;
}

bool kl_findings_full(const struct kl_findings *findings)
{
    return findings->errors >= KL_MAX_FINDINGS;
}

/* Number of a file in the list, the main one first. */
static size_t rank_of(const struct kl_playbook *playbook, const char *origin)
{
    size_t rank = 0;
    while (rank < playbook->file_count && strcmp(playbook->files[rank], origin) != 0) {
        rank++;
    }
    return rank;
}

static bool comes_after(const struct kl_playbook *playbook, const struct kl_finding *a,
                        const struct kl_finding *b)
{
    size_t rank_a = rank_of(playbook, a->origin);
    size_t rank_b = rank_of(playbook, b->origin);
    return rank_a != rank_b ? rank_a > rank_b : a->line > b->line;
}

/* By insertion: findings are few, and those of one line keep their order. */
void kl_findings_sort(struct kl_findings *findings, const struct kl_playbook *playbook)
{
    for (size_t i = 1; i < findings->count; i++) {
        struct kl_finding moved = findings->items[i];
        size_t at = i;
        while (at > 0 && comes_after(playbook, &findings->items[at - 1], &moved)) {
            findings->items[at] = findings->items[at - 1];
            at--;
        }
        findings->items[at] = moved;
    }
}
