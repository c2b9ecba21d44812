/* SPDX-License-Identifier: Apache-2.0 */
/* SMP packets: header, dispatch, os group; see kinglet/smp.h. */
#include "kinglet/smp.h"

static uint16_t read_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static void write_u16(uint8_t *data, uint16_t value)
{
    data[0] = (uint8_t)(value >> 8);
    data[1] = (uint8_t)value;
}

bool kl_smp_header_read(const uint8_t *packet, uint32_t bytes, struct kl_smp_header *header)
{
    if (bytes < KL_SMP_HEADER_BYTES) {
        return false;
    }
    *header = (struct kl_smp_header){
        .op = packet[0] & 7,
        .version = packet[0] >> 3 & 3,
        .body_bytes = read_u16(packet + 2),
        .group = read_u16(packet + 4),
        .sequence = packet[6],
        .command = packet[7],
    };
    return header->body_bytes == bytes - KL_SMP_HEADER_BYTES;
}

void kl_smp_header_write(uint8_t packet[KL_SMP_HEADER_BYTES], const struct kl_smp_header *header)
{
    packet[0] = (uint8_t)(header->version << 3 | header->op);
    packet[1] = 0;
    write_u16(packet + 2, header->body_bytes);
    write_u16(packet + 4, header->group);
    packet[6] = header->sequence;
    packet[7] = header->command;
}

static enum kl_smp_rc dispatch(const struct kl_smp_group *groups, uint32_t group_count,
                               uint16_t group, const struct kl_smp_request *request,
                               struct kl_cbor_writer *response)
{
    if (!kl_cbor_is_map(request->body, request->body_bytes)) {
        return KL_SMP_RC_INVALID;
    }
    for (uint32_t i = 0; i < group_count; i++) {
        if (groups[i].group == group) {
            return groups[i].handler(groups[i].context, request, response);
        }
    }
    return KL_SMP_RC_UNSUPPORTED;
}

static void write_rc(struct kl_cbor_writer *response, enum kl_smp_rc rc)
{
    response->bytes = 0;
    response->failed = false;
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "rc");
    kl_cbor_put_uint(response, rc);
}

uint32_t kl_smp_handle(const struct kl_smp_group *groups, uint32_t group_count,
                       const uint8_t *packet, uint32_t bytes, uint8_t response[KL_SMP_PACKET_MAX])
{
    struct kl_smp_header header;
    if (!kl_smp_header_read(packet, bytes, &header) ||
        (header.op != KL_SMP_READ && header.op != KL_SMP_WRITE)) {
        return 0;
    }
    struct kl_smp_request request = {(enum kl_smp_op)header.op, header.command,
                                     packet + KL_SMP_HEADER_BYTES, header.body_bytes};
    struct kl_cbor_writer body = {response + KL_SMP_HEADER_BYTES,
                                  KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES, 0, false};
    enum kl_smp_rc rc = dispatch(groups, group_count, header.group, &request, &body);
    if (body.failed) {
        rc = KL_SMP_RC_TOO_LARGE;
    }
    if (rc != KL_SMP_RC_OK || body.bytes == 0) {
        write_rc(&body, rc);
    }
    header.op = (uint8_t)(header.op + 1);
    header.version = 0; /* this side speaks the first version, with a plain "rc" */
    header.body_bytes = (uint16_t)body.bytes;
    kl_smp_header_write(response, &header);
    return KL_SMP_HEADER_BYTES + body.bytes;
}

static enum kl_smp_rc echo(const struct kl_smp_request *request, struct kl_cbor_writer *response)
{
    const uint8_t *text;
    uint32_t bytes;
    if (!kl_cbor_map_string(request->body, request->body_bytes, "d", KL_CBOR_TEXT, &text, &bytes)) {
        return KL_SMP_RC_INVALID;
    }
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "r");
    kl_cbor_put_text_bytes(response, text, bytes);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc put_parameters(struct kl_cbor_writer *response)
{
    kl_cbor_put_map(response, 2);
    kl_cbor_put_text(response, "buf_size");
    kl_cbor_put_uint(response, KL_SMP_PACKET_MAX);
    kl_cbor_put_text(response, "buf_count");
    kl_cbor_put_uint(response, 1);
    return KL_SMP_RC_OK;
}

enum kl_smp_rc kl_smp_os_group(void *context, const struct kl_smp_request *request,
                               struct kl_cbor_writer *response)
{
    struct kl_smp_os *os = context;
    if (request->command == KL_SMP_OS_ECHO) {
        return echo(request, response);
    }
    if (request->command == KL_SMP_OS_PARAMETERS && request->op == KL_SMP_READ) {
        return put_parameters(response);
    }
    if (request->command == KL_SMP_OS_RESET && request->op == KL_SMP_WRITE && os) {
        os->is_reset_wanted = true;
        return KL_SMP_RC_OK;
    }
    return KL_SMP_RC_UNSUPPORTED;
}
