/* SPDX-License-Identifier: Apache-2.0 */
#include "import/threshold.h"

#include <math.h>

float import_threshold(double exact, bool below)
{
    float rounded = (float)exact;
    if ((double)rounded > exact || (below && (double)rounded >= exact)) {
        rounded = nextafterf(rounded, -INFINITY);
    }
    return rounded;
}
