/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that keep a window of the past, over several runs. */
#include <stdio.h>

#include "cases.h"
#include "custom_options.h"

/* period 0: by the shape. */
static void set_period(struct kt_model *model, int32_t op, int32_t period)
{
    kt_op_at(model, op)->custom_code = "CIRCULAR_BUFFER";
    kt_op_at(model, op)->options.period = period;
    if (period) {
        kt_custom_options(model, op, 1, (const char *const[]){"cycles_max"}, &period);
    }
}

static int32_t sum(struct kt_build *b, int32_t x, int32_t y, int32_t rank, const int32_t *dim)
{
    int32_t output = kt_build_like(b, "sum", x, rank, dim);
    kt_op_add1(b->model, KT_ADD, kt_options_default(), KT_LIST(x, y), output);
    return output;
}

/* With a reader behind it. `told`: the second output says when the period is full. */
static void buffer(struct kt_sink *sink, int32_t type, int32_t slots, int32_t period, bool told)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CIRCULAR_BUFFER);
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 1, 2, 3));
    int32_t kept = kt_build_like(&b, "kept", input, KT_LIST(1, slots, 2, 3));
    int32_t full = kt_tensor_add(c.model, "full", KT_BOOL, 0, NULL);
    int32_t output = kt_build_tensor(&b, "output", type, KT_LIST(1, slots, 2, 3));
    kt_tensor_at(c.model, kept)->is_variable = true;
    int32_t op = kt_op_add(c.model, c.code, kt_options_default(), KT_LIST(input), told ? 2 : 1,
                           (const int32_t[]){kept, full});
    set_period(c.model, op, period);
    kt_op_add1(c.model, KT_ADD, kt_options_default(), KT_LIST(kept, kept), output);
    if (told) {
        kt_outputs(c.model, KT_LIST(output, full));
    }
    c.runs = slots + 3;
    snprintf(c.label, sizeof(c.label), "%s, %d slots, period %d%s", kt_type_name(type), (int)slots,
             (int)period, told ? ", told" : "");
    kt_case_end(sink, &c, input, output);
}

/*
 * Two buffers behind each other, so that a run has two ends. The outputs are what lies before the
 * first one, the second buffer, the sum behind it, and that reshaped; all stay in a run that ends.
 */
static void two_ends(struct kt_sink *sink)
{
    static const int32_t slot[] = {1, 1, 2, 3}, slots[] = {1, 3, 2, 3};
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CIRCULAR_BUFFER);
    int32_t input = kt_build_tensor(&b, "input", KT_I8, 4, slot);
    int32_t before = sum(&b, input, input, 4, slot);
    int32_t first = kt_build_like(&b, "first", before, 4, slot);
    int32_t second = kt_build_like(&b, "second", before, 4, slots);
    kt_tensor_at(c.model, first)->is_variable = kt_tensor_at(c.model, second)->is_variable = true;
    set_period(c.model, kt_op_add1(c.model, c.code, kt_options_default(), KT_LIST(before), first),
               2);
    set_period(c.model, kt_op_add1(c.model, c.code, kt_options_default(), KT_LIST(first), second),
               3);
    int32_t after = sum(&b, second, second, 4, slots);
    int32_t flat = kt_build_like(&b, "flat", after, KT_LIST(18));
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(after), flat);
    kt_outputs(c.model, KT_LIST(before, second, after, flat, input));
    c.runs = 15;
    snprintf(c.label, sizeof(c.label), "two ends of a run");
    kt_case_end(sink, &c, input, flat);
}

/* A variable counts the runs that come to their end. */
static void count_whole_runs(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CIRCULAR_BUFFER);
    struct kt_options options = kt_options_default();
    int32_t input = kt_tensor_add(c.model, "input", KT_F32, KT_LIST(1, 1, 1, 1));
    int32_t kept = kt_tensor_add(c.model, "kept", KT_F32, KT_LIST(1, 2, 1, 1));
    int32_t handle = kt_tensor_add(c.model, "handle", KT_RESOURCE, 0, NULL);
    int32_t read = kt_tensor_add(c.model, "read", KT_F32, KT_LIST(1, 1, 1, 1));
    options.text = "runs";
    kt_op_add1(c.model, KT_VAR_HANDLE, options, 0, NULL, handle);
    kt_op_add1(c.model, KT_READ_VARIABLE, kt_options_default(), KT_LIST(handle), read);
    int32_t next = sum(&b, read, input, KT_LIST(1, 1, 1, 1));
    kt_tensor_at(c.model, kept)->is_variable = true;
    set_period(c.model, kt_op_add1(c.model, c.code, kt_options_default(), KT_LIST(input), kept), 3);
    kt_op_add(c.model, KT_ASSIGN_VARIABLE, kt_options_default(), KT_LIST(handle, next), 0, NULL);
    c.runs = 10;
    snprintf(c.label, sizeof(c.label), "a variable is assigned behind the end");
    kt_case_end(sink, &c, input, next);
}

