/* SPDX-License-Identifier: Apache-2.0 */
#include "link/model_client.h"

#include <string.h>

#include "kinglet/model_group.h"
#include "link/smp_client.h"

/* A request body: a map of numbers, and for some commands one byte string at its end. */
struct field {
    const char *name;
    uint32_t value;
};

struct command {
    const char *name;
    enum kl_model_command command;
    enum kl_smp_op op;
    const struct field *fields;
    uint32_t field_count;
    const void *data; /* NULL: the command carries none */
    uint32_t data_bytes;
};

static enum kl_err call(struct kl_channel *channel, const struct command *command,
                        struct kl_smp_reply *reply, struct kl_diag *diag)
{
    uint8_t body[KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES];
    struct kl_cbor_writer writer = {.data = body, .capacity = sizeof body};
    kl_cbor_put_map(&writer, command->field_count + (command->data ? 1 : 0));
    for (uint32_t i = 0; i < command->field_count; i++) {
        kl_cbor_put_text(&writer, command->fields[i].name);
        kl_cbor_put_uint(&writer, command->fields[i].value);
    }
    if (command->data) {
        kl_cbor_put_text(&writer, "data");
        kl_cbor_put_bytes(&writer, command->data, command->data_bytes);
    }
    const struct kl_smp_call request = {.name = command->name,
                                        .op = command->op,
                                        .group = KL_SMP_GROUP_MODEL,
                                        .command = (uint8_t)command->command,
                                        .body = body,
                                        .body_bytes = writer.bytes};
    return kl_smp_call(channel, &request, reply, diag);
}

static enum kl_err fail_malformed(const char *what, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EINPUT, "the device's model information is malformed: %s", what);
}

/* Read [offset, bytes, offset, bytes, ...] of tensors that must lie inside the arena. */
static enum kl_err read_tensors(const struct kl_smp_reply *reply, const char *name,
                                uint32_t arena_bytes, uint32_t *count,
                                uint32_t offset[KL_DEVICE_TENSORS_MAX],
                                uint32_t bytes[KL_DEVICE_TENSORS_MAX], struct kl_diag *diag)
{
    struct kl_cbor_reader reader;
    struct kl_cbor_item item;
    if (!kl_cbor_map_find(reply->body, reply->body_bytes, name, &reader) ||
        !kl_cbor_next(&reader, &item) || item.type != KL_CBOR_ARRAY || item.value % 2 != 0) {
        return fail_malformed(name, diag);
    }
    if (item.value > 2 * KL_DEVICE_TENSORS_MAX) {
        return kl_fail(diag, KL_ELIMIT, "the device's model has more than %d %s",
                       KL_DEVICE_TENSORS_MAX, name);
    }
    *count = (uint32_t)item.value / 2;
    for (uint32_t i = 0; i < *count; i++) {
        struct kl_cbor_item pair[2];
        if (!kl_cbor_next(&reader, &pair[0]) || pair[0].type != KL_CBOR_UINT ||
            !kl_cbor_next(&reader, &pair[1]) || pair[1].type != KL_CBOR_UINT ||
            pair[0].value > arena_bytes || pair[1].value > arena_bytes - pair[0].value) {
            return fail_malformed(name, diag);
        }
        offset[i] = (uint32_t)pair[0].value;
        bytes[i] = (uint32_t)pair[1].value;
    }
    return KL_OK;
}

enum kl_err kl_device_info(struct kl_channel *channel, struct kl_device_model *info,
                           struct kl_diag *diag)
{
    const struct command command = {
        .name = "model info", .command = KL_MODEL_INFO, .op = KL_SMP_READ};
    struct kl_smp_reply reply;
    uint32_t version;
    memset(info, 0, sizeof *info);
    KL_TRY(call(channel, &command, &reply, diag));
    if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "v", &version) ||
        !kl_cbor_map_uint(reply.body, reply.body_bytes, "arena", &info->arena_bytes) ||
        !kl_cbor_map_uint(reply.body, reply.body_bytes, "steps", &info->step_count)) {
        return fail_malformed("v, arena or steps", diag);
    }
    if (version != KL_MODEL_PROTOCOL_VERSION) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "the device speaks version %u of the model protocol, this program %d",
                       (unsigned)version, KL_MODEL_PROTOCOL_VERSION);
    }
    KL_TRY(read_tensors(&reply, "inputs", info->arena_bytes, &info->input_count, info->input_offset,
                        info->input_bytes, diag));
    return read_tensors(&reply, "outputs", info->arena_bytes, &info->output_count,
                        info->output_offset, info->output_bytes, diag);
}

static uint32_t chunk_bytes(uint32_t left)
{
    return left < KL_MODEL_CHUNK_BYTES ? left : KL_MODEL_CHUNK_BYTES;
}

/* Refuse a range whose end has no 32-bit offset: its chunks would wrap around. */
static enum kl_err check_range(uint32_t offset, uint32_t bytes, struct kl_diag *diag)
{
    if (bytes > UINT32_MAX - offset) {
        return kl_fail(diag, KL_EUSAGE, "no device has %u bytes at offset %u", (unsigned)bytes,
                       (unsigned)offset);
    }
    return KL_OK;
}

