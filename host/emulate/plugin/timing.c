/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/plugin/timing.h"

#include <stddef.h>
#include <string.h>

const struct timing *timing_find(const char *core)
{
    static const struct timing *const all[] = {
        &timing_cortex_m0, &timing_cortex_m0plus, &timing_cortex_m3, &timing_cortex_m33,
        &timing_cortex_m4, &timing_cortex_m55,    &timing_cortex_m7, &timing_rv32};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->core, core) == 0) {
            return all[i];
        }
    }
    return NULL;
}
