/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor group; see kinglet/monitor_group.h. */
#include "kinglet/monitor_group.h"

#include "agent/manage/describe.h"

int kl_monitor_close(struct kl_monitor_service *service)
{
    uint8_t record[KL_MONITOR_RECORD_BYTES];
    uint32_t bytes;
    if (service->is_waiting) {
        return KL_MONITOR_OK;
    }
    if (!service->key) {
        return KL_MONITOR_NO_KEY;
    }
    int error = kl_monitor_take(&service->monitor, record, sizeof record, &bytes);
    if (error) {
        return error;
    }
    error = kl_seal(service->key, service->next_number, record, bytes, service->sealed,
                    sizeof service->sealed, &service->sealed_bytes);
    if (error) {
        (void)kl_monitor_merge(&service->monitor, record, bytes);
        return error;
    }
    service->number = service->next_number++;
    service->is_waiting = true;
    return KL_MONITOR_OK;
}

void kl_monitor_tick(struct kl_monitor_service *service, uint32_t seconds)
{
    service->monitor.seconds += seconds;
    if (service->monitor.seconds >= service->period) {
        (void)kl_monitor_close(service); /* if it fails: the next time */
    }
}

static enum kl_smp_rc put_counts(const struct kl_monitor_service *service,
                                 struct kl_cbor_writer *response)
{
    const struct kl_monitor *m = &service->monitor;
    enum { NUMBERS = 8 };
    kl_cbor_put_map(response, NUMBERS + 2);
    describe_number(response, "sequence", m->sequence);
    describe_number(response, "seconds", m->seconds);
    describe_number(response, "inferences", m->inferences);
    describe_number(response, "classes", m->classes);
    describe_number(response, "longest", m->latency_max);
    describe_number(response, "stack", m->stack_bytes);
    describe_number(response, "arena", m->arena_bytes);
    describe_number(response, "asleep", service->asleep);
    kl_cbor_put_text(response, "resets");
    kl_cbor_put_array(response, KL_MONITOR_RESETS);
    for (int i = 0; i < KL_MONITOR_RESETS; i++) {
        kl_cbor_put_uint(response, m->resets[i]);
    }
    describe_bool(response, "waiting", service->is_waiting);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc put_record(const struct kl_monitor_service *service,
                                 struct kl_cbor_writer *response)
{
    if (!service->is_waiting) {
        return KL_SMP_RC_NO_ENTRY;
    }
    kl_cbor_put_map(response, 2);
    kl_cbor_put_text(response, "number");
    kl_cbor_put_uint(response, service->number);
    kl_cbor_put_text(response, "data");
    kl_cbor_put_bytes(response, service->sealed, service->sealed_bytes);
    return KL_SMP_RC_OK;
}

/* {number}: the record with that number is where it belongs. Said twice it is as good as once. */
static enum kl_smp_rc take_record(struct kl_monitor_service *service,
                                  const struct kl_smp_request *request)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    if (!kl_cbor_map_find(request->body, request->body_bytes, "number", &value) ||
        !kl_cbor_next(&value, &item) || item.type != KL_CBOR_UINT) {
        return KL_SMP_RC_INVALID;
    }
    if (item.value != service->number || (!service->is_waiting && !service->was_taken)) {
        return KL_SMP_RC_NO_ENTRY;
    }
    service->is_waiting = false;
    service->was_taken = true;
    return KL_SMP_RC_OK;
}

enum kl_smp_rc kl_monitor_group(void *context, const struct kl_smp_request *request,
                                struct kl_cbor_writer *response)
{
    struct kl_monitor_service *service = context;
    bool is_write = request->op == KL_SMP_WRITE;
    if (request->command == KL_SMP_MONITOR_COUNTS && !is_write) {
        return put_counts(service, response);
    }
    if (request->command == KL_SMP_MONITOR_RECORD) {
        return is_write ? take_record(service, request) : put_record(service, response);
    }
    if (request->command != KL_SMP_MONITOR_CLOSE || !is_write) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    return kl_monitor_close(service) ? KL_SMP_RC_BAD_STATE : put_record(service, response);
}