enum kl_err kl_device_write(struct kl_channel *channel, uint32_t offset, const void *data,
                            uint32_t bytes, struct kl_diag *diag)
{
    const unsigned char *from = data;
    KL_TRY(check_range(offset, bytes, diag));
    for (uint32_t at = 0; at < bytes; at += chunk_bytes(bytes - at)) {
        const struct field fields[] = {{"off", offset + at}};
        const struct command command = {.name = "write arena",
                                        .command = KL_MODEL_WRITE,
                                        .op = KL_SMP_WRITE,
                                        .fields = fields,
                                        .field_count = 1,
                                        .data = from + at,
                                        .data_bytes = chunk_bytes(bytes - at)};
        struct kl_smp_reply reply;
        KL_TRY(call(channel, &command, &reply, diag));
    }
    return KL_OK;
}

enum kl_err kl_device_copy(struct kl_channel *channel, uint32_t offset, uint32_t mailbox_offset,
                           uint32_t bytes, struct kl_diag *diag)
{
    const struct field fields[] = {{"off", offset}, {"src", mailbox_offset}, {"len", bytes}};
    const struct command command = {.name = "copy from mailbox",
                                    .command = KL_MODEL_COPY,
                                    .op = KL_SMP_WRITE,
                                    .fields = fields,
                                    .field_count = 3};
    struct kl_smp_reply reply;
    return call(channel, &command, &reply, diag);
}

enum kl_err kl_device_reset(struct kl_channel *channel, struct kl_diag *diag)
{
    const struct command command = {
        .name = "reset the model", .command = KL_MODEL_RESET, .op = KL_SMP_WRITE};
    struct kl_smp_reply reply;
    return call(channel, &command, &reply, diag);
}

enum kl_err kl_device_run(struct kl_channel *channel, uint32_t first, uint32_t count,
                          struct kl_diag *diag)
{
    const struct field fields[] = {{"first", first}, {"count", count}};
    const struct command command = {.name = "run steps",
                                    .command = KL_MODEL_RUN,
                                    .op = KL_SMP_WRITE,
                                    .fields = fields,
                                    .field_count = 2};
    struct kl_smp_reply reply;
    return call(channel, &command, &reply, diag);
}

/* Read one chunk of at most KL_MODEL_CHUNK_BYTES. */
static enum kl_err read_chunk(struct kl_channel *channel, uint32_t offset, unsigned char *to,
                              uint32_t bytes, struct kl_diag *diag)
{
    const struct field fields[] = {{"off", offset}, {"len", bytes}};
    const struct command command = {.name = "read arena",
                                    .command = KL_MODEL_READ,
                                    .op = KL_SMP_READ,
                                    .fields = fields,
                                    .field_count = 2};
    struct kl_smp_reply reply;
    const uint8_t *data;
    uint32_t data_bytes;
    KL_TRY(call(channel, &command, &reply, diag));
    if (!kl_cbor_map_string(reply.body, reply.body_bytes, "data", KL_CBOR_BYTES, &data,
                            &data_bytes) ||
        data_bytes != bytes) {
        return kl_fail(diag, KL_EINPUT, "the device answered a read of %u bytes with other data",
                       (unsigned)bytes);
    }
    memcpy(to, data, bytes);
    return KL_OK;
}

enum kl_err kl_device_read(struct kl_channel *channel, uint32_t offset, void *data, uint32_t bytes,
                           struct kl_diag *diag)
{
    unsigned char *to = data;
    KL_TRY(check_range(offset, bytes, diag));
    for (uint32_t at = 0; at < bytes; at += chunk_bytes(bytes - at)) {
        KL_TRY(read_chunk(channel, offset + at, to + at, chunk_bytes(bytes - at), diag));
    }
    return KL_OK;
}

enum kl_err kl_device_stats(struct kl_channel *channel, struct kl_device_stats *stats,
                            struct kl_diag *diag)
{
    const struct command command = {
        .name = "model stats", .command = KL_MODEL_STATS, .op = KL_SMP_READ};
    struct kl_smp_reply reply;
    KL_TRY(call(channel, &command, &reply, diag));
    if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "stack", &stats->run_stack_bytes)) {
        return kl_fail(diag, KL_EINPUT, "the device's statistics are malformed: stack");
    }
    return KL_OK;
}

enum kl_err kl_device_load(struct kl_channel *channel, uint32_t mailbox_offset, uint32_t bytes,
                           uint32_t *error, struct kl_diag *diag)
{
    const struct field fields[] = {{"src", mailbox_offset}, {"len", bytes}};
    const struct command command = {.name = "load a pack",
                                    .command = KL_MODEL_LOAD,
                                    .op = KL_SMP_WRITE,
                                    .fields = fields,
                                    .field_count = 2};
    struct kl_smp_reply reply;
    KL_TRY(call(channel, &command, &reply, diag));
    if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "err", error)) {
        return kl_fail(diag, KL_EINPUT, "the device's answer to a pack is malformed: err");
    }
    return KL_OK;
}

enum kl_err kl_device_exit(struct kl_channel *channel, uint8_t status, struct kl_diag *diag)
{
    const struct field fields[] = {{"status", status}};
    const struct command command = {.name = "exit",
                                    .command = KL_MODEL_EXIT,
                                    .op = KL_SMP_WRITE,
                                    .fields = fields,
                                    .field_count = 1};
    struct kl_smp_reply reply;
    return call(channel, &command, &reply, diag);
}
