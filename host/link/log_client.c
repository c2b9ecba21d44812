/* SPDX-License-Identifier: Apache-2.0 */
#include "link/log_client.h"

#include "kinglet/log_group.h"
#include "link/request.h"

static bool read_number(struct kl_cbor_reader *reader, uint32_t most, uint32_t *value)
{
    struct kl_cbor_item item;
    bool is_number = kl_cbor_next(reader, &item) && item.type == KL_CBOR_UINT && item.value <= most;
    *value = is_number ? (uint32_t)item.value : 0;
    return is_number;
}

static bool read_record(void *context, const struct kl_cbor_reader *entry)
{
    struct kl_device_log *log = context;
    struct kl_cbor_reader reader = *entry;
    struct kl_cbor_item item;
    struct kl_log_record record;
    uint32_t start, event;
    if (log->count == KL_DEVICE_RECORDS_MAX || !kl_cbor_next(&reader, &item) ||
        item.type != KL_CBOR_ARRAY || item.value != 6 ||
        !read_number(&reader, UINT32_MAX, &record.number) ||
        !read_number(&reader, UINT16_MAX, &start) ||
        !read_number(&reader, UINT32_MAX, &record.seconds) ||
        !read_number(&reader, UINT16_MAX, &event) || !read_number(&reader, UINT32_MAX, &record.a) ||
        !read_number(&reader, UINT32_MAX, &record.b)) {
        return false;
    }
    record.start = (uint16_t)start;
    record.event = (uint16_t)event;
    log->records[log->count++] = record;
    return true;
}

enum kl_err kl_device_log(struct kl_channel *channel, uint32_t from, struct kl_device_log *log,
                          struct kl_diag *diag)
{
    const struct request_kind kind = {"read the log", KL_SMP_READ, KL_SMP_GROUP_LOG,
                                      KL_SMP_LOG_READ};
    struct request request;
    struct kl_smp_reply reply;
    struct kl_cbor_writer *map = request_begin(&request, 1);
    kl_cbor_put_text(map, "from");
    kl_cbor_put_uint(map, from);
    *log = (struct kl_device_log){.count = 0};
    KL_TRY(request_call(channel, &kind, &request, &reply, diag));
    KL_TRY(reply_list(&reply, "records", read_record, log, diag));
    if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "next", &log->next) || log->next < from ||
        (log->count > 0 && log->next == from)) {
        return kl_fail(diag, KL_EINPUT,
                       "the device says nothing of use about where its log goes on");
    }
    return KL_OK;
}

const char *kl_log_event_text(uint16_t event)
{
    static const char *const texts[] = {
        [KL_LOG_START] = "started",
        [KL_LOG_CONFIRMED] = "firmware confirmed",
        [KL_LOG_UPDATE] = "update asked for",
        [KL_LOG_REFUSED] = "request refused",
        [KL_LOG_MODEL] = "another model runs",
        [KL_LOG_MODEL_BAD] = "a model failed",
        [KL_LOG_KEYS] = "keys taken",
        [KL_LOG_CRASH] = "crashed",
        [KL_LOG_SETTING] = "setting changed",
        [KL_LOG_LIFE_CYCLE] = "life-cycle state changed",
    };
    bool is_known = event < sizeof texts / sizeof texts[0] && texts[event];
    return is_known ? texts[event] : event >= KL_LOG_PRODUCT ? "product" : "unknown";
}
