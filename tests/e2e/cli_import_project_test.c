/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects of other tools, written here in the layout that those tools publish: what is found,
 * what maps, and what is refused. cli_import_project_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A C array of the small model, as `xxd -i` and the other usual tools print one. */
static void write_array(const char *path, const char *before, const char *after)
{
    struct kl_arena *arena = kl_arena_create((size_t)32 << 20);
    assert_non_null(arena);
    struct kl_bytes model = read_bytes("k.tflite", arena);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s", before);
    for (size_t i = 0; i < model.size; i++) {
        fprintf(file,
                i % 12 == 11 ? "0x%02x,\n"
                : i % 7      ? "0x%02x, "
                             : "%d, /* byte */ ",
                (unsigned)model.data[i]);
    }
    fprintf(file, "%s", after);
    assert_int_equal(fclose(file), 0);
    kl_arena_free(arena);
}

static void write_tflm_project(const char *folder)
{
    char path[256];
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/model_data.cc", folder);
    write_array(path,
                "// a comment with { and \"\n#include \"model_data.h\"\n"
                "static const int small[] = {1, 2, 3};\n"
                "alignas(16) const unsigned char g_model[] DATA_ALIGN = {\n",
                "};\nconst int g_model_len = 1;\n");
    snprintf(path, sizeof path, "%s/main.cc", folder);
    write_words(path, "#include \"tensorflow/lite/micro/micro_interpreter.h\"\n"
                      "constexpr int kTensorArenaSize = 136 * 1024;\n"
                      "void setup() {\n"
                      "  static tflite::MicroMutableOpResolver<5> resolver;\n"
                      "  resolver.AddCustom(\"X\", nullptr);\n"
                      "  static tflite::MicroInterpreter interpreter(m, resolver, a, n);\n"
                      "  interpreter.AllocateTensors();\n"
                      "  interpreter.Invoke();\n"
                      "}\n");
}

static const char *maps_of(const json_t *result, const char *group, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(result, "findings"), i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "group")), group) == 0 &&
            strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) {
            return json_string_value(json_object_get(entry, "maps"));
        }
    }
    return "not found";
}

static const char *value_of(const json_t *result, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(result, "findings"), i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) {
            return json_string_value(json_object_get(entry, "value"));
        }
    }
    return "not found";
}

static void test_tflm_application(void **state)
{
    (void)state;
    write_tflm_project("app");
    assert_int_equal(kinglet("import-project app -o imported"), DONE);
    expect_text("TensorFlow Lite Micro application");
    expect_text("g_model");
    expect_text("compiles, arena");
    assert_same_file("imported/model.tflite", "k.tflite");
    assert_int_equal(kinglet("import-project app --json"), DONE);
    json_t *result = result_of("import-project");
    assert_string_equal(maps_of(result, "call", "MicroInterpreter"), "same");
    assert_string_equal(maps_of(result, "call", "Invoke"), "same");
    assert_string_equal(maps_of(result, "call", "AddCustom"), "none");
    assert_string_equal(maps_of(result, "call", "MicroProfiler"), "not found");
    assert_string_equal(value_of(result, "tensor arena"), "136 * 1024");
    json_decref(result);
}

static void test_single_file(void **state)
{
    (void)state;
    assert_int_equal(kinglet("import-project app/model_data.cc -o one"), DONE);
    assert_same_file("one/model.tflite", "k.tflite");
    assert_int_equal(kinglet("import-project k.tflite -o two"), DONE);
    assert_same_file("two/model.tflite", "k.tflite");
}

static void write_edge_impulse_parameters(const char *folder)
{
    char path[256];
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/model-parameters", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/tflite-model", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/model-parameters/model_metadata.h", folder);
    write_words(path, "#define EI_CLASSIFIER_PROJECT_NAME \"Pump watch\"\n"
                      "#define EI_CLASSIFIER_FREQUENCY 16000\n"
                      "#define EI_CLASSIFIER_RAW_SAMPLE_COUNT 16000\n"
                      "#define EI_CLASSIFIER_LABEL_COUNT 2\n"
                      "#define EI_CLASSIFIER_HAS_ANOMALY EI_ANOMALY_TYPE_UNKNOWN\n");
    snprintf(path, sizeof path, "%s/model-parameters/model_variables.h", folder);
    write_words(path, "const char* ei_classifier_inferencing_categories_44_1[] = "
                      "{ \"pump, ok\", \"worn\" };\n"
                      "ei_dsp_config_mfcc_t ei_dsp_config_44_12 = {\n"
                      "    12, // uint32_t blockId\n"
                      "    1, // int length of axes\n"
                      "    13, // int num_cepstral\n"
                      "    0.02f, // float frame_length\n"
                      "    NULL\n"
                      "};\n");
}

static void test_edge_impulse_export(void **state)
{
    (void)state;
    write_edge_impulse_parameters("ei");
    write_array("ei/tflite-model/tflite_learn_5.cpp",
                "const unsigned char tflite_learn_5[] __attribute__((aligned(16))) = {", "};\n");
    assert_int_equal(kinglet("import-project ei -o ei-model --json"), DONE);
    json_t *result = result_of("import-project");
    assert_string_equal(json_string_value(json_object_get(result, "kind")), "Edge Impulse export");
    assert_string_equal(value_of(result, "project"), "Pump watch");
    assert_string_equal(value_of(result, "sample rate, Hz"), "16000");
    assert_string_equal(value_of(result, "mfcc.num_cepstral"), "13");
    assert_string_equal(value_of(result, "mfcc.frame_length"), "0.02f");
    assert_string_equal(value_of(result, "mfcc.length_of_axes"), "1");
    assert_string_equal(maps_of(result, "label", "pump, ok"), "same");
    assert_string_equal(maps_of(result, "label", "worn"), "same");
    json_decref(result);
    assert_same_file("ei-model/model.tflite", "k.tflite");
}

static void test_compiled_network_is_refused(void **state)
{
    (void)state;
    write_edge_impulse_parameters("eon");
    write_words("eon/tflite-model/tflite_learn_5_compiled.cpp",
                "#include \"tflite_learn_5_compiled.h\"\n"
                "const ALIGN(16) int8_t tensor_data0[4] = { 1, 2, 3, 4 };\n");
    assert_int_equal(kinglet("import-project eon"), BAD);
    expect_text("code of another compiler");
    expect_text("mfcc.num_cepstral"); /* the settings are shown all the same */
}

static void test_bad_projects(void **state)
{
    (void)state;
    assert_int_equal(kinglet("import-project nowhere"), BAD);
    expect_text("no such file or folder");
    assert_int_equal(mkdir("empty", 0777), 0);
    assert_int_equal(kinglet("import-project empty"), BAD);
    expect_text("no C or C++ sources");
    write_words("empty/a.c", "int a[] = {");
    assert_int_equal(kinglet("import-project empty"), BAD);
    expect_text("no array of bytes");
    write_array("empty/b.c", "const char cut[] = {", "");
    assert_int_equal(kinglet("import-project empty"), BAD);
    write_array("empty/b.c", "const char wide[] = {", "300};");
    assert_int_equal(kinglet("import-project empty"), BAD);
    assert_int_equal(symlink("..", "empty/loop"), 0);
    assert_int_equal(kinglet("import-project empty"), BAD);
    assert_int_equal(kinglet("import-project app -o k.tflite/x"), BAD);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tflm_application),
        cmocka_unit_test(test_single_file),
        cmocka_unit_test(test_edge_impulse_export),
        cmocka_unit_test(test_compiled_network_is_refused),
        cmocka_unit_test(test_bad_projects),
    };
    return CLI_MAIN("import-project", tests);
}
