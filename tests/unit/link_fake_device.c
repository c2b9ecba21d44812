/* SPDX-License-Identifier: Apache-2.0 */
#include "link_fake_device.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kinglet/harness.h"
#include "kinglet/model_group.h"

struct fake_device {
    struct kl_channel channel;
    int fd;
    pthread_t thread;
    const char *noise;
    struct kl_model_service service;
    unsigned char mailbox[FAKE_MAILBOX_BYTES];
    _Alignas(KL_ARENA_ALIGN) unsigned char arena[FAKE_ARENA_BYTES];
};

static void add_one(unsigned char *arena)
{
    for (int i = 0; i < 16; i++) {
        arena[i]++;
    }
}

static void twice(unsigned char *arena)
{
    for (int i = 0; i < 16; i++) {
        arena[i] = (unsigned char)(2 * arena[i]);
    }
}

static void emit(unsigned char *arena)
{
    memcpy(arena + 2048, arena, 16);
}

static kl_step_fn *const fake_steps[] = {add_one, twice, emit};
static const int32_t fake_dim[] = {16};
static const struct kl_tensor_info fake_input = {0, 16, 0.5f, 3, fake_dim, 1, KL_U8};
static const struct kl_tensor_info fake_output = {2048, 16, 0.5f, 3, fake_dim, 1, KL_U8};
static const struct kl_model fake_model = {.arena_bytes = FAKE_ARENA_BYTES,
                                           .input_count = 1,
                                           .output_count = 1,
                                           .step_count = 3,
                                           .inputs = &fake_input,
                                           .outputs = &fake_output,
                                           .steps = fake_steps};

static uint32_t run_steps(const struct kl_model *model, unsigned char *arena, uint32_t first,
                          uint32_t count)
{
    kl_harness_run(model, arena, first, count);
    return FAKE_STACK_BYTES;
}

static void send_byte(void *context, uint8_t byte)
{
    const struct fake_device *device = context;
    (void)!send(device->fd, &byte, 1, MSG_NOSIGNAL);
}

static void answer(struct fake_device *device, const struct kl_smp_serial *serial)
{
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_OS, kl_smp_os_group, NULL},
                                          {KL_SMP_GROUP_MODEL, kl_model_group, &device->service}};
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(serial, &bytes);
    uint32_t response_bytes = kl_smp_handle(groups, 2, packet, bytes, response);
    for (const char *at = device->noise; at && *at; at++) {
        send_byte(device, (uint8_t)*at);
    }
    if (response_bytes > 0) {
        kl_smp_serial_send(response, response_bytes, send_byte, device);
    }
}

static void *serve(void *context)
{
    struct fake_device *device = context;
    struct kl_smp_serial serial;
    uint8_t byte;
    kl_smp_serial_reset(&serial);
    while (!device->service.exit_requested && read(device->fd, &byte, 1) == 1) {
        if (kl_smp_serial_push(&serial, byte) == KL_SMP_SERIAL_PACKET) {
            answer(device, &serial);
        }
    }
    shutdown(device->fd, SHUT_RDWR);
    return NULL;
}

struct fake_device *fake_device_start(void)
{
    struct fake_device *device = aligned_alloc(KL_ARENA_ALIGN, sizeof *device);
    int fds[2];
    assert(device != NULL);
    memset(device, 0, sizeof *device);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        abort();
    }
    device->channel =
        (struct kl_channel){.read_fd = fds[0], .write_fd = fds[0], .timeout_ms = 5000};
    device->fd = fds[1];
    for (uint32_t i = 0; i < FAKE_MAILBOX_BYTES; i++) {
        device->mailbox[i] = (unsigned char)(i * 7);
    }
    device->service = (struct kl_model_service){.model = &fake_model,
                                                .arena = device->arena,
                                                .mailbox = device->mailbox,
                                                .mailbox_bytes = FAKE_MAILBOX_BYTES,
                                                .run = run_steps};
    if (pthread_create(&device->thread, NULL, serve, device) != 0) {
        abort();
    }
    return device;
}

struct kl_channel *fake_device_channel(struct fake_device *device)
{
    return &device->channel;
}

void fake_device_set_noise(struct fake_device *device, const char *noise)
{
    device->noise = noise;
}

int fake_device_stop(struct fake_device *device)
{
    shutdown(device->channel.read_fd, SHUT_RDWR);
    pthread_join(device->thread, NULL);
    int status = device->service.exit_requested ? device->service.exit_status : -1;
    close(device->channel.read_fd);
    close(device->fd);
    free(device);
    return status;
}
