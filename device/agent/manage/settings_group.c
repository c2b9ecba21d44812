/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/settings_group.h"

#include "agent/manage/describe.h"

enum { LISTED_MAX = 128 };

static enum kl_smp_rc result_of(int error)
{
    return error >= 0                  ? KL_SMP_RC_OK
           : error == KL_SETTINGS_NONE ? KL_SMP_RC_NO_ENTRY
           : error == KL_SETTINGS_SIZE ? KL_SMP_RC_INVALID
           : error == KL_SETTINGS_FULL ? KL_SMP_RC_NO_MEMORY
                                       : KL_SMP_RC_UNKNOWN;
}

/* {number} -> {value} */
static enum kl_smp_rc get(const struct kl_settings *settings, uint16_t number,
                          struct kl_cbor_writer *response)
{
    uint8_t value[KL_SETTING_BYTES_MAX];
    int length = kl_settings_get(settings, number, value, sizeof value);
    if (length < 0) {
        return result_of(length);
    }
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "value");
    kl_cbor_put_bytes(response, value, (uint32_t)length);
    return KL_SMP_RC_OK;
}

/* {number, value}; without a value it is deleted. */
static enum kl_smp_rc set(struct kl_settings *settings, uint16_t number,
                          const struct kl_smp_request *request)
{
    struct kl_cbor_reader at;
    const uint8_t *value;
    uint32_t bytes;
    if (!kl_cbor_map_find(request->body, request->body_bytes, "value", &at)) {
        return result_of(kl_settings_delete(settings, number));
    }
    return kl_cbor_map_string(request->body, request->body_bytes, "value", KL_CBOR_BYTES, &value,
                              &bytes)
               ? result_of(kl_settings_set(settings, number, value, bytes))
               : KL_SMP_RC_INVALID;
}

/* {from} -> {numbers} */
static enum kl_smp_rc list(const struct kl_settings *settings, const struct kl_smp_request *request,
                           struct kl_cbor_writer *response)
{
    uint16_t numbers[LISTED_MAX];
    uint32_t from = 0, count = 0;
    int number = KL_SETTINGS_NONE;
    (void)kl_cbor_map_uint(request->body, request->body_bytes, "from", &from);
    while (count < LISTED_MAX && (number = kl_settings_next(settings, from)) >= 0) {
        numbers[count++] = (uint16_t)number;
        from = (uint32_t)number + 1;
    }
    if (number == KL_SETTINGS_FLASH) {
        return KL_SMP_RC_UNKNOWN;
    }
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "numbers");
    kl_cbor_put_array(response, count);
    for (uint32_t i = 0; i < count; i++) {
        kl_cbor_put_uint(response, numbers[i]);
    }
    return KL_SMP_RC_OK;
}

enum kl_smp_rc kl_settings_group(void *context, const struct kl_smp_request *request,
                                 struct kl_cbor_writer *response)
{
    struct kl_settings *settings = context;
    bool is_write = request->op == KL_SMP_WRITE;
    uint32_t number;
    if (request->command == KL_SMP_SETTINGS_LIST && !is_write) {
        return list(settings, request, response);
    }
    if (request->command != KL_SMP_SETTINGS_VALUE) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    if (!kl_cbor_map_uint(request->body, request->body_bytes, "number", &number) ||
        number > UINT16_MAX) {
        return KL_SMP_RC_INVALID;
    }
    return is_write ? set(settings, (uint16_t)number, request)
                    : get(settings, (uint16_t)number, response);
}
