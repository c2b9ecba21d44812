/* SPDX-License-Identifier: Apache-2.0 */
/* Which weights and biases could overflow an int32 accumulator: both sides of the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_try.h"
#include "model.h"
#include "tflite_writer.h"

struct layer {
    int32_t code;
    int32_t channels, taps;
    int64_t zero_point; /* of the input */
};

/* The layer on a [1,1,1,...] input, with these weights in the file's order and biases. */
static struct import_try import_layer(const struct layer *l, const int8_t *weights,
                                      const int32_t *bias)
{
    struct kt_model *m = kt_model_create("one layer");
    bool depthwise = l->code == KT_DEPTHWISE_CONV_2D;
    bool dense = l->code == KT_FULLY_CONNECTED;
    int32_t in[] = {1, 1, depthwise ? l->taps : 1, depthwise ? l->channels : l->taps};
    int32_t filter[] = {depthwise ? 1 : l->channels, 1, depthwise ? l->taps : 1,
                        depthwise ? l->channels : l->taps};
    int32_t dense_filter[] = {l->channels, l->taps};
    int32_t out[] = {1, 1, 1, l->channels};
    kt_tensor_add(m, "in", KT_I8, dense ? 2 : 4, dense ? in + 2 : in);
    kt_tensor_add(m, "w", KT_I8, dense ? 2 : 4, dense ? dense_filter : filter);
    kt_tensor_add(m, "b", KT_I32, 1, &l->channels);
    kt_tensor_add(m, "out", KT_I8, dense ? 2 : 4, dense ? out + 2 : out);
    for (int32_t t = 0; t < 4; t++) {
        kt_quantize(m, t, 1.0f, t == 0 ? l->zero_point : 0);
    }
    kt_data(m, 1, weights, (size_t)l->channels * (size_t)l->taps);
    kt_data(m, 2, bias, (size_t)l->channels * sizeof *bias);
    struct kt_options o = kt_options_default();
    o.padding = KT_VALID;
    kt_op_add1(m, l->code, o, KT_LIST(0, 1, 2), 3);
    kt_inputs(m, KT_LIST(0));
    kt_outputs(m, KT_LIST(3));
    struct import_try r = import_try(kt_write(m), 0);
    kt_model_free(m);
    return r;
}

/* One layer of two channels of which only the second has weights: is a bias of `limit`
 * accepted there, and one more refused? */
static void check_limit(const struct layer *l, const int8_t *weights, int32_t limit)
{
    for (int32_t over = 0; over < 2; over++) {
        const int32_t bias[] = {1070000000, limit + over};
        struct import_try r = import_layer(l, weights, bias);
        if (over) {
            assert_int_equal(r.err, KL_EUNSUPPORTED);
            assert_non_null(strstr(r.diag.message, "output channel 1 could reach 2147483648"));
        } else {
            assert_int_equal(r.err, KL_OK);
        }
        import_done(&r);
    }
}

static void limits_without_zero_point(void **state)
{
    (void)state;
    static const int8_t rows[] = {0, 0, 0, 1, -2, 3};    /* [channel][tap] */
    static const int8_t columns[] = {0, 1, 0, -2, 0, 3}; /* [tap][channel] */
    const int32_t limit = INT32_MAX - 6 * 128;
    check_limit(&(struct layer){KT_FULLY_CONNECTED, 2, 3, 0}, rows, limit);
    check_limit(&(struct layer){KT_CONV_2D, 2, 3, 0}, rows, limit);
    check_limit(&(struct layer){KT_DEPTHWISE_CONV_2D, 2, 3, 0}, columns, limit);
}

/* Zero point -128: inputs reach 255 above it, and folding moves 128 * sum(w) into the bias. */
static void limits_with_zero_point(void **state)
{
    (void)state;
    static const int8_t mixed[] = {0, 0, 10, -10};
    static const int8_t positive[] = {0, 0, 10, 10};
    const struct layer l = {KT_FULLY_CONNECTED, 2, 2, -128};
    check_limit(&l, mixed, INT32_MAX - 20 * 255);
    check_limit(&l, positive, INT32_MAX - 20 * 128 - 20 * 128);
}

static void many_large_weights_overflow_without_bias(void **state)
{
    (void)state;
    enum { TAPS = 66400 };
    int8_t *weights = calloc(TAPS, 1);
    assert_non_null(weights);
    memset(weights, 127, TAPS); /* 66400 * 127 * 255 is just above 2^31 */
    const int32_t bias = 0;
    struct layer l = {KT_FULLY_CONNECTED, 1, TAPS, 127};
    struct import_try r = import_layer(&l, weights, &bias);
    assert_int_equal(r.err, KL_EUNSUPPORTED);
    assert_non_null(strstr(r.diag.message, "operator 0 (FULLY_CONNECTED)"));
    import_done(&r);
    l.taps = 65000;
    r = import_layer(&l, weights, &bias);
    assert_int_equal(r.err, KL_OK);
    import_done(&r);
    free(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_without_zero_point),
        cmocka_unit_test(limits_with_zero_point),
        cmocka_unit_test(many_large_weights_overflow_without_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
