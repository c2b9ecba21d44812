/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware for boot_board_test.c: says who it is, and confirms itself, or not. Built with VERSION
 * and ON_TRIAL, an enum boot_app_trial. */
#include "boot_app.h"
#include "kinglet/port_device.h"
#include "kinglet/trailer.h"
#include "port/startup.h"

static void put(const char *text)
{
    while (*text) {
        kl_port_uart_putc((uint8_t)*text++);
    }
}

int main(void)
{
    struct kl_journal journal;
    kl_port_init();
    (void)kl_journal_open(&kl_port_flash_map.image[0], &journal);
    put("app " VERSION);
    put(journal.last.kind == KL_JOURNAL_STARTED ? " on trial\n" : " to stay\n");
    if (journal.last.kind != KL_JOURNAL_STARTED) {
        return 0;
    }
    if (ON_TRIAL == APP_CONFIRMS) {
        (void)kl_trailer_confirm(&kl_port_flash_map.image[0]);
    }
    if (ON_TRIAL != APP_HANGS) {
        kl_port_reboot();
    }
    for (;;) {
        /* hangs, until the watchdog bites */
    }
}
