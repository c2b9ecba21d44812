/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/pack.h"

#include <string.h>

#include "emit/fields.h"

/* Constants begin at multiples of this, so that kernels may load whole words. */
enum { CONSTANT_ALIGN = 4, LARGEST_ALIGN = 8 };

struct writer {
    const struct kl_plan *plan;
    struct kl_buffer *pack;
    uint32_t *offsets; /* of each constant in the pack; 0: not needed */
    size_t end;        /* of what has a place so far */
};

static size_t aligned(size_t offset, size_t align)
{
    return (offset + align - 1) / align * align;
}

static int32_t constant_of(const struct kl_plan *plan, const void *data)
{
    int32_t i = 0;
    while (plan->constants[i].data != data) {
        i++;
    }
    return i;
}

/* Give a constant its place behind everything before, once. */
static void place_constant(struct writer *w, int32_t index)
{
    const struct kl_plan_constant *constant = &w->plan->constants[index];
    size_t align =
        kl_dtype_bytes(constant->dtype) > CONSTANT_ALIGN ? LARGEST_ALIGN : CONSTANT_ALIGN;
    if (w->offsets[index] == 0 && w->end <= KL_PACK_MAX_BYTES) {
        size_t offset = aligned(w->end, align);
        w->offsets[index] = (uint32_t)offset;
        w->end = offset + constant->bytes;
    }
}

static const void *pointer_at(const unsigned char *data)
{
    const void *pointer;
    memcpy(&pointer, data, sizeof pointer);
    return pointer;
}

static void place_pointers(struct writer *w, const struct kl_field *fields,
                           const unsigned char *params)
{
    for (const struct kl_field *field = fields; field->name; field++) {
        const unsigned char *at = params + field->offset;
        if (field->type == KL_FIELD_STRUCT) {
            place_pointers(w, field->fields, at);
        } else if (field->type == KL_FIELD_POINTER && pointer_at(at)) {
            place_constant(w, constant_of(w->plan, pointer_at(at)));
        }
    }
}

/* Constants in the order of their first use: what a step needs lies close together. */
static void place_constants(struct writer *w)
{
    for (int32_t i = 0; i < kl_plan_all_steps(w->plan); i++) {
        const struct kl_plan_step *step = &w->plan->steps[i];
        place_pointers(w, kl_kernel_fields(step->kernel), step->params);
        for (int32_t k = 0; k < step->in_count; k++) {
            if (step->in[k].buffer < 0) {
                place_constant(w, step->in[k].constant);
            }
        }
    }
}

static uint32_t words_of(const struct kl_field *fields)
{
    uint32_t words = 0;
    for (const struct kl_field *field = fields; field->name; field++) {
        words += field->type == KL_FIELD_STRUCT ? words_of(field->fields) : (uint32_t)field->count;
    }
    return words;
}

static size_t tensors_bytes(const struct kl_plan_io *ios, int32_t count)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < count; i++) {
        bytes += sizeof(struct kl_pack_tensor) + 4 * (size_t)ios[i].tensor->shape.rank;
    }
    return bytes;
}

static size_t steps_bytes(const struct kl_plan *plan)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < kl_plan_all_steps(plan); i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        bytes += sizeof(struct kl_pack_step) +
                 (size_t)(step->in_count + step->out_count) * sizeof(struct kl_pack_rows) +
                 (step->scratch >= 0 ? sizeof(struct kl_pack_scratch) : 0) +
                 4 * (size_t)words_of(kl_kernel_fields(step->kernel));
    }
    return bytes;
}

static void put_word(struct writer *w, uint32_t value)
{
    kl_buffer_append(w->pack, &value, sizeof value);
}

static void put_fields(struct writer *w, const struct kl_field *fields, const unsigned char *params)
{
    for (const struct kl_field *field = fields; field->name; field++) {
        const unsigned char *at = params + field->offset;
        if (field->type == KL_FIELD_STRUCT) {
            put_fields(w, field->fields, at);
        } else if (field->type == KL_FIELD_POINTER) {
            const void *target = pointer_at(at);
            put_word(w, target ? w->offsets[constant_of(w->plan, target)] : 0);
        } else {
            kl_buffer_append(w->pack, at, 4 * (size_t)field->count);
        }
    }
}

static void put_rows(struct writer *w, const struct kl_plan_rows *rows)
{
    struct kl_pack_rows packed = {.stride = rows->stride, .count = rows->count};
    if (rows->buffer >= 0) {
        packed.place = (uint32_t)(w->plan->buffers[rows->buffer].offset + rows->offset);
    } else {
        packed.place =
            (w->offsets[rows->constant] + (uint32_t)rows->offset) | KL_PACK_PLACE_CONSTANT;
    }
    kl_buffer_append(w->pack, &packed, sizeof packed);
}

static void put_step(struct writer *w, const struct kl_plan_step *step)
{
    const struct kl_field *fields = kl_kernel_fields(step->kernel);
    struct kl_pack_step packed = {.kernel = (uint16_t)step->kernel,
                                  .inputs = (uint8_t)step->in_count,
                                  .outputs = (uint8_t)step->out_count,
                                  .words = (uint8_t)words_of(fields),
                                  .has_scratch = step->scratch >= 0};
    kl_buffer_append(w->pack, &packed, sizeof packed);
    for (int32_t i = 0; i < step->in_count; i++) {
        put_rows(w, &step->in[i]);
    }
    for (int32_t i = 0; i < step->out_count; i++) {
        put_rows(w, &step->out[i]);
    }
    if (step->scratch >= 0) {
        const struct kl_plan_buffer *buffer = &w->plan->buffers[step->scratch];
        put_word(w, (uint32_t)buffer->offset);
        put_word(w, (uint32_t)buffer->bytes);
    }
    put_fields(w, fields, step->params);
}

