/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a fault on a deployed device: it starts again. */
#include "kinglet/port_device.h"
#include "port/startup.h"

void kl_fault_end(void)
{
    kl_port_uart_putc('\n');
    kl_port_reboot();
}
