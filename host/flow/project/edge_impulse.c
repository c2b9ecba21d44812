/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C++ exports of Edge Impulse: model-parameters/ holds settings, tflite-model/ the network, as a
 * model or as code of their own compiler. The layout is that of published exports.
 */
#include <stdio.h>
#include <string.h>

#include "flow/project/internal.h"
#include "import/c_source.h"

struct reading {
    struct kl_project *project;
    const struct kl_source *source;
    struct kl_diag *diag;
    enum kl_err err;
};

static void add(struct reading *r, const char *group, const char *name, const char *value,
                enum kl_maps maps, const char *note)
{
    if (r->err == KL_OK) {
        r->err = kl_project_add(
            r->project, (struct kl_finding){group, name, value, r->source->name, maps, note},
            r->diag);
    }
}

static const struct {
    const char *macro, *name, *note;
    enum kl_maps maps;
} settings[] = {
    {"PROJECT_NAME", "project", "the product's name in the playbook", KL_MAPS_CHANGED},
    {"PROJECT_DEPLOY_VERSION", "version", "the product's version in the playbook", KL_MAPS_CHANGED},
    {"FREQUENCY", "sample rate, Hz", "a setting of your sampling", KL_MAPS_MANUAL},
    {"INTERVAL_MS", "sample interval, ms", "a setting of your sampling", KL_MAPS_MANUAL},
    {"RAW_SAMPLE_COUNT", "samples per window", "a setting of your sampling", KL_MAPS_MANUAL},
    {"RAW_SAMPLES_PER_FRAME", "axes", "a setting of your sampling", KL_MAPS_MANUAL},
    {"NN_INPUT_FRAME_SIZE", "features", "the size of the model's input", KL_MAPS_SAME},
    {"LABEL_COUNT", "labels", "the size of the model's output", KL_MAPS_SAME},
    {"INPUT_WIDTH", "image width", "the shape of the model's input", KL_MAPS_SAME},
    {"INPUT_HEIGHT", "image height", "the shape of the model's input", KL_MAPS_SAME},
    {"TFLITE_LARGEST_ARENA_SIZE", "tensor arena", "ARENA_BYTES of model.h", KL_MAPS_CHANGED},
    {"HAS_ANOMALY", "anomaly detection", "a classical model of kind gmm or kmeans", KL_MAPS_MANUAL},
};

static void note_macro(void *context, const struct kl_c_value *macro)
{
    static const char prefix[] = "EI_CLASSIFIER_";
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(macro->name + sizeof prefix - 1, settings[i].macro) == 0) {
            add(context, "setting", settings[i].name, macro->value, settings[i].maps,
                settings[i].note);
        }
    }
}

static void note_label(void *context, const struct kl_c_value *label)
{
    add(context, "label", label->value, "", KL_MAPS_SAME, "the order of the model's outputs");
}

/* "ei_dsp_config_mfcc_t" -> "mfcc.num_cepstral". */
static void note_dsp(void *context, const struct kl_c_value *value)
{
    static const char prefix[] = "ei_dsp_config_";
    char block[KL_C_NAME_BYTES], name[2 * KL_C_NAME_BYTES];
    snprintf(block, sizeof block, "%s", value->type + sizeof prefix - 1);
    size_t length = strlen(block);
    if (length > 2 && strcmp(block + length - 2, "_t") == 0) {
        block[length - 2] = '\0';
    }
    snprintf(name, sizeof name, "%s.%s", block, value->name);
    add(context, "dsp", name, value->value, KL_MAPS_MANUAL,
        "kept here; the features are computed by your firmware");
}

/* The network as code: its weights cannot be told from its other tables. */
static bool is_compiled_model(const struct kl_source *source)
{
    return kl_source_has(source, "tensor_data0") ||
           memmem(source->text.data, source->text.size, "_compiled.h", 11) != NULL ||
           memmem(source->text.data, source->text.size, "tflite_eon_graph", 16) != NULL;
}

enum kl_err kl_project_edge_impulse(struct kl_project *project, const struct kl_source *source,
                                    struct kl_diag *diag)
{
    struct reading r = {project, source, diag, KL_OK};
    bool parameters = strstr(source->name, "model-parameters/") != NULL ||
                      strcmp(source->name, "model_metadata.h") == 0 ||
                      strcmp(source->name, "model_variables.h") == 0;
    bool network = strstr(source->name, "tflite-model/") != NULL;
    if (!parameters && !network) {
        return KL_OK;
    }
    project->kind = "Edge Impulse export";
    project->compiled_model = project->compiled_model || is_compiled_model(source);
    kl_c_macros(source->text, "EI_CLASSIFIER_", note_macro, &r);
    kl_c_structs(source->text, "ei_dsp_config_", note_dsp, &r);
    kl_c_strings(source->text, "ei_classifier_inferencing_categories", note_label, &r);
    return r.err;
}