static void put_tensors(struct writer *w, const struct kl_plan_io *ios, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const struct kl_tensor *tensor = ios[i].tensor;
        bool quantised = tensor->quant.count == 1;
        struct kl_pack_tensor packed = {
            .offset = (uint32_t)(w->plan->buffers[ios[i].buffer].offset + ios[i].offset),
            .bytes = (uint32_t)tensor->bytes,
            .scale = quantised ? tensor->quant.scale[0] : 0.0f,
            .zero_point = quantised ? tensor->quant.zero_point[0] : 0,
            .dtype = (uint8_t)tensor->dtype,
            .rank = (uint8_t)tensor->shape.rank};
        kl_buffer_append(w->pack, &packed, sizeof packed);
        kl_buffer_append(w->pack, tensor->shape.dim, 4 * (size_t)tensor->shape.rank);
    }
}

/* Value of a lower-case hexadecimal digit; of anything else, 0. */
static uint8_t digit_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit) : NULL;
    return found ? (uint8_t)(found - digits) : 0;
}

static void put_digest(const char *hex, uint8_t digest[32])
{
    if (hex && strlen(hex) == 64) {
        for (size_t i = 0; i < 32; i++) {
            digest[i] = (uint8_t)(digit_value(hex[2 * i]) << 4 | digit_value(hex[2 * i + 1]));
        }
    }
}

static void fill_up(struct writer *w, size_t size)
{
    static const char zeros[LARGEST_ALIGN] = {0};
    while (w->pack->size < size && !w->pack->failed) {
        size_t missing = size - w->pack->size;
        kl_buffer_append(w->pack, zeros, missing < sizeof zeros ? missing : sizeof zeros);
    }
}

/* Constants lie in the order of their offsets, which is that of their first use. */
static void put_constants(struct writer *w)
{
    const struct kl_plan *plan = w->plan;
    size_t from = w->pack->size;
    fill_up(w, w->end);
    for (int32_t i = 0; i < plan->constant_count && !w->pack->failed; i++) {
        if (w->offsets[i] >= from) {
            memcpy(w->pack->data + w->offsets[i], plan->constants[i].data,
                   plan->constants[i].bytes);
        }
    }
}

static enum kl_err check_limits(const struct kl_plan *plan, struct kl_diag *diag)
{
    if (plan->arena_bytes > KL_PACK_MAX_BYTES || kl_plan_all_steps(plan) > UINT16_MAX) {
        return kl_fail(diag, KL_ELIMIT,
                       "a model pack holds at most %d steps and an arena of %d bytes; the model "
                       "has %d steps and needs %zu bytes",
                       UINT16_MAX, KL_PACK_MAX_BYTES, kl_plan_all_steps(plan), plan->arena_bytes);
    }
    return KL_OK;
}

/* Places of all parts, and the header that says them. */
static struct kl_pack lay_out(struct writer *w, const struct kl_pack_options *options)
{
    const struct kl_plan *plan = w->plan;
    struct kl_pack header = {.magic = KL_PACK_MAGIC,
                             .version = KL_PACK_VERSION,
                             .abi = KL_ENGINE_ABI,
                             .arena_bytes = (uint32_t)plan->arena_bytes,
                             .input_count = (uint16_t)plan->input_count,
                             .output_count = (uint16_t)plan->output_count,
                             .step_count = (uint16_t)plan->step_count,
                             .reset_count = (uint16_t)plan->reset_count,
                             .next_offset = KL_PACK_NO_BRANCHES,
                             .tensors = sizeof header};
    if (plan->next_buffer >= 0) {
        header.next_offset = (uint32_t)plan->buffers[plan->next_buffer].offset;
    }
    put_digest(options->sha256, header.source_sha256);
    header.steps = (uint32_t)(header.tensors + tensors_bytes(plan->inputs, plan->input_count) +
                              tensors_bytes(plan->outputs, plan->output_count));
    w->end = header.steps + steps_bytes(plan);
    if (options->name && options->name[0]) {
        header.name = (uint32_t)w->end;
        w->end += strlen(options->name) + 1;
    }
    place_constants(w);
    w->end = aligned(w->end, CONSTANT_ALIGN);
    header.bytes = w->end <= KL_PACK_MAX_BYTES ? (uint32_t)w->end : 0;
    return header;
}

static enum kl_err write_pack(struct writer *w, const struct kl_pack_options *options,
                              struct kl_diag *diag)
{
    struct kl_pack header = lay_out(w, options);
    if (header.bytes == 0) {
        return kl_fail(diag, KL_ELIMIT, "the model pack would exceed %d bytes", KL_PACK_MAX_BYTES);
    }
    kl_buffer_append(w->pack, &header, sizeof header);
    put_tensors(w, w->plan->inputs, w->plan->input_count);
    put_tensors(w, w->plan->outputs, w->plan->output_count);
    for (int32_t i = 0; i < kl_plan_all_steps(w->plan); i++) {
        put_step(w, &w->plan->steps[i]);
    }
    if (header.name) {
        kl_buffer_append(w->pack, options->name, strlen(options->name) + 1);
    }
    put_constants(w);
    return w->pack->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

enum kl_err kl_emit_pack(const struct kl_plan *plan, const struct kl_pack_options *options,
                         struct kl_buffer *pack, struct kl_diag *diag)
{
    KL_TRY(check_limits(plan, diag));
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    struct writer w = {.plan = plan, .pack = pack};
    w.offsets = arena ? KL_NEW(arena, uint32_t, (size_t)plan->constant_count) : NULL;
    enum kl_err err = w.offsets ? write_pack(&w, options, diag) : KL_FAIL_MEMORY(diag);
    kl_arena_free(arena);
    return err;
}
