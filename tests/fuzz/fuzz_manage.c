/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that gets any packets: none of them makes it run what nobody signed, or keeps it from
 * running what it has. The input is packets with a length of two bytes before each; where a packet
 * begins with 0xff it is a reset of the device instead.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/image_group.h"
#include "kinglet/manage.h"
#include "power/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int is_right)
{
    if (!is_right) {
        abort();
    }
}

static void boot(struct world *world, struct kl_image_service *service)
{
    expect(kl_boot_run(&world->boot, &world->running) == KL_BOOT_OK);
    expect(world->running.header.version.major == 1);
    expect(memcmp(world->model.data, world_image(1)->bytes, world_image(1)->size) == 0);
    service->upload.is_open = false;
}

static void answer(struct kl_manage *manage, const uint8_t *packet, uint32_t bytes)
{
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t answered = kl_manage_answer(manage, packet, bytes, response);
    expect(answered == 0 ||
           (answered > KL_SMP_HEADER_BYTES &&
            kl_cbor_is_map(response + KL_SMP_HEADER_BYTES, answered - KL_SMP_HEADER_BYTES)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct kl_image_service service = {.boot = &world.boot};
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_IMAGE, kl_image_group, &service}};
    struct kl_manage manage;
    world_init(&world, 1, 1);
    kl_manage_init(&manage, groups, 1);
    while (size >= 2) {
        uint32_t bytes = (uint32_t)(data[0] | data[1] << 8);
        data += 2;
        size -= 2;
        bytes = bytes < size ? bytes : (uint32_t)size;
        if (bytes > 0 && data[0] == 0xff) {
            boot(&world, &service);
        } else {
            answer(&manage, data, bytes);
        }
        data += bytes;
        size -= bytes;
    }
    boot(&world, &service);
    return 0;
}
