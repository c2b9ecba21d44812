/* SPDX-License-Identifier: Apache-2.0 */
/* How QEMU ends when the plugin cuts the power. */
#ifndef KINGLET_EMULATE_PLUGIN_CUT_STATUS_H
#define KINGLET_EMULATE_PLUGIN_CUT_STATUS_H

enum { CUT_STATUS = 91 };

#endif
