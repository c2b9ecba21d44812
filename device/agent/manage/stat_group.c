/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/stat_group.h"

#include <stddef.h>

#include "agent/manage/describe.h"

/* {} -> {stat_list: [name, ...]} */
static enum kl_smp_rc list(const struct kl_stat_service *service, struct kl_cbor_writer *response)
{
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "stat_list");
    kl_cbor_put_array(response, service->count);
    for (uint32_t i = 0; i < service->count; i++) {
        kl_cbor_put_text(response, service->sets[i].name);
    }
    return KL_SMP_RC_OK;
}

static bool is_name(const char *name, const uint8_t *text, uint32_t bytes)
{
    uint32_t at = 0;
    while (at < bytes && name[at] != '\0' && (uint8_t)name[at] == text[at]) {
        at++;
    }
    return at == bytes && name[at] == '\0';
}

/* NULL: there is no such set. */
static const struct kl_stat_set *find(const struct kl_stat_service *service, const uint8_t *name,
                                      uint32_t bytes)
{
    for (uint32_t i = 0; i < service->count; i++) {
        if (is_name(service->sets[i].name, name, bytes)) {
            return &service->sets[i];
        }
    }
    return NULL;
}

/* {name} -> {name, fields: {name: value, ...}} */
static enum kl_smp_rc show(const struct kl_stat_service *service,
                           const struct kl_smp_request *request, struct kl_cbor_writer *response)
{
    const uint8_t *name;
    uint32_t bytes;
    if (!kl_cbor_map_string(request->body, request->body_bytes, "name", KL_CBOR_TEXT, &name,
                            &bytes)) {
        return KL_SMP_RC_INVALID;
    }
    const struct kl_stat_set *set = find(service, name, bytes);
    if (!set) {
        return KL_SMP_RC_NO_ENTRY;
    }
    kl_cbor_put_map(response, 2);
    kl_cbor_put_text(response, "name");
    kl_cbor_put_text(response, set->name);
    kl_cbor_put_text(response, "fields");
    kl_cbor_put_map(response, set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        describe_number(response, set->stats[i].name, *set->stats[i].value);
    }
    return KL_SMP_RC_OK;
}

enum kl_smp_rc kl_stat_group(void *context, const struct kl_smp_request *request,
                             struct kl_cbor_writer *response)
{
    const struct kl_stat_service *service = context;
    if (request->op == KL_SMP_READ && request->command == KL_SMP_STAT_LIST) {
        return list(service, response);
    }
    return request->op == KL_SMP_READ && request->command == KL_SMP_STAT_SHOW
               ? show(service, request, response)
               : KL_SMP_RC_UNSUPPORTED;
}
