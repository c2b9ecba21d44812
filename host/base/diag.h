/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of host code. A fallible function returns enum kl_err and, when it fails, has
 * put exactly one message into the caller's struct kl_diag: what is wrong, where, and
 * what to do. Only cli/ prints it.
 */
#ifndef KINGLET_BASE_DIAG_H
#define KINGLET_BASE_DIAG_H

#include <stdarg.h>

enum kl_err {
    KL_OK = 0,
    KL_EUSAGE,       /* the caller's request makes no sense (bad option or combination) */
    KL_EINPUT,       /* a file or message from outside is malformed or inconsistent */
    KL_EUNSUPPORTED, /* well-formed, but nothing here can handle it */
    KL_ELIMIT,       /* a stated limit is exceeded (size, count, memory, time) */
    KL_EIO,          /* the operating system refused: file, process, socket */
    KL_EFIT,         /* the build does not fit its board */
    KL_ETOOL,        /* an external program is missing or failed */
    KL_ECHECK        /* a comparison, check or gate failed */
};

struct kl_diag {
    enum kl_err err;
    char message[1024]; /* one line without a newline, with a remedy where there is one */
};

#define KL_MUST_CHECK __attribute__((warn_unused_result))

/* Record a message (truncated to the buffer) and return `err`. The first message wins
 * until kl_diag_clear: later calls on a diag that holds an error only return their err. */
enum kl_err kl_fail(struct kl_diag *diag, enum kl_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void kl_diag_clear(struct kl_diag *diag);

/* Return from the calling function when `call` fails; its message is already recorded. */
#define KL_TRY(call)                      \
    do {                                  \
        enum kl_err kl_try_err_ = (call); \
        if (kl_try_err_ != KL_OK) {       \
            return kl_try_err_;           \
        }                                 \
    } while (0)

#endif
