/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses hardware for models: hard limits first, then weighted scores. */
#ifndef KINGLET_FLOW_SELECT_H
#define KINGLET_FLOW_SELECT_H

#include <jansson.h>

#include "base/buffer.h"
#include "flow/model_job.h"
#include "target/energy.h"
#include "target/latency.h"

enum { KL_SELECT_MODELS = 8, KL_SELECT_BOARDS = 128 };

enum kl_criterion {
    KL_CRITERION_LATENCY, /* headroom to the limit */
    KL_CRITERION_ENERGY,  /* per inference */
    KL_CRITERION_BATTERY, /* life */
    KL_CRITERION_MEMORY,  /* headroom of RAM and flash */
    KL_CRITERION_ECOSYSTEM,
    KL_CRITERION_SECURITY,
    KL_CRITERION_COST,
    KL_CRITERION_AVAILABILITY,
    KL_CRITERION_COUNT
};
extern const char *const kl_criterion_names[KL_CRITERION_COUNT]; /* "latency" ... */

/* What is asked for. Zero or NULL: no such limit. */
struct kl_select_request {
    const char *const *models; /* paths; each runs once per decision */
    size_t model_count;
    const char *pipeline; /* feature pipeline in front of each model, file or name; NULL: none */
    const char *const *candidates; /* board names or files; NULL: all that are no emulation */
    size_t candidate_count;
    uint32_t ram, flash; /* bytes of the board that the product may use in all; 0: the board's */
    uint32_t ram_reserved, flash_reserved;   /* bytes that the rest of the firmware needs */
    double latency;                          /* s, of a whole decision: sensor to result */
    double energy;                           /* J per decision */
    double battery_life;                     /* s */
    double temperature_min, temperature_max; /* degC; NaN: not stated */
    const char *sensors, *radios, *crypto;   /* words that the board must have */
    const char *sdks;                        /* words of which it must have one */
    const char *secure_boot;                 /* least: "software", "hardware" */
    const char *key_storage;                 /* least */
    const char *price_class;                 /* highest */
    double weights[KL_CRITERION_COUNT];      /* any scale; all zero: defaults */
    /* Workload: */
    double period;          /* s between decisions; 0: 1 s */
    double feature_cycles;  /* per decision, on the reference core (counted Cortex-M4); or */
    double feature_seconds; /* per decision, as measured or stated */
    double sensor_seconds, sensor_current;
    double radio_seconds, radio_period, radio_current; /* current 0: the board's */
    bool has_battery;
    struct kl_battery battery;
    const char *work; /* folder to build in; the caller makes and removes it */
};

/* One figure of a board, with where it comes from. */
struct kl_select_cell {
    bool known;
    double value;
    const char *provenance; /* "counted", "modelled", "estimated", "measured", "datasheet" */
    const char *how;
};

struct kl_select_board {
    const struct kl_board *board;
    const char *const *exclusions; /* one sentence each; none: a candidate */
    size_t exclusion_count;
    const char *const *doubts; /* limits that could not be checked: the fact is unknown */
    size_t doubt_count;
    /* Price: the number of the class, cheapest 0; `how` is its name. */
    struct kl_select_cell ram, flash, latency, energy, battery_life, price, average_current;
    struct kl_select_cell arena, stack, cycles; /* of the models: parts of RAM, and of latency */
    double ram_limit, flash_limit;              /* bytes that may be used; 0: unknown */
    double latency_low, latency_high;           /* s, see target/latency.h */
    double scores[KL_CRITERION_COUNT]; /* 0..1; NaN: unknown, counted as the lower quartile of the
                                          rest */
    double total;                      /* 0..1 */
    struct kl_energy_day day;
    struct kl_load loads[KL_MAX_LOADS];
    size_t load_count;
};

struct kl_select_sensitivity {
    enum kl_criterion criterion;
    double factor;      /* 0.8 or 1.2 */
    const char *winner; /* board that then wins */
    bool changes;
};

struct kl_select_result {
    struct kl_select_board *boards; /* candidates by falling total, then the excluded ones */
    size_t board_count, candidate_count;
    struct kl_select_sensitivity sensitivity[2 * KL_CRITERION_COUNT];
    size_t sensitivity_count;
    /* As used, sum 1. A criterion that is unknown of all candidates has none. */
    double weights[KL_CRITERION_COUNT];
    const char *rationale;     /* some sentences */
    size_t counted, cached;    /* measurements of cores: made now, found in the cache */
    const char *const *sha256; /* of the models, in their order */
    const char *pipeline_sha256;
};

/*
 * Figures of one decision on a board:
 *
 *     latency = sensor + features + each model (target/latency.h)
 *     energy  = supply * (run current * (features + models) + sensor current * sensor)
 *     battery = target/energy.h, with the loads sensor, features, inference and radio
 *     RAM     = largest arena + largest stack + all data and bss + what is reserved
 *     flash   = all code and constants and data + what is reserved
 *
 * A measurement in the board's history replaces what would be modelled. Scores, 0 to 1:
 *
 *     latency, energy   limit given: 1 - value/limit; else the least of the candidates / value
 *     battery           limit given: 1 - limit/life; else life / the longest
 *     memory            the smaller share that RAM and flash leave free
 *     ecosystem         number of software ecosystems / the largest number
 *     security          mean of secure boot and key storage (by rank), crypto (share of the
 *                       known kinds), TrustZone and debug lock; what is unknown counts as absent
 *     cost, availability  rank of price class and life-cycle status
 */

/* `progress` is told what is going on, may be NULL. Measurements are kept in `cache` (a folder, or
 * NULL) under the hash of model, program and compiler flags. Memory of `arena`. */
enum kl_err kl_select(const struct kl_select_request *request, const char *cache,
                      void (*progress)(void *user, const char *what), void *user,
                      struct kl_arena *arena, struct kl_select_result *result,
                      struct kl_diag *diag) KL_MUST_CHECK;

/* The result as tables of the envelope. */
json_t *kl_select_json(const struct kl_select_result *result);

/* The result as a whole page: matrix, exclusions, charts, rationale. */
void kl_select_page(const struct kl_select_request *request, const struct kl_select_result *result,
                    struct kl_buffer *html);

/* A list of words such as "ble wifi" (or with commas) for a fact: KL_EUSAGE with the nearest
 * choice for a word that the fact does not know. */
enum kl_err kl_select_check_words(enum kl_fact_id id, const char *words, const char *what,
                                  struct kl_diag *diag) KL_MUST_CHECK;

#endif
