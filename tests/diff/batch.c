/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/execute.h"
#include "flow/pack_engine.h"
#include "link/model_client.h"

static void *need(void *memory)
{
    if (!memory) {
        fputs("board-diff: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void diff_batch_open(struct diff_batch *batch, int32_t capacity, size_t mailbox_bytes)
{
    *batch = (struct diff_batch){.capacity = capacity};
    batch->mailbox = KL_BUFFER(mailbox_bytes);
    batch->expected = KL_BUFFER((size_t)64 << 20);
    batch->cases = need(calloc((size_t)capacity, sizeof batch->cases[0]));
}

void diff_batch_clear(struct diff_batch *batch)
{
    kl_buffer_free(&batch->mailbox);
    kl_buffer_free(&batch->expected);
    batch->count = 0;
}

void diff_batch_close(struct diff_batch *batch)
{
    diff_batch_clear(batch);
    free(batch->cases);
}

/* Append at a multiple of KL_PACK_ALIGN; returns where. */
static uint32_t put(struct kl_buffer *buffer, const void *data, size_t bytes)
{
    static const char zeros[KL_PACK_ALIGN] = {0};
    kl_buffer_append(buffer, zeros, (KL_PACK_ALIGN - buffer->size % KL_PACK_ALIGN) % KL_PACK_ALIGN);
    uint32_t at = (uint32_t)buffer->size;
    kl_buffer_append(buffer, data, bytes);
    return at;
}

static uint32_t offset_of(const struct kl_plan *plan, const struct kl_plan_io *io)
{
    return (uint32_t)(plan->buffers[io->buffer].offset + io->offset);
}

/* Inputs into the mailbox, a run on the host, its outputs into what is expected. */
static void run_on_host(struct diff_batch *batch, struct diff_case *d, const struct kl_plan *plan,
                        const struct kl_bytes *inputs)
{
    unsigned char *memory = exact_copy(NULL, plan->arena_bytes);
    struct kl_diag diag = {0};
    kl_execute_reset(plan, memory);
    for (int32_t i = 0; i < plan->input_count; i++) {
        d->inputs[i] =
            (struct diff_tensor){offset_of(plan, &plan->inputs[i]), (uint32_t)inputs[i].size,
                                 put(&batch->mailbox, inputs[i].data, inputs[i].size)};
        memcpy(memory + d->inputs[i].offset, inputs[i].data, inputs[i].size);
    }
    if (kl_execute(plan, memory, &diag) != KL_OK) {
        fprintf(stderr, "board-diff: %s\n", diag.message);
        abort();
    }
    for (int32_t i = 0; i < plan->output_count; i++) {
        uint32_t offset = offset_of(plan, &plan->outputs[i]);
        size_t bytes = plan->outputs[i].tensor->bytes;
        d->outputs[i] = (struct diff_tensor){offset, (uint32_t)bytes,
                                             put(&batch->expected, memory + offset, bytes)};
    }
    free(memory);
}

static size_t bytes_needed(const struct pack_case *made, const struct kl_bytes *inputs)
{
    size_t bytes = made->bytes + KL_PACK_ALIGN;
    for (int32_t i = 0; i < made->job.plan->input_count; i++) {
        bytes += inputs[i].size + KL_PACK_ALIGN;
    }
    return bytes;
}

/* The case as a part of the mailbox, with its outputs by the host. */
static void add(struct diff_batch *batch, const char *label, const struct pack_case *made,
                const struct kl_bytes *inputs)
{
    const struct kl_plan *plan = made->job.plan;
    struct diff_case *d = &batch->cases[batch->count++];
    *d = (struct diff_case){.pack_bytes = made->bytes,
                            .steps = (uint32_t)plan->step_count,
                            .input_count = (uint32_t)plan->input_count,
                            .output_count = (uint32_t)plan->output_count};
    snprintf(d->label, sizeof d->label, "%s", label);
    d->pack_at = put(&batch->mailbox, made->pack, made->bytes);
    run_on_host(batch, d, plan, inputs);
}

enum diff_added diff_batch_add_pack(struct diff_batch *batch, const char *label,
                                    const struct pack_case *made, const struct kl_bytes *inputs,
                                    uint32_t arena_bytes)
{
    if (kl_pack_validate(made->pack, made->bytes, &kl_host_engine) != 0 ||
        made->job.plan->arena_bytes > arena_bytes) {
        return DIFF_NOT_PACKED;
    }
    if (batch->count == batch->capacity ||
        bytes_needed(made, inputs) > batch->mailbox.max - batch->mailbox.size) {
        return DIFF_FULL;
    }
    add(batch, label, made, inputs);
    return DIFF_ADDED;
}

enum diff_added diff_batch_add(struct diff_batch *batch, const struct kt_case *c,
                               enum kl_kernel_set kernels, uint32_t arena_bytes, uint64_t seed)
{
    struct kl_bytes inputs[KT_MAX_IO];
    struct pack_case made;
    pack_case_make(&made, c, kernels);
    kt_case_inputs(c, seed, inputs);
    enum diff_added added = diff_batch_add_pack(batch, c->label, &made, inputs, arena_bytes);
    pack_case_free(&made);
    return added;
}

static enum kl_err compare(const struct diff_batch *batch, const struct diff_tensor *output,
                           struct kl_channel *channel, bool *same, struct kl_diag *diag)
{
    unsigned char *bytes = need(malloc(output->bytes));
    enum kl_err err = kl_device_read(channel, output->offset, bytes, output->bytes, diag);
    const char *expected = batch->expected.data + output->at;
    *same = *same && err == KL_OK && memcmp(bytes, expected, output->bytes) == 0;
    free(bytes);
    return err;
}

enum kl_err diff_case_run(const struct diff_batch *batch, int32_t index, struct kl_channel *channel,
                          bool *same, struct kl_diag *diag)
{
    const struct diff_case *d = &batch->cases[index];
    uint32_t error = 0;
    *same = true;
    KL_TRY(kl_device_load(channel, d->pack_at, d->pack_bytes, &error, diag));
    if (error != 0) {
        return kl_fail(diag, KL_ECHECK, "the board refused the pack: %s",
                       kl_pack_error_text((enum kl_pack_error)(error & 0xff)));
    }
    for (uint32_t i = 0; i < d->input_count; i++) {
        const struct diff_tensor *input = &d->inputs[i];
        KL_TRY(kl_device_copy(channel, input->offset, input->at, input->bytes, diag));
    }
    KL_TRY(kl_device_run(channel, 0, d->steps, diag));
    for (uint32_t i = 0; i < d->output_count; i++) {
        KL_TRY(compare(batch, &d->outputs[i], channel, same, diag));
    }
    return KL_OK;
}
