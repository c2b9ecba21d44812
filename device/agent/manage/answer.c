/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the agent, from whatever they came over; see kinglet/manage.h. */
#include "kinglet/manage.h"

void kl_manage_init(struct kl_manage *manage, const struct kl_smp_group *groups,
                    uint32_t group_count)
{
    *manage = (struct kl_manage){.groups = groups, .group_count = group_count};
    kl_smp_serial_reset(&manage->serial);
}

static bool is_for_os(const uint8_t *packet, uint32_t bytes)
{
    struct kl_smp_header header;
    return kl_smp_header_read(packet, bytes, &header) && header.group == KL_SMP_GROUP_OS;
}

uint32_t kl_manage_answer(struct kl_manage *manage, const uint8_t *packet, uint32_t bytes,
                          uint8_t response[KL_SMP_PACKET_MAX])
{
    const struct kl_smp_group os = {KL_SMP_GROUP_OS, kl_smp_os_group, &manage->os};
    if (is_for_os(packet, bytes)) {
        return kl_smp_handle(&os, 1, packet, bytes, response);
    }
    return kl_smp_handle(manage->groups, manage->group_count, packet, bytes, response);
}
