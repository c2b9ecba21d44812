/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reset, faults and exit of a Cortex-M. A port that includes this header has cortex_m.c compiled
 * into its firmware, and defines the three functions below.
 */
#ifndef KINGLET_PORT_ARM_CORTEX_M_H
#define KINGLET_PORT_ARM_CORTEX_M_H

#include "port/startup.h"

/* First code after reset: FPU, memory protection. No variable is set up yet. */
void kl_cortex_m_prepare(void);

/* Does the core's fault status say that the stack overflowed? */
int kl_cortex_m_stack_overflowed(void);

/* Add the core's fault status to the report of a fault. */
void kl_cortex_m_put_fault_status(void);

#endif
