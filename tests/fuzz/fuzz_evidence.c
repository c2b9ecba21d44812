/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any bytes as JSON that comes from outside: as a record of evidence, and as
 * {"a": ..., "b": ...}, two standings of a playbook that are compared.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "playbook/evidence/record.h"
#include "playbook/snapshot.h"

enum { TEXT_LIMIT = 4 << 20, MEMORY_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record that was accepted has everything that others rely on. */
static void use_record(json_t *json)
{
    struct kl_record record;
    char hex[KL_SHA256_HEX_BYTES];
    kl_record_fill(json, &record);
    bool whole = record.step && record.chapter && record.fingerprint && record.started &&
                 strlen(record.fingerprint) == KL_SHA256_HEX_BYTES - 1;
    if (!whole || record.finished != (record.result != NULL)) {
        abort();
    }
    kl_record_result_hash(&record, hex);
    if (strlen(hex) != KL_SHA256_HEX_BYTES - 1) {
        abort();
    }
}

static void try_record(json_t *json, struct kl_arena *arena)
{
    const char *step = json_string_value(json_object_get(json, "step"));
    json_int_t number = json_integer_value(json_object_get(json, "number"));
    const char *name = kl_arena_printf(arena, "000001-%s.json", step ? step : "");
    const char *named;
    uint32_t given;
    if (name && kl_record_parse_name(name, arena, &given, &named) && named &&
        (given != 1 || !step || strcmp(named, step) != 0)) {
        abort();
    }
    if (step && number > 0 && number <= KL_EVIDENCE_MAX_RECORDS &&
        !kl_record_check(json, (uint32_t)number, step)) {
        use_record(json);
    }
}

/* What people see is text, whatever came in. */
static void show(const json_t *diff, bool markdown)
{
    struct kl_buffer text = KL_BUFFER(TEXT_LIMIT);
    const char *fault;
    kl_snapshot_diff_text(diff, markdown, &text);
    if (!text.failed && (!text.data || kl_utf8_check(text.data, text.size, &fault) != text.size)) {
        abort();
    }
    kl_buffer_free(&text);
}

static void try_diff(const json_t *json)
{
    struct kl_diag diag = {0};
    json_t *diff;
    if (kl_snapshot_diff(json_object_get(json, "a"), json_object_get(json, "b"), &diff, &diag) ==
        KL_OK) {
        show(diff, false);
        show(diff, true);
        json_decref(diff);
    } else if (diag.err == KL_OK || diag.message[0] == '\0') {
        abort(); /* refused without saying why */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    if (json && arena) {
        try_record(json, arena);
        try_diff(json);
    }
    json_decref(json);
    kl_arena_free(arena);
    return 0;
}
