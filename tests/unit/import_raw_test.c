/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the TFLite format that converters of microcontroller models do not write, and files
 * that point many times at the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/flatbuffer_builder.h"
#include "import_try.h"

/*
 * A float FULLY_CONNECTED [1,4] x [2,4], with the given oddities. Tensors: 0 input, 1 weights,
 * 2 output.
 */
struct oddity {
    int32_t tensor_field; /* > 0: this field of the weights is stored, too: */
    int32_t tensor_field_bytes;
    uint64_t tensor_field_value;         /* 4 bytes and value 0: a reference to an empty table */
    int32_t quant_details;               /* type of the union QuantizationDetails */
    uint64_t buffer_offset, buffer_size; /* > 0: the weights lie outside the FlatBuffer */
    int32_t weights_format;
    size_t tensor_count, op_count, input_count, opcode_count; /* 0: as described above */
};

static struct fb_field number(int32_t id, int32_t bytes, uint64_t value)
{
    return (struct fb_field){.id = id, .bytes = bytes, .value = value};
}

static struct fb_field reference(int32_t id)
{
    return (struct fb_field){.id = id, .bytes = 4};
}

/* A vector of references that all lead to `target`, from its element `first` on. */
static void link_all(struct fb *b, size_t vector, size_t first, size_t count, size_t target)
{
    for (size_t i = first; i < count; i++) {
        fb_link(b, fb_slot(vector, i), target);
    }
}

static size_t write_tensor(struct fb *b, const struct oddity *o, int32_t index)
{
    static const int32_t shapes[][2] = {{1, 4}, {2, 4}, {1, 2}};
    bool odd = index == 1 && o->tensor_field;
    struct fb_field fields[4] = {reference(0), number(2, 4, index == 1), reference(4)};
    if (odd) {
        fields[3] = number(o->tensor_field, o->tensor_field_bytes, o->tensor_field_value);
    }
    size_t table = fb_table(b, fields, odd ? 4 : 3);
    fb_link(b, fields[0].at, fb_vector(b, 2, 4, 4, shapes[index]));
    struct fb_field quant = number(4, 1, index == 1 ? (uint64_t)o->quant_details : 0);
    fb_link(b, fields[2].at, fb_table(b, &quant, 1));
    if (odd && o->tensor_field_bytes == 4 && o->tensor_field_value == 0) {
        struct fb_field none = {0};
        fb_link(b, fields[3].at, fb_table(b, &none, 0));
    }
    return table;
}

static size_t write_op(struct fb *b, const struct oddity *o)
{
    static const int32_t inputs[] = {0, 1};
    static const int32_t outputs[] = {2};
    struct fb_field fields[] = {reference(1), reference(2), number(3, 1, 8), reference(4)};
    size_t table = fb_table(b, fields, 4);
    size_t input_count = o->input_count ? o->input_count : 2;
    fb_link(b, fields[0].at, fb_vector(b, input_count, 4, 4, o->input_count ? NULL : inputs));
    fb_link(b, fields[1].at, fb_vector(b, 1, 4, 4, outputs));
    struct fb_field format = number(1, 1, (uint64_t)o->weights_format);
    fb_link(b, fields[3].at, fb_table(b, &format, 1));
    return table;
}

static size_t write_subgraph(struct fb *b, const struct oddity *o)
{
    static const int32_t inputs[] = {0};
    static const int32_t outputs[] = {2};
    struct fb_field fields[] = {reference(0), reference(1), reference(2), reference(3)};
    size_t table = fb_table(b, fields, 4);
    size_t tensor_count = o->tensor_count ? o->tensor_count : 3;
    size_t tensors = fb_vector(b, tensor_count, 4, 4, NULL);
    fb_link(b, fields[0].at, tensors);
    for (int32_t i = 0; i < 3; i++) {
        link_all(b, tensors, (size_t)i, (size_t)i + 1, write_tensor(b, o, i));
    }
    link_all(b, tensors, 3, tensor_count, write_tensor(b, o, 2));
    fb_link(b, fields[1].at, fb_vector(b, 1, 4, 4, inputs));
    fb_link(b, fields[2].at, fb_vector(b, 1, 4, 4, outputs));
    size_t op_count = o->op_count ? o->op_count : 1;
    size_t ops = fb_vector(b, op_count, 4, 4, NULL);
    fb_link(b, fields[3].at, ops);
    link_all(b, ops, 0, op_count, write_op(b, o));
    return table;
}

