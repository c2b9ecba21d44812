/* SPDX-License-Identifier: Apache-2.0 */
#include "device_server.h"

#include "kinglet/model_runner.h"
#include "kinglet/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { UPLOADS_BEFORE_DEATH = 1, BACKLOG = 4 };

static int test_model(void *context, const struct kl_image *image)
{
    (void)context;
    return image->header.version.major == DEVICE_BAD_MODEL ? KL_MODEL_RUNNER_RESULT : 0;
}

static void init_models(struct device_server *server)
{
    struct kl_flash_map *map = &server->world.map;
    const struct kl_boot *boot = &server->world.boot;
    kl_flash_model_init(&server->flash, server->memory, 2 * DEVICE_MODEL_SLOT + DEVICE_LOG,
                        DEVICE_SECTOR, WORLD_WRITE, 1);
    for (uint32_t i = 0; i < 2; i++) {
        map->model[i] =
            (struct kl_flash_area){&server->flash.flash, i * DEVICE_MODEL_SLOT, DEVICE_MODEL_SLOT};
    }
    map->log = (struct kl_flash_area){&server->flash.flash, 2 * DEVICE_MODEL_SLOT, DEVICE_LOG};
    server->slots = (struct kl_model_slots){.map = map,
                                            .rules = {.keys = boot->keys,
                                                      .key_count = boot->key_count,
                                                      .device = boot->device,
                                                      .kind = KL_IMAGE_MODEL},
                                            .test = test_model};
    server->models.slots = &server->slots;
    kl_models_choose(&server->models);
}

static void init_agent(struct device_server *server, uint32_t cause)
{
    if (kl_log_open(&server->log, &server->world.map.log) ||
        kl_log_add(&server->log, 0, KL_LOG_START, cause, 0)) {
        _exit(1);
    }
    kl_manage_init(&server->manage, server->groups,
                   sizeof server->groups / sizeof server->groups[0]);
}

void device_server_init(struct device_server *server, enum device_behaviour behaviour)
{
    memset(server, 0, sizeof *server);
    world_init(&server->world, 1, 1);
    server->behaviour = behaviour;
    server->image.boot = &server->world.boot;
    server->groups[0] = (struct kl_smp_group){KL_SMP_GROUP_IMAGE, kl_image_group, &server->image};
    server->groups[1] =
        (struct kl_smp_group){KL_SMP_GROUP_MODELS, kl_models_group, &server->models};
    server->groups[2] = (struct kl_smp_group){KL_SMP_GROUP_LOG, kl_log_group, &server->log};
    init_models(server);
    init_agent(server, KL_MONITOR_POWER);
}

static void put_byte(void *context, uint8_t byte)
{
    if (write(*(int *)context, &byte, 1) != 1) {
        _exit(0);
    }
}

/* As after a reset: the boot runs, and what was only in memory is gone. */
static void restart(struct device_server *server)
{
    if (kl_boot_run(&server->world.boot, &server->world.running) != KL_BOOT_OK) {
        _exit(1);
    }
    server->image.upload.is_open = false;
    server->models.upload.is_open = false;
    kl_models_choose(&server->models);
    init_agent(server, KL_MONITOR_COMMAND);
}

static void answer(struct device_server *server, int fd)
{
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(&server->manage.serial, &bytes);
    if (server->behaviour == DEVICE_DIES_IN_UPLOAD && packet[7] == KL_SMP_IMAGE_UPLOAD &&
        ++server->uploads > UPLOADS_BEFORE_DEATH) {
        _exit(0);
    }
    uint32_t answered = kl_manage_answer(&server->manage, packet, bytes, response);
    if (server->behaviour == DEVICE_TALKS_NONSENSE && answered > KL_SMP_HEADER_BYTES) {
        memset(response + KL_SMP_HEADER_BYTES, 0x60, answered - KL_SMP_HEADER_BYTES);
    }
    if (answered > 0) {
        kl_smp_serial_send(response, answered, put_byte, &fd);
    }
    if (server->manage.os.is_reset_wanted) {
        restart(server);
    }
}

void device_serve(struct device_server *server, int fd)
{
    uint8_t byte;
    while (read(fd, &byte, 1) == 1) {
        if (kl_smp_serial_push(&server->manage.serial, byte) == KL_SMP_SERIAL_PACKET) {
            answer(server, fd);
        }
    }
}

int device_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)unlink(path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) ||
        listen(listener, BACKLOG)) {
        perror(path);
        exit(1);
    }
    return listener;
}

void device_serve_clients(struct device_server *server, int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        device_serve(server, fd);
        (void)close(fd);
    }
}
