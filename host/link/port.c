/* SPDX-License-Identifier: Apache-2.0 */
#include "link/port.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static enum kl_err fail_open(const char *path, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EIO, "%s: cannot be opened: %s%s", path, strerror(errno),
                   errno == EACCES ? "; on Debian, members of the group dialout may" : "");
}

static enum kl_err open_socket(const char *path, int *fd, struct kl_diag *diag)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return kl_fail(diag, KL_EUSAGE, "%.60s...: the path of a socket has at most %zu bytes",
                       path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path));
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || connect(*fd, (const struct sockaddr *)&address, sizeof address)) {
        return fail_open(path, diag);
    }
    return KL_OK;
}

static enum kl_err open_terminal(const char *path, int *fd, struct kl_diag *diag)
{
    struct termios settings;
    *fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) {
        return fail_open(path, diag);
    }
    if (tcgetattr(*fd, &settings)) {
        return kl_fail(diag, KL_EUSAGE, "%s: is no serial port", path);
    }
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    if (cfsetspeed(&settings, B115200) || tcsetattr(*fd, TCSANOW, &settings)) {
        return fail_open(path, diag);
    }
    return KL_OK;
}

enum kl_err kl_port_open(const char *path, int timeout_ms, struct kl_channel *channel,
                         struct kl_diag *diag)
{
    struct stat facts;
    int fd = -1;
    *channel = (struct kl_channel){.read_fd = -1, .write_fd = -1, .timeout_ms = timeout_ms};
    if (stat(path, &facts)) {
        return fail_open(path, diag);
    }
    enum kl_err err =
        S_ISSOCK(facts.st_mode) ? open_socket(path, &fd, diag)
        : S_ISCHR(facts.st_mode)
            ? open_terminal(path, &fd, diag)
            : kl_fail(diag, KL_EUSAGE, "%s: is neither a serial port nor a socket", path);
    channel->read_fd = channel->write_fd = fd;
    return err;
}

void kl_port_close(struct kl_channel *channel)
{
    if (channel->read_fd >= 0) {
        (void)close(channel->read_fd);
    }
    channel->read_fd = channel->write_fd = -1;
}