static size_t write_weights(struct fb *b, const struct oddity *o)
{
    static const float weights[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    if (o->buffer_offset) {
        struct fb_field fields[] = {number(1, 8, o->buffer_offset), number(2, 8, o->buffer_size)};
        return fb_table(b, fields, 2);
    }
    struct fb_field data = reference(0);
    size_t table = fb_table(b, &data, 1);
    fb_link(b, data.at, fb_vector(b, sizeof weights, 1, 16, weights));
    return table;
}

static struct fb write_model(const struct oddity *o)
{
    struct fb b = {0};
    struct fb_field none = {0};
    size_t root = fb_put(&b, 0, 4);
    fb_put(&b, 0x334c4654, 4); /* "TFL3" */
    struct fb_field fields[] = {number(0, 4, 3), reference(1), reference(2), reference(4)};
    fb_link(&b, root, fb_table(&b, fields, 4));
    size_t opcode_count = o->opcode_count ? o->opcode_count : 1;
    size_t opcodes = fb_vector(&b, opcode_count, 4, 4, NULL);
    fb_link(&b, fields[1].at, opcodes);
    struct fb_field code = number(3, 4, 9); /* FULLY_CONNECTED */
    link_all(&b, opcodes, 0, opcode_count, fb_table(&b, &code, 1));
    size_t subgraphs = fb_vector(&b, 1, 4, 4, NULL);
    fb_link(&b, fields[2].at, subgraphs);
    fb_link(&b, fb_slot(subgraphs, 0), write_subgraph(&b, o));
    size_t buffers = fb_vector(&b, 2, 4, 4, NULL);
    fb_link(&b, fields[3].at, buffers);
    fb_link(&b, fb_slot(buffers, 0), fb_table(&b, &none, 0));
    fb_link(&b, fb_slot(buffers, 1), write_weights(&b, o));
    return b;
}

static struct import_try import_odd(const struct oddity *o)
{
    struct fb b = write_model(o);
    struct import_try r = import_try((struct kl_bytes){b.data, b.size}, 0);
    fb_free(&b);
    return r;
}

static void refused(const struct oddity *o, enum kl_err err, const char *message)
{
    struct import_try r = import_odd(o);
    if (r.err != err || !strstr(r.diag.message, message)) {
        fail_msg("error %d \"%s\" instead of %d \"%s\"", r.err, r.diag.message, err, message);
    }
    import_done(&r);
}

static void plain_file_is_accepted(void **state)
{
    (void)state;
    struct import_try r = import_odd(&(struct oddity){0});
    assert_int_equal(r.err, KL_OK);
    assert_string_equal(r.graph->subgraphs[0]->name, "subgraph 0");
    import_done(&r);
}

static void unsupported_tensor_content_is_refused(void **state)
{
    (void)state;
    struct oddity sparse = {.tensor_field = 6, .tensor_field_bytes = 4};
    refused(&sparse, KL_EUNSUPPORTED, "tensor 1 ('tensor 1'): sparse tensors");
    struct oddity external = {.tensor_field = 10, .tensor_field_bytes = 4, .tensor_field_value = 1};
    refused(&external, KL_EUNSUPPORTED, "its content is in another file");
    refused(&(struct oddity){.quant_details = 2}, KL_EUNSUPPORTED, "blockwise");
}

static void shuffled_weights_make_the_operator_unknown(void **state)
{
    (void)state;
    struct import_try r = import_odd(&(struct oddity){.weights_format = 1});
    assert_int_equal(r.err, KL_OK);
    const struct kl_op *op = r.graph->subgraphs[0]->ops[0];
    assert_int_equal(op->kind, KL_OP_UNKNOWN);
    assert_string_equal(kl_op_name(op), "FULLY_CONNECTED");
    assert_non_null(strstr(op->attr.unknown.reason, "shuffled weights are not supported"));
    import_done(&r);
}

/* Large models keep their buffers behind the FlatBuffer, at an offset from the file's start. */
static void buffers_outside_the_flatbuffer_are_read(void **state)
{
    (void)state;
    struct fb b = write_model(&(struct oddity){.buffer_offset = 1 << 12, .buffer_size = 32});
    fb_align(&b, 0, 1 << 12);
    assert_int_equal(b.size, 1 << 12);
    for (uint32_t i = 0; i < 8; i++) {
        fb_put(&b, 0x3f800000 + i, 4);
    }
    struct import_try r = import_try((struct kl_bytes){b.data, b.size}, 0);
    assert_int_equal(r.err, KL_OK);
    assert_memory_equal(r.graph->subgraphs[0]->ops[0]->inputs[1]->data, b.data + (1 << 12), 32);
    import_done(&r);
    r = import_try((struct kl_bytes){b.data, b.size - 1}, 0);
    assert_int_equal(r.err, KL_EINPUT);
    assert_non_null(strstr(r.diag.message, "buffer 1 lies outside the file of 4127 bytes"));
    import_done(&r);
    fb_free(&b);
    struct oddity wraps = {.buffer_offset = UINT64_MAX - 7, .buffer_size = 32};
    refused(&wraps, KL_EINPUT, "buffer 1 lies outside the file");
    struct oddity huge = {.buffer_offset = 16, .buffer_size = UINT64_MAX - 8};
    refused(&huge, KL_EINPUT, "buffer 1 lies outside the file");
}

/* Few bytes that stand for very many parts: refused before memory or time is spent. */
static void totals_are_limited(void **state)
{
    (void)state;
    refused(&(struct oddity){.tensor_count = 65537}, KL_ELIMIT, "too many tensors");
    refused(&(struct oddity){.op_count = 16385}, KL_ELIMIT, "too many operators");
    refused(&(struct oddity){.opcode_count = 4097}, KL_ELIMIT, "4097 operator codes");
    refused(&(struct oddity){.input_count = 100000}, KL_EINPUT, "it has 100000 inputs");
    struct import_try r = import_odd(&(struct oddity){.tensor_count = 65536});
    assert_int_equal(r.err, KL_OK); /* those without a use cost next to nothing */
    assert_int_equal(r.graph->subgraphs[0]->tensor_count, 3);
    import_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_file_is_accepted),
        cmocka_unit_test(unsupported_tensor_content_is_refused),
        cmocka_unit_test(shuffled_weights_make_the_operator_unknown),
        cmocka_unit_test(buffers_outside_the_flatbuffer_are_read),
        cmocka_unit_test(totals_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
