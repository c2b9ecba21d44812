/* SPDX-License-Identifier: Apache-2.0 */
/* From the boot into firmware, and back by a reset, on Cortex-M with a vector table offset
 * register. A port that includes this header has start_image.c compiled into its firmware. */
#ifndef KINGLET_PORT_ARM_START_IMAGE_H
#define KINGLET_PORT_ARM_START_IMAGE_H

#include "kinglet/port_device.h"

#endif
