/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARMv7-M and ARMv8-M Mainline: the FPU and the fault status registers. mainline.c defines the
 * functions of cortex_m.h that report faults.
 * Registers: ARMv7-M (DDI 0403) and ARMv8-M (DDI 0553) Architecture Reference Manuals, system
 * control space.
 */
#ifndef KINGLET_PORT_ARM_MAINLINE_H
#define KINGLET_PORT_ARM_MAINLINE_H

#include <stdint.h>

/* Give the program the FPU and the vector unit; a core without them ignores it. */
void kl_mainline_enable_fpu(void);

#endif
