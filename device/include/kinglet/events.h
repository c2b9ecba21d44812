/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events from the scores of inferences that follow each other: the mean over the last inferences, a
 * threshold for each class, another one for the end (hysteresis), a least duration and a pause.
 *
 *     static alignas(4) unsigned char events[KWS_EVENTS_BYTES];
 *     kl_events_reset(&kws_events, events, sizeof events);
 *     for (;;) {
 *         ... kl_model_run ...
 *         uint16_t which;
 *         if (kl_events_push(&kws_events, events, kl_model_output(&kws_model, arena, 0), &which) ==
 *             KL_EVENT_BEGUN) { ... class `which` ... }
 *     }
 *
 * Scores are the model's outputs as they are. Everything behind them is in integers, so the host,
 * which found the thresholds with this code (`kinglet threshold`), had the same events.
 * docs/adr/0037 says why it is done in this way.
 */
#ifndef KINGLET_EVENTS_H
#define KINGLET_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kinglet/dtype.h"

enum {
    KL_EVENTS_CLASSES = 4096, /* most classes */
    KL_EVENTS_WINDOW = 256,   /* most inferences that a mean is over */
    KL_EVENTS_LEVEL = 32767,  /* levels are -32768 to this */
    KL_EVENTS_NEVER = INT32_MAX
};

/*
 * A class's thresholds, as sums of levels over the window. At `on` or above its event may begin,
 * below `off` <= on it ends. KL_EVENTS_NEVER as `on`: a class without events, e.g. the background.
 */
struct kl_event_thresholds {
    int32_t on, off;
};

/* Constant; `kinglet compile --events` writes one beside the model. */
struct kl_events_config {
    const struct kl_event_thresholds *classes;
    uint16_t class_count; /* values of the model's output */
    uint16_t window;      /* inferences that the mean is over; 1: each is taken as it is */
    uint16_t duration; /* inferences in a row that must be at `on` before an event begins; >= 1 */
    uint16_t pause;    /* inferences after an event in which none begins */
    int16_t rest;      /* level that the inferences before the first are taken to have had */
    uint8_t dtype;     /* of the output: KL_S8, KL_S16 or KL_F32 */
    float steps;       /* KL_F32: levels per unit; below 0 when low values are the unusual ones */
};

enum kl_event { KL_EVENT_NONE, KL_EVENT_BEGUN, KL_EVENT_ENDED };

/* Bytes of memory that a detector needs, a multiple of 4. */
static inline uint32_t kl_events_bytes(const struct kl_events_config *config)
{
    const uint32_t of_class = 4u + 2u + 2u * config->window;
    return 8u + (config->class_count * of_class + 3u) / 4u * 4u;
}

/* The beginning of that memory; sums, then runs, then a ring of levels [window][classes] follow. */
struct kl_events_state {
    int16_t active; /* the class whose event is on, or -1 */
    int16_t last;   /* the class whose event was the last to end */
    uint16_t wait;  /* inferences until its next event may begin */
    uint16_t place; /* in the ring */
};

static inline int32_t *kl_events_sums(void *memory)
{
    return (int32_t *)(void *)((unsigned char *)memory + sizeof(struct kl_events_state));
}

static inline bool kl_events_is_valid(const struct kl_events_config *config)
{
    /* Differences say whether a float is finite without <math.h>. */
    const bool steps = config->steps - config->steps == 0.0f && config->steps != 0.0f;
    bool good =
        config->class_count >= 1 && config->class_count <= KL_EVENTS_CLASSES &&
        config->window >= 1 && config->window <= KL_EVENTS_WINDOW && config->duration >= 1 &&
        (config->dtype == KL_S8 || config->dtype == KL_S16 || (config->dtype == KL_F32 && steps));
    for (uint32_t c = 0; good && c < config->class_count; c++) {
        good = config->classes[c].off <= config->classes[c].on;
    }
    return good;
}

/*
 * Begin: no event is on, and the window is full of `rest`. `memory` of `bytes` is aligned to 4 and
 * the caller's; two of them are two independent detectors. False, with nothing done, when the
 * configuration makes no sense or the memory is too small.
 */
static inline bool kl_events_reset(const struct kl_events_config *config, void *memory,
                                   uint32_t bytes)
{
    struct kl_events_state *state = memory;
    if (!kl_events_is_valid(config) || bytes < kl_events_bytes(config)) {
        return false;
    }
    *state = (struct kl_events_state){.active = -1};
    int32_t *sums = kl_events_sums(memory);
    uint16_t *runs = (uint16_t *)(void *)(sums + config->class_count);
    int16_t *ring = (int16_t *)(void *)(runs + config->class_count);
    for (uint32_t c = 0; c < config->class_count; c++) {
        sums[c] = config->rest * (int32_t)config->window;
        runs[c] = 0;
    }
    for (uint32_t i = 0; i < (uint32_t)config->class_count * config->window; i++) {
        ring[i] = config->rest;
    }
    return true;
}

