/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of random scores through the event detector, the same on host and boards. */
#ifndef KINGLET_TESTS_EVENTS_STREAM_H
#define KINGLET_TESTS_EVENTS_STREAM_H

#include <stdint.h>

enum { EVENTS_KINDS = 3 }; /* int8, int16, float */

/* Push `count` inferences of one kind; a hash of all that the detector said. */
uint32_t events_stream_hash(int32_t kind, int32_t count);

/* How many events began in the last stream. */
extern int32_t events_stream_begun;

#endif
