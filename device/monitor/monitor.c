/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/monitor.h"

#include <string.h>

/* -p log2(p) in 1/4096 bit for p = k/256. */
static const uint16_t information[256] = {
    0,    128,  224,  308,  384,  454,  520,  582,  640,  696,  748,  799,  848,  894,  939,  982,
    1024, 1064, 1103, 1141, 1177, 1212, 1246, 1279, 1311, 1342, 1373, 1402, 1430, 1458, 1485, 1511,
    1536, 1561, 1584, 1608, 1630, 1652, 1673, 1694, 1714, 1733, 1752, 1771, 1789, 1806, 1823, 1839,
    1855, 1870, 1885, 1899, 1913, 1927, 1940, 1952, 1965, 1976, 1988, 1999, 2009, 2020, 2029, 2039,
    2048, 2057, 2065, 2073, 2081, 2088, 2095, 2102, 2108, 2114, 2120, 2125, 2131, 2135, 2140, 2144,
    2148, 2152, 2155, 2158, 2161, 2163, 2165, 2167, 2169, 2171, 2172, 2173, 2173, 2174, 2174, 2174,
    2173, 2173, 2172, 2171, 2170, 2168, 2167, 2165, 2162, 2160, 2157, 2155, 2152, 2148, 2145, 2141,
    2137, 2133, 2129, 2124, 2120, 2115, 2110, 2104, 2099, 2093, 2087, 2081, 2075, 2068, 2062, 2055,
    2048, 2041, 2033, 2026, 2018, 2010, 2002, 1994, 1986, 1977, 1968, 1959, 1950, 1941, 1932, 1922,
    1912, 1903, 1893, 1882, 1872, 1862, 1851, 1840, 1829, 1818, 1807, 1795, 1784, 1772, 1760, 1748,
    1736, 1724, 1711, 1699, 1686, 1673, 1660, 1647, 1633, 1620, 1606, 1593, 1579, 1565, 1551, 1537,
    1522, 1508, 1493, 1478, 1463, 1448, 1433, 1418, 1403, 1387, 1371, 1356, 1340, 1324, 1308, 1291,
    1275, 1258, 1242, 1225, 1208, 1191, 1174, 1157, 1140, 1122, 1105, 1087, 1069, 1051, 1033, 1015,
    997,  979,  960,  942,  923,  904,  885,  866,  847,  828,  809,  789,  770,  750,  730,  710,
    690,  670,  650,  630,  610,  589,  569,  548,  527,  506,  485,  464,  443,  422,  401,  379,
    358,  336,  314,  292,  270,  248,  226,  204,  182,  159,  137,  114,  92,   69,   46,   23,
};

enum { SCORE_SHIFT = 5, INFORMATION_BITS = 12, LATENCY_SHIFT = 7 };

void kl_monitor_init(struct kl_monitor *monitor, const uint8_t model[KL_MONITOR_MODEL_BYTES],
                     uint32_t classes)
{
    memset(monitor, 0, sizeof *monitor);
    memcpy(monitor->model, model, sizeof monitor->model);
    monitor->classes = classes < KL_MONITOR_CLASSES ? classes : KL_MONITOR_CLASSES;
    monitor->width = 1;
}

/* All counts stop at their largest value. */
static void count(uint32_t *counter, uint32_t more)
{
    *counter = more > UINT32_MAX - *counter ? UINT32_MAX : *counter + more;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

static void raise_to(uint32_t *mark, uint32_t value)
{
    *mark = value > *mark ? value : *mark;
}

static uint32_t latency_bin(uint32_t microseconds)
{
    uint32_t bin = 0;
    for (uint32_t rest = microseconds >> LATENCY_SHIFT; rest > 0; rest >>= 1) {
        bin++;
    }
    return at_most(bin, KL_MONITOR_LATENCY_BINS - 1);
}

/* A count belongs to the first bin of its group. */
static void count_in(uint32_t *bins, uint32_t bin, uint32_t width)
{
    count(&bins[bin - bin % width], 1);
}

void kl_monitor_add(struct kl_monitor *monitor, const int8_t *scores, uint32_t classes,
                    uint32_t microseconds)
{
    uint32_t best = 0, first = 0, second = 0, bits = 0, width = monitor->width;
    for (uint32_t i = 0; i < classes; i++) {
        uint32_t score = (uint32_t)(scores[i] + 128);
        bits += information[score];
        if (i == 0 || score > first) {
            second = first;
            first = score;
            best = i;
        } else if (score > second) {
            second = score;
        }
    }
    count(&monitor->inferences, 1);
    count_in(monitor->scores[at_most(best, monitor->classes - 1)], first >> SCORE_SHIFT, width);
    count_in(monitor->entropy, at_most(2 * bits >> INFORMATION_BITS, KL_MONITOR_BINS - 1), width);
    count_in(monitor->margin, (first - second) >> SCORE_SHIFT, width);
    count(&monitor->latency[latency_bin(microseconds)], 1);
    raise_to(&monitor->latency_max, microseconds);
}

void kl_monitor_reset(struct kl_monitor *monitor, enum kl_monitor_reset cause)
{
    count(&monitor->resets[cause], 1);
}

void kl_monitor_memory(struct kl_monitor *monitor, uint32_t stack_bytes, uint32_t arena_bytes)
{
    raise_to(&monitor->stack_bytes, stack_bytes);
    raise_to(&monitor->arena_bytes, arena_bytes);
}

/* Make groups of bins wider. */
static void widen_bins(uint32_t *bins, uint32_t width)
{
    for (uint32_t i = 0; i < KL_MONITOR_BINS; i++) {
        if (i % width != 0) {
            count(&bins[i - i % width], bins[i]);
            bins[i] = 0;
        }
    }
}

void kl_monitor_widen(struct kl_monitor *monitor, uint32_t width)
{
    monitor->width = width;
    for (uint32_t i = 0; i < KL_MONITOR_CLASSES; i++) {
        widen_bins(monitor->scores[i], width);
    }
    widen_bins(monitor->entropy, width);
    widen_bins(monitor->margin, width);
}

static void add_all(uint32_t *to, const uint32_t *from, uint32_t bins)
{
    for (uint32_t i = 0; i < bins; i++) {
        count(&to[i], from[i]);
    }
}

int kl_monitor_join(struct kl_monitor *monitor, struct kl_monitor *other)
{
    if (monitor->classes != other->classes ||
        memcmp(monitor->model, other->model, sizeof monitor->model) != 0) {
        return KL_MONITOR_OTHER;
    }
    uint32_t width = monitor->width > other->width ? monitor->width : other->width;
    kl_monitor_widen(monitor, width);
    kl_monitor_widen(other, width);
    for (uint32_t i = 0; i < monitor->classes; i++) {
        add_all(monitor->scores[i], other->scores[i], KL_MONITOR_BINS);
    }
    add_all(monitor->entropy, other->entropy, KL_MONITOR_BINS);
    add_all(monitor->margin, other->margin, KL_MONITOR_BINS);
    add_all(monitor->latency, other->latency, KL_MONITOR_LATENCY_BINS);
    add_all(monitor->resets, other->resets, KL_MONITOR_RESETS);
    count(&monitor->inferences, other->inferences);
    count(&monitor->seconds, other->seconds);
    raise_to(&monitor->latency_max, other->latency_max);
    kl_monitor_memory(monitor, other->stack_bytes, other->arena_bytes);
    return KL_MONITOR_OK;
}
