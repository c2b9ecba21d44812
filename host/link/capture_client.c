/* SPDX-License-Identifier: Apache-2.0 */
#include "link/capture_client.h"

#include "kinglet/capture_group.h"
#include "link/request.h"

enum { RATE_MAX = 1000000 };

enum kl_err kl_device_capture_state(struct kl_channel *channel, struct kl_capture_state *state,
                                    struct kl_diag *diag)
{
    const struct request_kind kind = {"ask for the sensor", KL_SMP_READ, KL_SMP_GROUP_CAPTURE,
                                      KL_SMP_CAPTURE_STATE};
    struct kl_smp_reply reply;
    struct request request;
    (void)request_begin(&request, 0);
    KL_TRY(request_call(channel, &kind, &request, &reply, diag));
    bool is_good = kl_cbor_map_uint(reply.body, reply.body_bytes, "rate", &state->rate) &&
                   kl_cbor_map_uint(reply.body, reply.body_bytes, "channels", &state->channels) &&
                   kl_cbor_map_uint(reply.body, reply.body_bytes, "next", &state->next) &&
                   state->rate >= 1 && state->rate <= RATE_MAX && state->channels >= 1 &&
                   state->channels <= KL_CAPTURE_CHANNELS_MAX;
    return is_good ? KL_OK
                   : kl_fail(diag, KL_EINPUT, "the device's answer about its sensor is malformed");
}

enum kl_err kl_device_capture_frames(struct kl_channel *channel, uint32_t channels, uint32_t from,
                                     struct kl_capture_frames *frames, struct kl_diag *diag)
{
    const struct request_kind kind = {"read the sensor", KL_SMP_READ, KL_SMP_GROUP_CAPTURE,
                                      KL_SMP_CAPTURE_FRAMES};
    struct kl_smp_reply reply;
    struct request request;
    const uint8_t *data;
    uint32_t bytes;
    struct kl_cbor_writer *map = request_begin(&request, 1);
    kl_cbor_put_text(map, "from");
    kl_cbor_put_uint(map, from);
    KL_TRY(request_call(channel, &kind, &request, &reply, diag));
    if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "first", &frames->first) ||
        !kl_cbor_map_string(reply.body, reply.body_bytes, "data", KL_CBOR_BYTES, &data, &bytes) ||
        bytes > 2 * KL_CAPTURE_VALUES_MAX || bytes % (2 * channels) != 0) {
        return kl_fail(diag, KL_EINPUT, "the device's frames are malformed");
    }
    for (uint32_t i = 0; i < bytes / 2; i++) {
        frames->values[i] = (int16_t)(uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
    }
    frames->count = bytes / (2 * channels);
    return KL_OK;
}
