/* SPDX-License-Identifier: Apache-2.0 */
/* Files of thresholds: what is written is read back, and what makes no sense is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/events_file.h"

static struct kl_arena *arena;
static struct kl_diag diag;

static int set_up(void **state)
{
    (void)state;
    arena = kl_arena_create(8 << 20);
    return arena ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

static enum kl_err parse(const char *text, struct kl_events_file *file)
{
    diag = (struct kl_diag){0};
    return kl_events_parse((struct kl_bytes){(const unsigned char *)text, strlen(text)}, "t.json",
                           arena, file, &diag);
}

static const struct kl_event_thresholds thresholds[] = {
    {KL_EVENTS_NEVER, 0}, {300, -12}, {INT32_MIN, INT32_MIN}};
static const char *const names[] = {"background", "yes \"x\"", "n\xc3\xb6"};

static struct kl_events_file example(void)
{
    return (struct kl_events_file){.config = {.classes = thresholds,
                                              .class_count = 3,
                                              .window = 4,
                                              .duration = 2,
                                              .pause = 9,
                                              .rest = -128,
                                              .dtype = KL_F32,
                                              .steps = -0x1.8p-7f},
                                   .names = names,
                                   .every = 0.032,
                                   .scale = 0,
                                   .zero_point = 0,
                                   .model_sha256 = "abc",
                                   .features_sha256 = ""};
}

static void test_round_trip(void **state)
{
    struct kl_events_file file = example(), read;
    (void)state;
    json_t *json = kl_events_json(&file);
    assert_non_null(json);
    char *text = json_dumps(json, 0);
    assert_int_equal(parse(text, &read), KL_OK);
    assert_memory_equal(read.config.classes, thresholds, sizeof thresholds);
    const struct kl_events_config *a = &read.config, *b = &file.config;
    assert_true(a->class_count == b->class_count && a->window == b->window &&
                a->duration == b->duration && a->pause == b->pause && a->rest == b->rest &&
                a->dtype == b->dtype && a->steps == b->steps);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(read.names[i], names[i]);
    }
    assert_true(read.every == file.every);
    assert_string_equal(read.model_sha256, "abc");
    json_decref(json);
    free(text);
}

/* The text with one member changed or, without a value, taken away. */
static enum kl_err parse_with(const char *object, const char *member, const char *value)
{
    struct kl_events_file file = example(), read;
    json_t *json = kl_events_json(&file);
    json_t *target = !object ? json
                     : strcmp(object, "[1]") == 0
                         ? json_array_get(json_object_get(json, "classes"), 1)
                         : json_object_get(json, object);
    if (value) {
        json_object_set_new(target, member, json_loads(value, JSON_DECODE_ANY, NULL));
    } else {
        json_object_del(target, member);
    }
    char *text = json_dumps(json, 0);
    enum kl_err err = parse(text, &read);
    json_decref(json);
    free(text);
    return err;
}

static void test_refuses(void **state)
{
    static const struct {
        const char *object, *member, *value, *message;
    } bad[] = {
        {NULL, "kinglet_events", "2", "from 1 to 1"},
        {NULL, "window", "0", "'window'"},
        {NULL, "window", "257", "from 1 to 256"},
        {NULL, "window", "1.5", "'window'"},
        {NULL, "duration", "0", "'duration'"},
        {NULL, "pause", "65536", "'pause'"},
        {NULL, "rest", "-32769", "'rest'"},
        {NULL, "every", "\"x\"", "'every'"},
        {NULL, "classes", "[]", "'classes'"},
        {NULL, "classes", "{}", "'classes'"},
        {NULL, "classes", "[3]", "'name'"},
        {NULL, "model", NULL, "'sha256'"},
        {NULL, "output", NULL, "'type'"},
        {"output", "type", "\"int4\"", "int8, int16 or float32"},
        {"output", "steps", "0", "'steps'"},
        {"output", "steps", "1e300", "'steps'"},
        {"output", "zero_point", "4294967296", "'zero_point'"},
        {"[1]", "on", "2147483647", "'on'"},
        {"[1]", "on", "\"300\"", "'on'"},
        {"[1]", "off", "301", "'off'"},
        {"[1]", "name", "3", "'name'"},
    };
    struct kl_events_file file;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse_with(bad[i].object, bad[i].member, bad[i].value), KL_EINPUT);
        assert_non_null(strstr(diag.message, bad[i].message));
    }
    assert_int_equal(parse("{\"kinglet_events\": 1", &file), KL_EINPUT);
    assert_int_equal(parse("[]", &file), KL_EINPUT);
    assert_int_equal(parse("", &file), KL_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
