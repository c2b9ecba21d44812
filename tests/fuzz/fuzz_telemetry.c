/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: sealed messages, and records as if they had been opened. The first byte
 * chooses. */
#include <assert.h>
#include <stdlib.h>

#include "kinglet/monitor.h"
#include "telemetry/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_message(const uint8_t *data, uint32_t size)
{
    static const uint8_t key[KL_SEAL_KEY_BYTES] = {1};
    struct kl_sealed sealed;
    if (kl_sealed_parse(data, size, &sealed) != KL_SEAL_OK) {
        return;
    }
    assert(sealed.content + sealed.content_bytes == data + size);
    uint8_t *plain = malloc(sealed.content_bytes);
    assert(plain && kl_sealed_open(&sealed, key, plain) == KL_SEAL_FORGED);
    free(plain);
}

/* What is a record is one again when it is written. */
static void read_record(const uint8_t *data, uint32_t size)
{
    struct kl_monitor monitor, again;
    uint8_t record[1024];
    uint32_t bytes;
    if (kl_monitor_read(&monitor, data, size) != KL_MONITOR_OK) {
        return;
    }
    struct kl_monitor copy = monitor;
    assert(kl_monitor_take(&copy, record, sizeof record, &bytes) == KL_MONITOR_OK);
    assert(kl_monitor_read(&again, record, bytes) == KL_MONITOR_OK);
    assert(again.inferences == monitor.inferences && again.width == monitor.width);
    assert(kl_monitor_merge(&again, data, size) == KL_MONITOR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    uint8_t *copy = malloc(size > 1 ? size - 1 : 1); /* so that reading beyond it is found */
    assert(copy);
    for (size_t i = 0; i < size - 1; i++) {
        copy[i] = data[i + 1];
    }
    (data[0] % 2 ? open_message : read_record)(copy, (uint32_t)size - 1);
    free(copy);
    return 0;
}
