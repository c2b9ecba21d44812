/* SPDX-License-Identifier: Apache-2.0 */
/* Control and status registers of a RISC-V core in machine mode. */
#ifndef KINGLET_PORT_RISCV_CSR_H
#define KINGLET_PORT_RISCV_CSR_H

/* GCC 12 links other libraries when -march names zicsr, so each instruction asks for it. */
#define KL_CSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"

#endif
