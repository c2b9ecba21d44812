/* SPDX-License-Identifier: Apache-2.0 */
/* Memory protection of an ARMv8-M Mainline core. */
#ifndef KINGLET_PORT_ARM_ARMV8M_PROTECT_H
#define KINGLET_PORT_ARM_ARMV8M_PROTECT_H

/* Nothing can be stored to the flash, and the stack ends at its limit. */
void kl_armv8m_protect(void);

#endif
