/* SPDX-License-Identifier: Apache-2.0 */
#include "link/smp_client.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "link/clock.h"

/* All lines of the longest packet: 4 characters for 3 bytes, 3 further bytes per line. */
enum { SERIAL_MAX = 2048 };

/* How long a request that may be repeated waits for its answer. */
enum { REPEAT_MS = 1000 };

/* What a device may send in vain before its answer: boot messages, noise. */
enum { NOISE_MAX = 1 << 20 };

/* Where a call stands while it waits. */
struct receiver {
    struct kl_smp_serial serial;
    struct kl_smp_header expected;
    uint32_t broken_frames;
    char last_text[KL_SMP_LINE_MAX + 1]; /* last line that was no frame, printable */
};

struct outgoing {
    uint8_t data[SERIAL_MAX];
    uint32_t bytes;
};

static void collect_byte(void *context, uint8_t byte)
{
    struct outgoing *outgoing = context;
    assert(outgoing->bytes < sizeof outgoing->data);
    outgoing->data[outgoing->bytes++] = byte;
}

static enum kl_err send_request(struct kl_channel *channel, const struct kl_smp_call *call,
                                struct kl_diag *diag)
{
    uint8_t packet[KL_SMP_PACKET_MAX];
    const struct kl_smp_header header = {.op = (uint8_t)call->op,
                                         .body_bytes = (uint16_t)call->body_bytes,
                                         .group = call->group,
                                         .sequence = channel->sequence,
                                         .command = call->command};
    assert(call->body_bytes <= sizeof packet - KL_SMP_HEADER_BYTES);
    kl_smp_header_write(packet, &header);
    memcpy(packet + KL_SMP_HEADER_BYTES, call->body, call->body_bytes);
    struct outgoing outgoing = {.bytes = 0};
    kl_smp_serial_send(packet, KL_SMP_HEADER_BYTES + call->body_bytes, collect_byte, &outgoing);
    return kl_channel_write(channel, outgoing.data, outgoing.bytes, diag);
}

static void keep_text(struct receiver *receiver)
{
    const struct kl_smp_serial *serial = &receiver->serial;
    for (uint32_t i = 0; i < serial->line_bytes; i++) {
        int character = serial->line[i];
        receiver->last_text[i] = (char)(isprint(character) ? character : '?');
    }
    receiver->last_text[serial->line_bytes] = '\0';
}

/* Is the packet that just came in the answer? Then keep it in `reply`. */
static bool is_answer(const struct receiver *receiver, struct kl_smp_reply *reply)
{
    struct kl_smp_header header;
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(&receiver->serial, &bytes);
    if (!kl_smp_header_read(packet, bytes, &header) || header.op != receiver->expected.op ||
        header.group != receiver->expected.group ||
        header.sequence != receiver->expected.sequence ||
        header.command != receiver->expected.command) {
        return false;
    }
    memcpy(reply->packet, packet, bytes);
    reply->body = reply->packet + KL_SMP_HEADER_BYTES;
    reply->body_bytes = bytes - KL_SMP_HEADER_BYTES;
    return true;
}

/* Take received bytes; *done when the answer was among them. */
static enum kl_err take_bytes(struct receiver *receiver, const uint8_t *data, size_t bytes,
                              struct kl_smp_reply *reply, bool *done, struct kl_diag *diag)
{
    for (size_t i = 0; i < bytes && !*done; i++) {
        switch (kl_smp_serial_push(&receiver->serial, data[i])) {
        case KL_SMP_SERIAL_PACKET: *done = is_answer(receiver, reply); break;
        case KL_SMP_SERIAL_TEXT:
            keep_text(receiver);
            if (strstr(receiver->last_text, "kinglet fault:") != NULL) {
                return kl_fail(diag, KL_EIO, "the firmware stopped: %s", receiver->last_text);
            }
            break;
        case KL_SMP_SERIAL_BROKEN: receiver->broken_frames++; break;
        case KL_SMP_SERIAL_MORE: break;
        }
    }
    return KL_OK;
}

/* One message for a call without an answer: why, and what else came from the device. */
static enum kl_err fail_unanswered(const struct receiver *receiver, const char *name,
                                   const char *why, struct kl_diag *diag)
{
    bool has_text = receiver->last_text[0] != '\0';
    return kl_fail(diag, KL_EIO, "no answer to \"%s\": %s (damaged frames: %u%s%s%s)", name, why,
                   (unsigned)receiver->broken_frames, has_text ? ", last text: \"" : "",
                   receiver->last_text, has_text ? "\"" : "");
}