/* An operator on int16 (or float) with options; `told`: its second output is a bool. */
static void signal(struct kt_sink *sink, int32_t code, struct kt_options options, int32_t type,
                   int32_t in_rank, const int32_t *in_dim, int32_t out_rank, const int32_t *out_dim,
                   bool told, int32_t count, const char *const *names, const int32_t *values)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    int32_t input = kt_tensor_add(b.model, "in", type, in_rank, in_dim);
    int32_t output = kt_tensor_add(b.model, "out", type, out_rank, out_dim);
    int32_t full = kt_tensor_add(b.model, "full", KT_BOOL, 0, NULL);
    int32_t op = kt_op_add(b.model, code, options, KT_LIST(input), told ? 2 : 1,
                           (const int32_t[]){output, full});
    kt_op_at(b.model, op)->custom_code = kt_builtin_name(code);
    kt_custom_options(b.model, op, count, names, values);
    kt_outputs(b.model, told ? 2 : 1, (const int32_t[]){output, full});
    c.runs = 7;
    size_t used = (size_t)snprintf(c.label, sizeof(c.label), "%s", kt_type_name(type));
    for (int32_t i = 0; i < count && used < sizeof(c.label); i++) {
        used += (size_t)snprintf(c.label + used, sizeof(c.label) - used, ", %s %d", names[i],
                                 (int)values[i]);
    }
    kt_case_end(sink, &c, input, output);
}

static void delay(struct kt_sink *sink, int32_t samples)
{
    struct kt_options options = kt_options_default();
    options.shift = samples;
    signal(sink, KT_SIGNAL_DELAY, options, KT_I16, KT_LIST(2, 5), KT_LIST(2, 5), false, 1,
           (const char *const[]){"delay_length"}, &samples);
}

static void framer(struct kt_sink *sink, int32_t frame, int32_t step, int32_t steps,
                   int32_t prefill)
{
    struct kt_options options = kt_options_default();
    options.frame = frame, options.step = step, options.prefill = prefill;
    signal(sink, KT_SIGNAL_FRAMER, options, KT_I16, KT_LIST(2, steps * step),
           KT_LIST(2, steps, frame), true, 3,
           (const char *const[]){"frame_size", "frame_step", "prefill"},
           (const int32_t[]){frame, step, prefill});
}

static void stacker(struct kt_sink *sink, int32_t left, int32_t right, int32_t step)
{
    struct kt_options options = kt_options_default();
    options.left = left, options.right = right, options.step = step;
    signal(sink, KT_SIGNAL_STACKER, options, KT_I16, KT_LIST(4), KT_LIST(4 * (left + right + 1)),
           true, 4,
           (const char *const[]){"num_channels", "stacker_left_context", "stacker_right_context",
                                 "stacker_step"},
           (const int32_t[]){4, left, right, step});
}

static void overlap_add(struct kt_sink *sink, int32_t type, int32_t frame, int32_t step,
                        int32_t count)
{
    struct kt_options options = kt_options_default();
    options.step = step;
    signal(sink, KT_SIGNAL_OVERLAP_ADD, options, type, KT_LIST(2, count, frame),
           KT_LIST(2, count * step), false, 2, (const char *const[]){"T", "frame_step"},
           (const int32_t[]){type, step});
}

static void irfft(struct kt_sink *sink, int32_t length)
{
    struct kt_options options = kt_options_default();
    options.length = length;
    signal(sink, KT_SIGNAL_IRFFT, options, KT_I16, KT_LIST(2, length + 2), KT_LIST(2, length),
           false, 2, (const char *const[]){"T", "fft_length"}, (const int32_t[]){KT_I16, length});
}

static void generate_signals(struct kt_sink *sink)
{
    delay(sink, 0);
    delay(sink, 3);
    delay(sink, 12);
    for (int32_t prefill = 0; prefill < 2; prefill++) {
        framer(sink, 8, 4, 1, prefill);
        framer(sink, 7, 3, 2, prefill);
        framer(sink, 5, 5, 3, prefill);
    }
    stacker(sink, 2, 0, 1);
    stacker(sink, 1, 2, 3);
    stacker(sink, 0, 1, 2);
    stacker(sink, 0, 0, 1);
    overlap_add(sink, KT_I16, 6, 2, 3);
    overlap_add(sink, KT_F32, 5, 3, 2);
    overlap_add(sink, KT_I16, 4, 4, 1);
    for (int32_t length = 4; length <= 256; length *= 2) {
        irfft(sink, length);
    }
}

void kt_generate_stream(struct kt_sink *sink)
{
    buffer(sink, KT_I8, 5, 0, false);
    buffer(sink, KT_F32, 13, 0, false);
    buffer(sink, KT_I8, 4, 0, false);
    buffer(sink, KT_I8, 5, 1, true);
    buffer(sink, KT_F32, 3, 3, true);
    buffer(sink, KT_I16, 3, 4, false);
    two_ends(sink);
    count_whole_runs(sink);
    generate_signals(sink);
}
