/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the ladder: words of commands, advice, the table of rungs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/command.h"
#include "flow/ladder/internal.h"

static struct kl_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create(1 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

static void words_are_quoted_for_a_shell(void **state)
{
    (void)state;
    static const char *const words[][2] = {{"model/a-b_1.tflite", "model/a-b_1.tflite"},
                                           {"my model", "'my model'"},
                                           {"", "''"},
                                           {"a;rm b", "'a;rm b'"},
                                           {"it's", "'it'\\''s'"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_string_equal(kl_shell_word(arena, words[i][0]), words[i][1]);
    }
}

/* Five layers; the second has no ratio. */
static struct ladder_model model_with_layers(struct kl_ptq_layer layers[5])
{
    static const double alone[5] = {30, NAN, 12, 25, 18};
    static const char *const names[5] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) {
        layers[i] =
            (struct kl_ptq_layer){.op = "CONV_2D", .tensor = names[i], .sqnr_alone = alone[i]};
    }
    return (struct ladder_model){.quantised = true, .report = {.layer_count = 5, .layers = layers}};
}

static void advice_names_the_weakest_layer(void **state)
{
    (void)state;
    struct kl_ptq_layer layers[5];
    struct ladder_model model = model_with_layers(layers);
    const struct ladder l = {.arena = arena, .task = KL_JUDGE_CLASSES};
    struct kl_rung rung = {0};
    struct kl_diag diag = {0};
    model.pair = (struct kl_pair){.low = -0.05, .high = -0.01};
    assert_int_equal(ladder_advise(&l, &model, &rung, &diag), KL_OK);
    assert_int_equal(rung.weak_count, KL_RUNG_WEAK);
    assert_string_equal(rung.weak[0].tensor, "c");
    assert_string_equal(rung.weak[1].tensor, "e");
    assert_string_equal(rung.weak[2].tensor, "d");
    assert_non_null(strstr(rung.advice, "CONV_2D 'c' (12.0 dB alone): try --equalise"));
    model.settings.equalise = true;
    rung = (struct kl_rung){0};
    assert_int_equal(ladder_advise(&l, &model, &rung, &diag), KL_OK);
    assert_non_null(strstr(rung.advice, "try --adaround"));
}

/* Chance alone is no reason; for errors less is better. */
static void advice_is_for_losses_only(void **state)
{
    (void)state;
    struct kl_ptq_layer layers[5];
    struct ladder_model model = model_with_layers(layers);
    struct ladder l = {.arena = arena, .task = KL_JUDGE_CLASSES};
    struct kl_rung rung = {0};
    struct kl_diag diag = {0};
    model.pair = (struct kl_pair){.low = -0.05, .high = 0.01};
    assert_int_equal(ladder_advise(&l, &model, &rung, &diag), KL_OK);
    assert_null(rung.advice);
    assert_int_equal(rung.weak_count, KL_RUNG_WEAK);
    l.task = KL_JUDGE_VALUES;
    rung = (struct kl_rung){0};
    model.pair = (struct kl_pair){.low = -0.05, .high = -0.01};
    assert_int_equal(ladder_advise(&l, &model, &rung, &diag), KL_OK);
    assert_null(rung.advice);
    model.pair = (struct kl_pair){.low = 0.01, .high = 0.05};
    rung = (struct kl_rung){0};
    assert_int_equal(ladder_advise(&l, &model, &rung, &diag), KL_OK);
    assert_non_null(rung.advice);
}

/* The first rung changes nothing; each other one has settings, and names are known once. */
static void rungs_have_settings_and_names(void **state)
{
    (void)state;
    assert_true(ladder_rung_count > 1);
    assert_null(ladder_rungs[0].choices[0].set);
    assert_null(ladder_rungs[0].rework);
    for (int32_t i = 0; i < ladder_rung_count; i++) {
        const struct ladder_rung *rung = &ladder_rungs[i];
        assert_true(i == 0 || rung->choices[0].set || rung->rework);
        assert_true(strlen(rung->what) > 10);
        for (int32_t k = 0; k < i; k++) {
            assert_string_not_equal(rung->name, ladder_rungs[k].name);
        }
        for (int c = 0; c < KL_RUNG_TRIES && rung->choices[c].set; c++) {
            struct kl_ptq_options before, after;
            memset(&before, 0, sizeof before);
            before.method = KL_CALIBRATE_ENTROPY;
            memcpy(&after, &before, sizeof after);
            rung->choices[c].set(&after);
            bool entropy = strcmp(rung->choices[c].what, "entropy") == 0;
            assert_true((memcmp(&before, &after, sizeof after) == 0) == entropy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_for_a_shell),
        cmocka_unit_test(advice_names_the_weakest_layer),
        cmocka_unit_test(advice_is_for_losses_only),
        cmocka_unit_test(rungs_have_settings_and_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
