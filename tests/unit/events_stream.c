/* SPDX-License-Identifier: Apache-2.0 */
#include "../tests/unit/events_stream.h"

#include <stdalign.h>

#include "kinglet/events.h"

enum { CLASSES = 12, MEMORY = 1024 };

int32_t events_stream_begun;

static uint32_t state;

static uint32_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Scores of an inference: weak everywhere, and strong in a class that changes slowly. */
static void make_scores(int32_t kind, int32_t inference, void *scores)
{
    const uint32_t strong = (uint32_t)inference / 16u * 7u % (CLASSES + 4u);
    for (uint32_t c = 0; c < CLASSES; c++) {
        const int32_t bits = (int32_t)(random_bits() >> 24);
        const int32_t level = c == strong ? 127 - bits / 4 : -128 + bits / 3;
        if (kind == 0) {
            ((int8_t *)scores)[c] = (int8_t)level;
        } else if (kind == 1) {
            ((int16_t *)scores)[c] = (int16_t)(level * 256);
        } else {
            ((float *)scores)[c] = (float)level * 0.0123f;
        }
    }
}

/* Never inlined, so that its instructions can be counted. */
enum kl_event events_push_counted(const struct kl_events_config *config, void *memory,
                                  const void *scores, uint16_t *which);
void events_push_over(void);

__attribute__((noinline)) enum kl_event events_push_counted(const struct kl_events_config *config,
                                                            void *memory, const void *scores,
                                                            uint16_t *which)
{
    return kl_events_push(config, memory, scores, which);
}

__attribute__((noinline)) void events_push_over(void)
{
    __asm__ volatile("");
}

uint32_t events_stream_hash(int32_t kind, int32_t count)
{
    static const uint8_t dtypes[EVENTS_KINDS] = {KL_S8, KL_S16, KL_F32};
    static const int32_t on[EVENTS_KINDS] = {300, 300 * 256, 3690};
    static alignas(4) unsigned char memory[MEMORY];
    struct kl_event_thresholds classes[CLASSES];
    struct kl_events_config config = {.classes = classes,
                                      .class_count = CLASSES,
                                      .window = 5,
                                      .duration = 2,
                                      .pause = 3,
                                      .dtype = dtypes[kind],
                                      .rest = -128,
                                      .steps = 1000.0f};
    alignas(8) unsigned char scores[4 * CLASSES];
    uint32_t hash = 2166136261u;
    uint16_t which = 0;
    for (int32_t c = 0; c < CLASSES; c++) {
        classes[c] = (struct kl_event_thresholds){on[kind] + c, on[kind] / 2};
    }
    classes[0].on = KL_EVENTS_NEVER;
    state = 1;
    events_stream_begun = 0;
    if (!kl_events_reset(&config, memory, sizeof memory)) {
        return 0;
    }
    for (int32_t i = 0; i < count; i++) {
        make_scores(kind, i, scores);
        const enum kl_event event = events_push_counted(&config, memory, scores, &which);
        events_push_over();
        events_stream_begun += event == KL_EVENT_BEGUN;
        hash = (hash ^ (uint32_t)event) * 16777619u;
        hash = (hash ^ which) * 16777619u;
        hash = (hash ^ (uint32_t)kl_events_active(memory)) * 16777619u;
    }
    return hash;
}
