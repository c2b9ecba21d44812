/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/log_group.h"

#include "agent/manage/describe.h"

enum { RECORDS_MAX = 24, RECORD_ITEMS = 6, RECORD_BYTES_MAX = 1 + 4 * 5 + 2 * 3 };

static void put_record(struct kl_cbor_writer *response, const struct kl_log_record *record)
{
    kl_cbor_put_array(response, RECORD_ITEMS);
    kl_cbor_put_uint(response, record->number);
    kl_cbor_put_uint(response, record->start);
    kl_cbor_put_uint(response, record->seconds);
    kl_cbor_put_uint(response, record->event);
    kl_cbor_put_uint(response, record->a);
    kl_cbor_put_uint(response, record->b);
}

/* {from} -> {next, records}: as many as fit a packet. */
enum kl_smp_rc kl_log_group(void *context, const struct kl_smp_request *request,
                            struct kl_cbor_writer *response)
{
    const struct kl_log *log = context;
    struct kl_log_record records[RECORDS_MAX];
    uint32_t from = 0, count = 0;
    int error = KL_LOG_OK;
    _Static_assert(RECORDS_MAX * RECORD_BYTES_MAX + 64 < KL_SMP_PACKET_MAX, "they fit a packet");
    if (request->command != KL_SMP_LOG_READ || request->op != KL_SMP_READ) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    (void)kl_cbor_map_uint(request->body, request->body_bytes, "from", &from);
    while (count < RECORDS_MAX && (error = kl_log_next(log, from, &records[count])) == KL_LOG_OK) {
        from = records[count++].number + 1;
    }
    if (error == KL_LOG_FLASH) {
        return KL_SMP_RC_UNKNOWN;
    }
    kl_cbor_put_map(response, 2);
    describe_number(response, "next", from);
    kl_cbor_put_text(response, "records");
    kl_cbor_put_array(response, count);
    for (uint32_t i = 0; i < count; i++) {
        put_record(response, &records[i]);
    }
    return KL_SMP_RC_OK;
}
