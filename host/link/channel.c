/* SPDX-License-Identifier: Apache-2.0 */
#include "link/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "link/clock.h"

/* A blocking descriptor that polls as writable takes this much without blocking (PIPE_BUF). */
enum { WRITE_CHUNK_BYTES = 512 };

/* Wait for `events`; *ready = false when the deadline passed first. */
static enum kl_err wait_ready(int fd, short events, int64_t deadline_ms, bool *ready,
                              struct kl_diag *diag)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    for (;;) {
        int64_t left_ms = deadline_ms - kl_clock_ms();
        int result = poll(&poll_fd, 1, left_ms < 0 ? 0 : (int)left_ms);
        if (result >= 0) {
            *ready = result > 0;
            return KL_OK;
        }
        if (errno != EINTR) {
            return kl_fail(diag, KL_EIO, "waiting for the device failed: %s", strerror(errno));
        }
    }
}

enum kl_err kl_channel_read(struct kl_channel *channel, void *data, size_t max, size_t *got,
                            struct kl_diag *diag)
{
    int64_t deadline_ms = kl_clock_ms() + channel->timeout_ms;
    for (;;) {
        bool ready;
        KL_TRY(wait_ready(channel->read_fd, POLLIN, deadline_ms, &ready, diag));
        if (!ready) {
            return kl_fail(diag, KL_EIO, "the device sent nothing for %d ms", channel->timeout_ms);
        }
        ssize_t result = read(channel->read_fd, data, max);
        if (result >= 0) {
            *got = (size_t)result;
            return KL_OK;
        }
        if (errno == EIO || errno == ECONNRESET) { /* a hung-up terminal or socket */
            *got = 0;
            return KL_OK;
        }
        if (errno != EINTR && errno != EAGAIN) {
            return kl_fail(diag, KL_EIO, "reading from the device failed: %s", strerror(errno));
        }
    }
}

/* write() that reports a closed pipe as EPIPE without the signal, whatever the program does
 * with SIGPIPE: block it in this thread, and take back the one that the write raised. */
static ssize_t write_without_signal(int fd, const void *data, size_t bytes)
{
    sigset_t pipe_signal, old_mask, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &old_mask);
    ssize_t result = write(fd, data, bytes);
    int error = errno;
    if (result < 0 && error == EPIPE && !was_pending) {
        const struct timespec no_wait = {0, 0};
        while (sigtimedwait(&pipe_signal, NULL, &no_wait) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    errno = error;
    return result;
}

enum kl_err kl_channel_write(struct kl_channel *channel, const void *data, size_t bytes,
                             struct kl_diag *diag)
{
    int64_t deadline_ms = kl_clock_ms() + channel->timeout_ms;
    const unsigned char *from = data;
    while (bytes > 0) {
        bool ready;
        KL_TRY(wait_ready(channel->write_fd, POLLOUT, deadline_ms, &ready, diag));
        if (!ready) {
            return kl_fail(diag, KL_EIO, "the device took no data for %d ms", channel->timeout_ms);
        }
        size_t chunk = bytes < WRITE_CHUNK_BYTES ? bytes : WRITE_CHUNK_BYTES;
        ssize_t result = write_without_signal(channel->write_fd, from, chunk);
        if (result > 0) {
            from += result;
            bytes -= (size_t)result;
        } else if (result < 0 && errno == EPIPE) {
            return kl_fail(diag, KL_EIO, "the device closed the channel");
        } else if (result < 0 && errno != EINTR && errno != EAGAIN) {
            return kl_fail(diag, KL_EIO, "writing to the device failed: %s", strerror(errno));
        }
    }
    return KL_OK;
}
