/* SPDX-License-Identifier: Apache-2.0 */
/* The data card says what the data set says, and takes no text from outside for markup. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/data_card.h"

enum { ITEMS = 4, FRAMES = 50 };

static const char *const classes[] = {"on|off", "<b>"};
static const char *const channels[] = {"x"};

struct fixture {
    struct kl_arena *arena;
    float samples[ITEMS][52]; /* a multiple of 16 bytes */
    struct kl_data_item items[ITEMS];
    struct kl_dataset d;
    struct kl_stats stats;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct kl_diag diag = {0};
    f->arena = kl_arena_create((size_t)64 << 20);
    f->d = (struct kl_dataset){.facts = {.kind = KL_DATA_SERIES,
                                         .rate = 25,
                                         .channel_count = 1,
                                         .channels = channels,
                                         .unit = "g",
                                         .class_count = 2,
                                         .classes = classes,
                                         .source = "a [shop](http://x)",
                                         .licence = "CC BY 4.0",
                                         .rule = {"fractions", {0.5, 0, 0.5}, 0, 9},
                                         .made_by = "data split"},
                               .path = "d",
                               .count = ITEMS,
                               .items = f->items,
                               .content = "c0ffee",
                               .samples = (const unsigned char *)f->samples,
                               .samples_bytes = sizeof f->samples};
    for (int i = 0; i < ITEMS; i++) {
        for (int k = 0; k < FRAMES; k++) {
            f->samples[i][k] = (float)sin(0.3 * k * (i + 1));
        }
        f->items[i] = (struct kl_data_item){.id = {(char)('a' + i)},
                                            .name = "n",
                                            .group = i < 2 ? "g1" : "g2",
                                            .tags = i ? "room=hall" : "room=lab",
                                            .origin = "",
                                            .label = i % 2,
                                            .fold = -1,
                                            .frames = FRAMES - i,
                                            .width = 1,
                                            .offset = (uint64_t)i * sizeof f->samples[0],
                                            .split = i < 2 ? KL_SPLIT_TRAIN : KL_SPLIT_TEST};
    }
    *state = f;
    return kl_stats_run(&f->d, f->arena, &f->stats, &diag) == KL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kl_arena_free(f->arena);
    free(f);
    return 0;
}

static void assert_has(const struct kl_buffer *text, const char *wanted)
{
    if (!strstr(text->data, wanted)) {
        fail_msg("no '%s' in:\n%s", wanted, text->data);
    }
}

static void test_markdown(void **state)
{
    struct fixture *f = *state;
    struct kl_buffer text = KL_BUFFER(1 << 20);
    const struct kl_data_card card = {"My *data*", "Nobody over 80.", &f->d, &f->stats};
    kl_data_card_markdown(&card, &text);
    assert_false(text.failed);
    assert_has(&text, "# Data card: My \\*data\\*\n");
    assert_has(&text, "| source | a \\[shop\\](http://x) |");
    assert_has(&text, "| licence | CC BY 4.0 |");
    assert_has(&text, "| content (SHA-256) | c0ffee |");
    assert_has(&text, "| on\\|off | 2 | 2 | 1 | 0 | 1 |");
    assert_has(&text, "| rate | 25 Hz |\n| duration | 7.8 s |");
    assert_has(&text, "Split by group: fractions 0.5, 0, 0.5, seed 9.");
    assert_has(&text, "| room = lab | 1 | \\<b\\> |");
    assert_has(&text, "Nobody over 80.");
    kl_buffer_free(&text);
}

static void test_page(void **state)
{
    struct fixture *f = *state;
    struct kl_buffer html = KL_BUFFER(1 << 22);
    const struct kl_data_card card = {"<data>", "<script>x</script>", &f->d, &f->stats};
    kl_data_card_html(&card, &html);
    assert_false(html.failed);
    assert_has(&html, "<h1>&lt;data&gt;</h1>");
    assert_has(&html, "Items of each class");
    assert_has(&html, "Split of each class");
    assert_has(&html, "Lengths of items");
    assert_has(&html, "time, s");
    assert_null(strstr(html.data, "<script>"));
    assert_null(strstr(html.data, "<b>"));
    assert_null(strstr(html.data, "href=\"http://x\""));
    kl_buffer_free(&html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_markdown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_page, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