/* Score `index` as a level. Floats: times `steps`, to the nearest, ties away from 0, cut off at
 * +-32767; what is no number is the lowest. */
static inline int32_t kl_events_level(const struct kl_events_config *config, const void *scores,
                                      uint32_t index)
{
    if (config->dtype == KL_S8) {
        return ((const int8_t *)scores)[index];
    }
    if (config->dtype == KL_S16) {
        return ((const int16_t *)scores)[index];
    }
    float value;
    memcpy(&value, (const unsigned char *)scores + 4 * index, sizeof value);
    value *= config->steps;
    const float most = (float)KL_EVENTS_LEVEL;
    const float low = value >= -most ? value : -most; /* of NaN, too */
    const float level = low <= most ? low : most;
    return (int32_t)(level + (level < 0.0f ? -0.5f : 0.5f));
}

/* Take in the levels of an inference: sums, and how long each class has been at `on`. */
static inline void kl_events_smooth(const struct kl_events_config *config, void *memory,
                                    const void *scores)
{
    struct kl_events_state *state = memory;
    int32_t *sums = kl_events_sums(memory);
    uint16_t *runs = (uint16_t *)(void *)(sums + config->class_count);
    int16_t *ring = (int16_t *)(void *)(runs + config->class_count);
    int16_t *oldest = ring + (uint32_t)state->place * config->class_count;
    for (uint32_t c = 0; c < config->class_count; c++) {
        const int32_t level = kl_events_level(config, scores, c);
        const int32_t sum = sums[c] + level - oldest[c];
        oldest[c] = (int16_t)level;
        sums[c] = sum;
        if (sum < config->classes[c].on || config->classes[c].on == KL_EVENTS_NEVER) {
            runs[c] = 0;
        } else if (runs[c] < config->duration) {
            runs[c]++;
        }
    }
    state->place = (uint16_t)(state->place + 1u < config->window ? state->place + 1u : 0u);
}

/* The class that has been at `on` for long enough and is farthest above it; of equal ones the
 * first; -1: none. One class may be left out. */
static inline int32_t kl_events_ready(const struct kl_events_config *config, void *memory,
                                      int32_t left_out)
{
    const int32_t *sums = kl_events_sums(memory);
    const uint16_t *runs = (const uint16_t *)(const void *)(sums + config->class_count);
    int32_t found = -1;
    uint32_t most = 0;
    for (uint32_t c = 0; c < config->class_count; c++) {
        /* Not negative; as unsigned numbers no threshold can make it overflow. */
        const uint32_t above = (uint32_t)sums[c] - (uint32_t)config->classes[c].on;
        const bool ready = runs[c] >= config->duration && (int32_t)c != left_out;
        if (ready && (found < 0 || above > most)) {
            found = (int32_t)c;
            most = above;
        }
    }
    return found;
}

/*
 * Take in the scores of the next inference (class_count values of `dtype`). At most one event is on
 * at a time; when one begins or ends, *which is its class, else it stays as it was. Bounded time:
 * some instructions for each class.
 */
static inline enum kl_event kl_events_push(const struct kl_events_config *config, void *memory,
                                           const void *scores, uint16_t *which)
{
    struct kl_events_state *state = memory;
    kl_events_smooth(config, memory, scores);
    if (state->active >= 0) {
        const uint32_t active = (uint32_t)state->active;
        if (kl_events_sums(memory)[active] >= config->classes[active].off) {
            return KL_EVENT_NONE;
        }
        state->active = -1;
        state->last = (int16_t)active;
        state->wait = config->pause;
        *which = (uint16_t)active;
        return KL_EVENT_ENDED;
    }
    const bool paused = state->wait > 0;
    state->wait = (uint16_t)(paused ? state->wait - 1u : 0u);
    const int32_t ready = kl_events_ready(config, memory, paused ? state->last : -1);
    if (ready < 0) {
        return KL_EVENT_NONE;
    }
    state->active = (int16_t)ready;
    *which = (uint16_t)ready;
    return KL_EVENT_BEGUN;
}

/* The class whose event is on, or -1. */
static inline int32_t kl_events_active(const void *memory)
{
    return ((const struct kl_events_state *)memory)->active;
}

#endif
