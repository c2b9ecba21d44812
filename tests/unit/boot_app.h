/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KINGLET_TESTS_BOOT_APP_H
#define KINGLET_TESTS_BOOT_APP_H

/* What the application in boot_app.c does on trial. */
enum boot_app_trial { APP_HANGS, APP_CONFIRMS, APP_REBOOTS };

#endif
