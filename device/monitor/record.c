/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the monitor: docs/spec/telemetry.md. */
#include <string.h>

#include "kinglet/cbor.h"
#include "kinglet/monitor.h"

enum { VERSION = 1, MEMBERS = 13 };

/* [first, counts ...] of groups, without zeros at both ends; [] when there are none. */
static void put_bins(struct kl_cbor_writer *writer, const uint32_t *bins, uint32_t count,
                     uint32_t width)
{
    uint32_t first = 0, end = count / width;
    while (end > 0 && bins[(end - 1) * width] == 0) {
        end--;
    }
    while (first < end && bins[first * width] == 0) {
        first++;
    }
    kl_cbor_put_array(writer, first < end ? 1 + end - first : 0);
    if (first < end) {
        kl_cbor_put_uint(writer, first);
    }
    for (uint32_t i = first; i < end; i++) {
        kl_cbor_put_uint(writer, bins[i * width]);
    }
}

static bool write_record(const struct kl_monitor *m, struct kl_cbor_writer *writer)
{
    kl_cbor_put_array(writer, MEMBERS);
    kl_cbor_put_uint(writer, VERSION);
    kl_cbor_put_bytes(writer, m->model, sizeof m->model);
    kl_cbor_put_uint(writer, m->sequence);
    kl_cbor_put_uint(writer, m->seconds);
    kl_cbor_put_uint(writer, m->width);
    kl_cbor_put_array(writer, m->classes);
    for (uint32_t i = 0; i < m->classes; i++) {
        put_bins(writer, m->scores[i], KL_MONITOR_BINS, m->width);
    }
    put_bins(writer, m->entropy, KL_MONITOR_BINS, m->width);
    put_bins(writer, m->margin, KL_MONITOR_BINS, m->width);
    put_bins(writer, m->latency, KL_MONITOR_LATENCY_BINS, 1);
    kl_cbor_put_uint(writer, m->latency_max);
    put_bins(writer, m->resets, KL_MONITOR_RESETS, 1);
    kl_cbor_put_uint(writer, m->stack_bytes);
    kl_cbor_put_uint(writer, m->arena_bytes);
    return !writer->failed;
}

int kl_monitor_take(struct kl_monitor *monitor, uint8_t *record, uint32_t capacity, uint32_t *bytes)
{
    struct kl_cbor_writer writer = {record, capacity, 0, false};
    while (!write_record(monitor, &writer)) {
        if (monitor->width == KL_MONITOR_BINS) {
            return KL_MONITOR_ROOM;
        }
        kl_monitor_widen(monitor, 2 * monitor->width);
        writer = (struct kl_cbor_writer){record, capacity, 0, false};
    }
    *bytes = writer.bytes;
    uint32_t next = monitor->sequence + 1;
    uint8_t model[KL_MONITOR_MODEL_BYTES];
    memcpy(model, monitor->model, sizeof model);
    kl_monitor_init(monitor, model, monitor->classes);
    monitor->sequence = next;
    return KL_MONITOR_OK;
}

static bool take_number(struct kl_cbor_reader *reader, uint32_t *number)
{
    struct kl_cbor_item item;
    if (!kl_cbor_next(reader, &item) || item.type != KL_CBOR_UINT || item.value > UINT32_MAX) {
        return false;
    }
    *number = (uint32_t)item.value;
    return true;
}

static bool take_array(struct kl_cbor_reader *reader, uint32_t *count)
{
    struct kl_cbor_item item;
    if (!kl_cbor_next(reader, &item) || item.type != KL_CBOR_ARRAY || item.value > UINT32_MAX) {
        return false;
    }
    *count = (uint32_t)item.value;
    return true;
}

static bool take_bins(struct kl_cbor_reader *reader, uint32_t *bins, uint32_t count, uint32_t width)
{
    uint32_t items, first = 0, groups = count / width;
    if (!take_array(reader, &items)) {
        return false;
    }
    if (items == 0) {
        return true;
    }
    if (items == 1 || !take_number(reader, &first) || first >= groups ||
        items - 1 > groups - first) {
        return false;
    }
    for (uint32_t i = first; i < first + items - 1; i++) {
        if (!take_number(reader, &bins[i * width])) {
            return false;
        }
    }
    return true;
}

/* How many inferences the bins count, at most UINT32_MAX. */
static uint32_t total(const uint32_t *bins)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < KL_MONITOR_BINS; i++) {
        sum += bins[i];
    }
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static bool take_head(struct kl_cbor_reader *reader, struct kl_monitor *m)
{
    struct kl_cbor_item item;
    uint32_t members, version;
    if (!take_array(reader, &members) || members != MEMBERS || !take_number(reader, &version) ||
        version != VERSION || !kl_cbor_next(reader, &item) || item.type != KL_CBOR_BYTES ||
        item.value != sizeof m->model) {
        return false;
    }
    memcpy(m->model, item.data, sizeof m->model);
    return take_number(reader, &m->sequence) && take_number(reader, &m->seconds) &&
           take_number(reader, &m->width) && m->width > 0 && m->width <= KL_MONITOR_BINS &&
           (m->width & (m->width - 1)) == 0 && take_array(reader, &m->classes) && m->classes > 0 &&
           m->classes <= KL_MONITOR_CLASSES;
}

int kl_monitor_read(struct kl_monitor *m, const uint8_t *record, uint32_t bytes)
{
    struct kl_cbor_reader reader = {record, bytes, 0};
    memset(m, 0, sizeof *m);
    bool is_right = take_head(&reader, m);
    for (uint32_t i = 0; is_right && i < m->classes; i++) {
        is_right = take_bins(&reader, m->scores[i], KL_MONITOR_BINS, m->width);
    }
    is_right = is_right && take_bins(&reader, m->entropy, KL_MONITOR_BINS, m->width) &&
               take_bins(&reader, m->margin, KL_MONITOR_BINS, m->width) &&
               take_bins(&reader, m->latency, KL_MONITOR_LATENCY_BINS, 1) &&
               take_number(&reader, &m->latency_max) &&
               take_bins(&reader, m->resets, KL_MONITOR_RESETS, 1) &&
               take_number(&reader, &m->stack_bytes) && take_number(&reader, &m->arena_bytes) &&
               reader.offset == bytes;
    m->inferences = total(m->entropy);
    return is_right ? KL_MONITOR_OK : KL_MONITOR_RECORD;
}

int kl_monitor_merge(struct kl_monitor *monitor, const uint8_t *record, uint32_t bytes)
{
    struct kl_monitor other;
    int error = kl_monitor_read(&other, record, bytes);
    return error ? error : kl_monitor_join(monitor, &other);
}
