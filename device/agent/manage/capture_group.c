/* SPDX-License-Identifier: Apache-2.0 */
/* The capture group; see kinglet/capture_group.h. */
#include "kinglet/capture_group.h"

#include "agent/manage/describe.h"

enum { DATA_BYTES = 896 }; /* of frames in a packet, with room for the rest of it */

void kl_capture_put(struct kl_capture_service *service, const int16_t *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = service->next++ & (service->frames - 1);
        for (uint32_t c = 0; c < service->channels; c++) {
            service->ring[place * service->channels + c] = *frames++;
        }
        service->held += service->held < service->frames;
    }
}

static enum kl_smp_rc put_state(const struct kl_capture_service *service,
                                struct kl_cbor_writer *response)
{
    kl_cbor_put_map(response, 3);
    describe_number(response, "rate", service->rate);
    describe_number(response, "channels", service->channels);
    describe_number(response, "next", service->next);
    return KL_SMP_RC_OK;
}

/* {from} -> {first, data}: frames from that number on, or from the oldest one that is left. */
static enum kl_smp_rc put_frames(const struct kl_capture_service *service,
                                 const struct kl_smp_request *request,
                                 struct kl_cbor_writer *response)
{
    uint32_t from, channels = service->channels, most = DATA_BYTES / (2 * channels);
    if (!kl_cbor_map_uint(request->body, request->body_bytes, "from", &from)) {
        return KL_SMP_RC_INVALID;
    }
    uint32_t waiting = service->next - from;
    if (waiting > UINT32_MAX / 2) { /* not measured yet: the device has started again */
        return KL_SMP_RC_NO_ENTRY;
    }
    waiting = waiting < service->held ? waiting : service->held;
    uint32_t first = service->next - waiting, count = waiting < most ? waiting : most;
    kl_cbor_put_map(response, 2);
    describe_number(response, "first", first);
    kl_cbor_put_text(response, "data");
    uint8_t *data = kl_cbor_put_room(response, count * channels * 2);
    for (uint32_t i = 0; data && i < count * channels; i++) {
        uint32_t place = (first + i / channels) & (service->frames - 1);
        uint16_t value = (uint16_t)service->ring[place * channels + i % channels];
        data[2 * i] = (uint8_t)value;
        data[2 * i + 1] = (uint8_t)(value >> 8);
    }
    return data ? KL_SMP_RC_OK : KL_SMP_RC_TOO_LARGE;
}

enum kl_smp_rc kl_capture_group(void *context, const struct kl_smp_request *request,
                                struct kl_cbor_writer *response)
{
    const struct kl_capture_service *service = context;
    if (request->op != KL_SMP_READ) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    return request->command == KL_SMP_CAPTURE_STATE    ? put_state(service, response)
           : request->command == KL_SMP_CAPTURE_FRAMES ? put_frames(service, request, response)
                                                       : KL_SMP_RC_UNSUPPORTED;
}