/* Until `deadline_ms` of kl_clock_ms; *is_late when nothing came any more before it. */
static enum kl_err receive_answer(struct kl_channel *channel, const char *name, int64_t deadline_ms,
                                  struct receiver *receiver, struct kl_smp_reply *reply,
                                  bool *is_late, struct kl_diag *diag)
{
    size_t received = 0;
    bool done = false;
    while (!done) {
        uint8_t data[512];
        size_t got = 0;
        struct kl_diag why = {.err = KL_OK};
        int64_t left_ms = deadline_ms - kl_clock_ms();
        struct kl_channel rest = *channel;
        rest.timeout_ms = left_ms > 0 ? (int)left_ms : 0;
        if (kl_channel_read(&rest, data, sizeof data, &got, &why) != KL_OK) {
            *is_late = kl_clock_ms() >= deadline_ms;
            return fail_unanswered(receiver, name, why.message, diag);
        }
        received += got;
        if (got == 0) {
            return fail_unanswered(receiver, name, "the device closed the channel", diag);
        }
        if (received > NOISE_MAX) {
            return fail_unanswered(receiver, name, "the device sends something else", diag);
        }
        KL_TRY(take_bytes(receiver, data, got, reply, &done, diag));
    }
    return KL_OK;
}

static const char *describe_rc(uint32_t rc)
{
    switch (rc) {
    case KL_SMP_RC_UNKNOWN: return "unknown error";
    case KL_SMP_RC_NO_MEMORY: return "out of memory";
    case KL_SMP_RC_INVALID: return "invalid or out of range";
    case KL_SMP_RC_NO_ENTRY: return "no such thing";
    case KL_SMP_RC_BAD_STATE: return "not in this state";
    case KL_SMP_RC_TOO_LARGE: return "the answer does not fit a packet";
    case KL_SMP_RC_UNSUPPORTED: return "not supported by this firmware";
    case KL_SMP_RC_DENIED: return "not allowed";
    default: return "error";
    }
}

/* {"why": negative number} of a refusal; 0 without. */
static int read_why(const struct kl_smp_reply *reply)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    bool is_code = kl_cbor_map_find(reply->body, reply->body_bytes, "why", &value) &&
                   kl_cbor_next(&value, &item) && item.type == KL_CBOR_NEGATIVE &&
                   item.value < INT16_MAX;
    return is_code ? -1 - (int)item.value : 0;
}

static enum kl_err check_reply(const char *name, struct kl_smp_reply *reply, struct kl_diag *diag)
{
    struct kl_cbor_reader value;
    if (!kl_cbor_is_map(reply->body, reply->body_bytes)) {
        return kl_fail(diag, KL_EINPUT, "the device's answer to \"%s\" is not one CBOR map", name);
    }
    if (!kl_cbor_map_find(reply->body, reply->body_bytes, "rc", &value)) {
        return KL_OK;
    }
    uint32_t rc;
    if (!kl_cbor_map_uint(reply->body, reply->body_bytes, "rc", &rc)) {
        return kl_fail(diag, KL_EINPUT, "the device's answer to \"%s\" has a malformed \"rc\"",
                       name);
    }
    if (rc != KL_SMP_RC_OK) {
        reply->why = read_why(reply);
        return kl_fail(diag, rc == KL_SMP_RC_DENIED ? KL_ECHECK : KL_EINPUT,
                       "the device refused \"%s\": rc %u, %s", name, (unsigned)rc, describe_rc(rc));
    }
    return KL_OK;
}

/* Send and wait; where that may be, again and again. */
static enum kl_err exchange(struct kl_channel *channel, const struct kl_smp_call *call,
                            struct receiver *receiver, struct kl_smp_reply *reply,
                            struct kl_diag *diag)
{
    int64_t now_ms = kl_clock_ms(), end_ms = now_ms + channel->timeout_ms;
    enum kl_err err;
    bool is_late;
    do {
        int64_t deadline_ms =
            call->may_repeat && end_ms - now_ms > REPEAT_MS ? now_ms + REPEAT_MS : end_ms;
        kl_diag_clear(diag);
        is_late = false;
        KL_TRY(send_request(channel, call, diag));
        err = receive_answer(channel, call->name, deadline_ms, receiver, reply, &is_late, diag);
        now_ms = kl_clock_ms();
    } while (err != KL_OK && is_late && call->may_repeat && now_ms < end_ms);
    return err;
}

enum kl_err kl_smp_call(struct kl_channel *channel, const struct kl_smp_call *call,
                        struct kl_smp_reply *reply, struct kl_diag *diag)
{
    struct receiver receiver = {.broken_frames = 0};
    reply->why = 0;
    kl_smp_serial_reset(&receiver.serial);
    channel->sequence++;
    receiver.expected = (struct kl_smp_header){.op = (uint8_t)(call->op + 1),
                                               .group = call->group,
                                               .sequence = channel->sequence,
                                               .command = call->command};
    KL_TRY(exchange(channel, call, &receiver, reply, diag));
    return check_reply(call->name, reply, diag);
}
