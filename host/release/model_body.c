/* SPDX-License-Identifier: Apache-2.0 */
#include "release/model_body.h"

#include <string.h>

#include "flow/pack_engine.h"
#include "flow/pack_file.h"
#include "kinglet/dtype.h"

static uint32_t tensor_bytes(const struct kl_pack *pack, uint32_t first, uint32_t count)
{
    uint32_t bytes = 0; /* all lie in the arena, which has at most KL_PACK_MAX_BYTES */
    for (uint32_t i = 0; i < count; i++) {
        bytes += kl_pack_tensor(pack, first + i)->bytes;
    }
    return bytes;
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

/* Values of any type that are numbers: no NaN and no infinity in floats, 0 or 1 in truths. */
static void fill(const struct kl_pack_tensor *tensor, uint64_t *state, unsigned char *data)
{
    for (uint32_t i = 0; i < tensor->bytes; i++) {
        data[i] = (unsigned char)(next_random(state) >> 24);
        data[i] &= tensor->dtype == KL_BOOL ? 1 : 0xff;
    }
    for (uint32_t i = 0; tensor->dtype == KL_F32 && i + 4 <= tensor->bytes; i += 4) {
        float value = (float)(int32_t)next_random(state) / 2147483648.0f;
        memcpy(data + i, &value, sizeof value);
    }
    for (uint32_t i = 0; tensor->dtype == KL_F64 && i + 8 <= tensor->bytes; i += 8) {
        double value = (double)(int32_t)next_random(state) / 2147483648.0;
        memcpy(data + i, &value, sizeof value);
    }
    for (uint32_t i = 1; tensor->dtype == KL_F16 && i < tensor->bytes; i += 2) {
        data[i] &= 0xbb; /* an exponent of 14 at most: below 1 */
    }
}

/* The same numbers for each pack with these inputs, so that patches between packs carry none. */
static void fill_inputs(const struct kl_pack *pack, unsigned char *data)
{
    uint64_t state = 1;
    for (uint32_t i = 0; i < pack->input_count; i++) {
        fill(kl_pack_tensor(pack, i), &state, data);
        data += kl_pack_tensor(pack, i)->bytes;
    }
}

/* Copy tensors between the arena of a run and bytes that lie back to back. */
static void move(const struct kl_pack *pack, uint32_t first, uint32_t count, unsigned char *memory,
                 unsigned char *data, bool into_memory)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, first + i);
        unsigned char *place = memory + tensor->offset;
        memcpy(into_memory ? place : data, into_memory ? data : place, tensor->bytes);
        data += tensor->bytes;
    }
}

/* One run from the initial state. */
static enum kl_err run(const struct kl_pack *pack, struct kl_arena *arena, unsigned char *inputs,
                       unsigned char *outputs, struct kl_diag *diag)
{
    unsigned char *memory = kl_arena_alloc(arena, (size_t)pack->arena_bytes + 1, 1);
    if (!memory) {
        return KL_FAIL_MEMORY(diag);
    }
    if (pack->reset_count > 0) {
        kl_pack_reset(pack, &kl_host_engine, memory);
    }
    move(pack, 0, pack->input_count, memory, inputs, true);
    (void)kl_pack_run(pack, &kl_host_engine, memory); /* without new outputs: the initial ones */
    move(pack, pack->input_count, pack->output_count, memory, outputs, false);
    return KL_OK;
}

enum kl_err kl_model_body_make(const struct kl_pack *pack, struct kl_arena *arena,
                               struct kl_model_body *body, struct kl_diag *diag)
{
    uint32_t inputs = tensor_bytes(pack, 0, pack->input_count);
    uint32_t outputs = tensor_bytes(pack, pack->input_count, pack->output_count);
    uint32_t at = pack->bytes; /* a multiple of 4 */
    size_t all = (size_t)at + inputs + outputs;
    unsigned char *bytes = kl_arena_alloc(arena, all, 1);
    if (!bytes) {
        return KL_FAIL_MEMORY(diag);
    }
    memcpy(bytes, pack, pack->bytes);
    fill_inputs(pack, bytes + at);
    KL_TRY(run(pack, arena, bytes + at, bytes + at + inputs, diag));
    *body = (struct kl_model_body){{bytes, all}, at, inputs + outputs};
    return KL_OK;
}

enum kl_err kl_model_body_check(const struct kl_model_body *body, const char *name,
                                struct kl_arena *arena, const struct kl_pack **pack,
                                struct kl_diag *diag)
{
    if (body->self_test_offset > body->bytes.size ||
        body->self_test_bytes > body->bytes.size - body->self_test_offset) {
        return kl_fail(diag, KL_EINPUT, "%.300s: its self-test lies outside of its body", name);
    }
    const struct kl_bytes first = {body->bytes.data, body->self_test_offset};
    KL_TRY(kl_pack_read_bytes(name, first, arena, pack, diag));
    uint32_t inputs = tensor_bytes(*pack, 0, (*pack)->input_count);
    uint32_t outputs = tensor_bytes(*pack, (*pack)->input_count, (*pack)->output_count);
    if ((uint64_t)inputs + outputs != body->self_test_bytes || (*pack)->bytes != first.size) {
        return kl_fail(diag, KL_EINPUT, "%.300s: its self-test has another place or size", name);
    }
    unsigned char *test =
        kl_arena_copy(arena, body->bytes.data + body->self_test_offset, body->self_test_bytes);
    unsigned char *found = kl_arena_alloc(arena, (size_t)outputs + 1, 1);
    if (!test || !found) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(run(*pack, arena, test, found, diag));
    return memcmp(found, test + inputs, outputs) == 0
               ? KL_OK
               : kl_fail(diag, KL_ECHECK,
                         "%.300s: the pack does not give the outputs of its "
                         "self-test",
                         name);
}
