/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model does in the field, in counts: scores by class, entropy, margin, latency, resets and
 * memory; written as a record of CBOR (docs/spec/telemetry.md) about once a day.
 *
 *     kl_monitor_add(&monitor, scores, classes, microseconds);      after each inference
 *     kl_monitor_take(&monitor, record, sizeof record, &bytes);     once a day
 *
 * A record that could not be sent is given back with kl_monitor_merge, and is part of the next one.
 * When a record has less room than its counts need, neighbouring bins are counted together: so
 * detail is lost, and no count is. All state is in struct kl_monitor, below 2 KB.
 */
#ifndef KINGLET_MONITOR_H
#define KINGLET_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    KL_MONITOR_MODEL_BYTES = 8, /* the first ones of the SHA-256 of the pack's image */
    KL_MONITOR_CLASSES = 16,    /* further ones are counted as the last of these */
    KL_MONITOR_BINS = 8,
    KL_MONITOR_LATENCY_BINS = 16,
    KL_MONITOR_RECORD_MIN = 288,   /* room in which every record fits, in the widest bins */
    KL_MONITOR_RECORD_BYTES = 336, /* room for a record that is at most 400 bytes when sealed */
    KL_MONITOR_RAM_MAX = 2048
};

enum kl_monitor_error {
    KL_MONITOR_OK = 0,
    KL_MONITOR_ROOM = -112,   /* the record does not fit, even in the widest bins */
    KL_MONITOR_RECORD = -113, /* not a record */
    KL_MONITOR_OTHER = -114,  /* of another model, or of other classes */
};

/* Why the device began anew. */
enum kl_monitor_reset {
    KL_MONITOR_POWER,
    KL_MONITOR_COMMAND, /* asked for, such as for an update */
    KL_MONITOR_WATCHDOG,
    KL_MONITOR_FAULT,
    KL_MONITOR_UNKNOWN,
    KL_MONITOR_RESETS
};

struct kl_monitor {
    uint8_t model[KL_MONITOR_MODEL_BYTES];
    uint32_t classes;  /* 1 .. KL_MONITOR_CLASSES */
    uint32_t width;    /* bins that are counted together: 1, 2, 4 or 8; not those of latency */
    uint32_t sequence; /* of the next record, from 0 on */
    uint32_t seconds;  /* that are counted here; the caller adds to it */
    uint32_t inferences;
    /* By the class with the highest score (the first one of equals): that score, in 1/8. */
    uint32_t scores[KL_MONITOR_CLASSES][KL_MONITOR_BINS];
    uint32_t entropy[KL_MONITOR_BINS]; /* of all scores, in 1/2 bit; the last one: 3.5 and above */
    uint32_t margin[KL_MONITOR_BINS];  /* from the highest to the second one, in 1/8 */
    /* Below 128 us, below 256 us, and so on; the last one: all above. */
    uint32_t latency[KL_MONITOR_LATENCY_BINS];
    uint32_t latency_max; /* microseconds */
    uint32_t resets[KL_MONITOR_RESETS];
    uint32_t stack_bytes, arena_bytes; /* the most that was used */
};

/* Begin with all counts 0, for a model of that many classes, at least 1. */
void kl_monitor_init(struct kl_monitor *monitor, const uint8_t model[KL_MONITOR_MODEL_BYTES],
                     uint32_t classes);

/* Count an inference. Scores are probabilities p as int8 softmax has them: 256 p - 128. `classes`
 * of them, at least 1. */
void kl_monitor_add(struct kl_monitor *monitor, const int8_t *scores, uint32_t classes,
                    uint32_t microseconds);

void kl_monitor_reset(struct kl_monitor *monitor, enum kl_monitor_reset cause);
void kl_monitor_memory(struct kl_monitor *monitor, uint32_t stack_bytes, uint32_t arena_bytes);

/* Count bins together in groups of `width`: a power of two, not below monitor->width. */
void kl_monitor_widen(struct kl_monitor *monitor, uint32_t width);

/*
 * Write everything as a record, and begin anew with the next sequence number. 0, or KL_MONITOR_ROOM
 * with all counts kept.
 */
int kl_monitor_take(struct kl_monitor *monitor, uint8_t *record, uint32_t capacity,
                    uint32_t *bytes);

/* Read a record from outside: *monitor is all that it says. 0, or KL_MONITOR_RECORD. */
int kl_monitor_read(struct kl_monitor *monitor, const uint8_t *record, uint32_t bytes);

/* Add the counts of `other`, whose bins may become wider. 0, or KL_MONITOR_OTHER. */
int kl_monitor_join(struct kl_monitor *monitor, struct kl_monitor *other);

/* Both: add the counts of a record. Takes sizeof(struct kl_monitor) of stack. */
int kl_monitor_merge(struct kl_monitor *monitor, const uint8_t *record, uint32_t bytes);

#endif
