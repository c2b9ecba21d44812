/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on the host: compared with the expected outputs. */
#include "place.h"

void place_engine(const struct trial *trial, struct verdict *verdict)
{
    for (int32_t i = 0; i < trial->sample_count; i++) {
        judge_sample(trial, &trial->samples[i], trial->own[i], verdict);
    }
}
