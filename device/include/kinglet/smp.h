/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Simple Management Protocol (SMP, of the MCUmgr tools): packets, their dispatch to
 * groups, and the framing on a serial line. Both ends use this header.
 * Sources: Zephyr's doc/services/device_mgmt/smp_protocol.rst and smp_transport.rst.
 *
 * A packet is an 8-byte big-endian header and one CBOR map:
 *
 *     byte 0  reserved:3 version:2 operation:3      bytes 2-3  length of the map
 *     byte 1  flags, 0                              bytes 4-5  group
 *     byte 6  sequence number, echoed               byte 7     command in the group
 */
#ifndef KINGLET_SMP_H
#define KINGLET_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/cbor.h"

enum {
    KL_SMP_HEADER_BYTES = 8,
    KL_SMP_PACKET_MAX = 1024, /* header and map; every device takes and makes this much */
    KL_SMP_LINE_MAX = 127     /* a serial line with its start and its newline */
};

enum kl_smp_op {
    KL_SMP_READ = 0,
    KL_SMP_READ_RESPONSE = 1,
    KL_SMP_WRITE = 2,
    KL_SMP_WRITE_RESPONSE = 3
};

/* The value of "rc" in a response; absent means 0. */
enum kl_smp_rc {
    KL_SMP_RC_OK = 0,
    KL_SMP_RC_UNKNOWN = 1,
    KL_SMP_RC_NO_MEMORY = 2,
    KL_SMP_RC_INVALID = 3,     /* malformed, or a value out of its range */
    KL_SMP_RC_NO_ENTRY = 5,    /* no such thing */
    KL_SMP_RC_BAD_STATE = 6,   /* not now */
    KL_SMP_RC_TOO_LARGE = 7,   /* the answer does not fit a packet */
    KL_SMP_RC_UNSUPPORTED = 8, /* unknown group, command, or operation for it */
    KL_SMP_RC_DENIED = 11,     /* refused for what it is; "why" has a code of kinglet/verify.h */
};

enum { KL_SMP_GROUP_OS = 0, KL_SMP_OS_ECHO = 0, KL_SMP_OS_RESET = 5, KL_SMP_OS_PARAMETERS = 6 };

struct kl_smp_header {
    uint8_t op; /* 0 to 7; above KL_SMP_WRITE_RESPONSE unassigned */
    uint8_t version;
    uint16_t body_bytes;
    uint16_t group;
    uint8_t sequence;
    uint8_t command;
};

/* Read the header of packet[0 .. bytes-1]; false unless its length is that of the packet. */
bool kl_smp_header_read(const uint8_t *packet, uint32_t bytes, struct kl_smp_header *header);

void kl_smp_header_write(uint8_t packet[KL_SMP_HEADER_BYTES], const struct kl_smp_header *header);

/* A request as its group sees it. `body` is one well-formed CBOR map. */
struct kl_smp_request {
    enum kl_smp_op op; /* KL_SMP_READ or KL_SMP_WRITE */
    uint8_t command;
    const uint8_t *body;
    uint32_t body_bytes;
};

/*
 * Carries out a request and writes one map into `response`. When it returns something else
 * than KL_SMP_RC_OK, or writes nothing, the response becomes {"rc": result}.
 */
typedef enum kl_smp_rc kl_smp_handler(void *context, const struct kl_smp_request *request,
                                      struct kl_cbor_writer *response);

struct kl_smp_group {
    uint16_t group;
    kl_smp_handler *handler;
    void *context;
};

/*
 * Answer the request in packet[0 .. bytes-1]. Returns the length of the response packet, or
 * 0 when there is nothing to answer (not a request, or too short for one).
 */
uint32_t kl_smp_handle(const struct kl_smp_group *groups, uint32_t group_count,
                       const uint8_t *packet, uint32_t bytes, uint8_t response[KL_SMP_PACKET_MAX]);

/* What the os group asks of the program around it. */
struct kl_smp_os {
    bool is_reset_wanted; /* reset once the response is sent */
};

/*
 * The os group. Command 0, echo, answers {"d": text} with {"r": text}; 6, parameters, says what
 * packets the device takes: {"buf_size": bytes, "buf_count": 1}; 5, reset, is for those with a
 * context, which is a struct kl_smp_os *, or NULL.
 */
kl_smp_handler kl_smp_os_group;

/*
 * Serial framing. A packet travels as text lines: 06 09 (first) or 04 14 (further), base64,
 * newline. The base64 of all lines holds: length of what follows (u16 big-endian), packet,
 * CRC-16 of the packet (polynomial 0x1021, start 0, big-endian).
 */

typedef void kl_smp_put_fn(void *context, uint8_t byte);

/* Send packet[0 .. bytes-1], bytes <= KL_SMP_PACKET_MAX, through `put`, byte by byte. */
void kl_smp_serial_send(const uint8_t *packet, uint32_t bytes, kl_smp_put_fn *put, void *context);

/* Collects one packet at a time. Initialise with kl_smp_serial_reset. */
struct kl_smp_serial {
    uint8_t line[KL_SMP_LINE_MAX]; /* without its newline */
    uint8_t line_bytes;
    bool line_overflow; /* the line is longer than `line` */
    bool line_ended;    /* the next byte begins a line */
    bool in_packet;     /* a first line was seen; its packet is not complete */
    uint32_t have;      /* bytes in `content` */
    uint8_t content[2 + KL_SMP_PACKET_MAX + 2]; /* length, packet, CRC */
};

enum kl_smp_serial_event {
    KL_SMP_SERIAL_MORE,   /* nothing yet */
    KL_SMP_SERIAL_PACKET, /* a packet is complete: kl_smp_serial_packet */
    KL_SMP_SERIAL_TEXT,   /* line[0 .. line_bytes-1] is a line that is no frame */
    KL_SMP_SERIAL_BROKEN  /* a damaged frame was dropped */
};

void kl_smp_serial_reset(struct kl_smp_serial *serial);

/*
 * Take one received byte. Anything may arrive: a frame start begins anew wherever it comes,
 * and what is no frame or a damaged one is dropped.
 */
enum kl_smp_serial_event kl_smp_serial_push(struct kl_smp_serial *serial, uint8_t byte);

/* The packet and its length, after KL_SMP_SERIAL_PACKET and until the next push. */
const uint8_t *kl_smp_serial_packet(const struct kl_smp_serial *serial, uint32_t *bytes);

#endif
