/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdio.h>

enum kl_err kl_fail(struct kl_diag *diag, enum kl_err err, const char *format, ...)
{
    if (diag->err != KL_OK) {
        return err;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(diag->message, sizeof diag->message, format, args);
    va_end(args);
    diag->err = err;
    return err;
}

void kl_diag_clear(struct kl_diag *diag)
{
    diag->err = KL_OK;
    diag->message[0] = '\0';
}
