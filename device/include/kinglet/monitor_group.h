/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor group of the management protocol: what is counted now, and the record that waits for
 * the server; docs/spec/management.md has its maps.
 *
 * A record is closed and sealed once, and answers every request for it with the same bytes until
 * whoever read it says so. Meanwhile the monitor goes on counting, so a record that nobody takes
 * makes the next one longer, and nothing is lost.
 */
#ifndef KINGLET_MONITOR_GROUP_H
#define KINGLET_MONITOR_GROUP_H

#include "kinglet/monitor.h"
#include "kinglet/seal.h"
#include "kinglet/smp.h"

enum {
    KL_SMP_GROUP_MONITOR = 66,
    KL_SMP_MONITOR_COUNTS = 0,
    KL_SMP_MONITOR_RECORD = 1,
    KL_SMP_MONITOR_CLOSE = 2,
    KL_MONITOR_SEALED_BYTES = KL_MONITOR_RECORD_BYTES + KL_SEAL_EXTRA
};

enum { KL_MONITOR_NO_KEY = -218 }; /* there is no key to seal a record with */

/* Set the first five. All of it lies in RAM: what is not taken when the device resets is lost. */
struct kl_monitor_service {
    struct kl_monitor monitor;
    const struct kl_seal_key *key; /* NULL: no record is closed, and counting goes on */
    /* Of the next sealed record, never used before with the key: such as a count of starts that
     * survives power cuts, times 2^32. */
    uint64_t next_number;
    uint32_t period; /* seconds after which kl_monitor_tick closes a record */
    uint32_t asleep; /* share of the time that the core sleeps, of 1000: the application says it */
    bool is_waiting, was_taken;
    uint64_t number; /* of the record that waits, or that was taken last */
    uint8_t sealed[KL_MONITOR_SEALED_BYTES];
    uint32_t sealed_bytes;
};

/* Close and seal the record, unless one waits already. 0; or KL_MONITOR_NO_KEY, an enum
 * kl_monitor_error or kl_seal_error with all counts kept. */
int kl_monitor_close(struct kl_monitor_service *service);

/* So many seconds have gone by; when the period is over, the record is closed. */
void kl_monitor_tick(struct kl_monitor_service *service, uint32_t seconds);

kl_smp_handler kl_monitor_group; /* context: struct kl_monitor_service * */

#endif
