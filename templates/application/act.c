/* SPDX-License-Identifier: Apache-2.0 */
/* Yours: here events are lines of text, which clients of the agent skip. */
#include "app.h"
#include "kinglet/port.h"

static void put(const char *text)
{
    while (*text) {
        kl_port_uart_putc((uint8_t)*text++);
    }
}

void app_act(uint32_t class_index, bool has_begun)
{
    put("class ");
    kl_port_uart_putc((uint8_t)('0' + class_index % 10));
    put(has_begun ? " begins\n" : " ends\n");
}
