/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device in a process: serve_device SOCKET UPDATE
 *
 * Serves a device with version 1.0.0 of a firmware behind the socket, until it is killed, and
 * writes version 2.0.0, as an image for it, to the file UPDATE.
 */
#include <stdio.h>
#include <stdlib.h>

#include "device_server.h"

static void write_update(const char *path)
{
    const struct test_image *image = world_image(2);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(image->bytes, 1, image->size, file) != image->size || fclose(file)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct device_server server;
    if (argc != 3) {
        fprintf(stderr, "usage: serve_device SOCKET UPDATE\n");
        return 2;
    }
    write_update(argv[2]);
    device_server_init(&server, DEVICE_IS_GOOD);
    device_serve_clients(&server, device_listen(argv[1]));
}
