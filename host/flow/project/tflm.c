/* SPDX-License-Identifier: Apache-2.0 */
/* What a TensorFlow Lite Micro application uses of its runtime, and what becomes of it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "flow/project/internal.h"

/* Calls and classes that applications use; docs/guide/migrate.md explains the replacements. */
static const struct {
    const char *word;
    enum kl_maps maps;
    const char *note;
} calls[] = {
    {"MicroInterpreter", KL_MAPS_SAME, "the class of kinglet/tflm.hpp"},
    {"AllocateTensors", KL_MAPS_SAME, "checks the pack once; there is nothing to allocate"},
    {"Invoke", KL_MAPS_SAME, "kl_model_run"},
    {"GetModel", KL_MAPS_CHANGED, "takes the compiled pack instead of the .tflite array"},
    {"MicroMutableOpResolver", KL_MAPS_SAME,
     "accepted and ignored: a pack names the kernels it needs"},
    {"AllOpsResolver", KL_MAPS_SAME, "accepted and ignored: a pack names the kernels it needs"},
    {"arena_used_bytes", KL_MAPS_SAME, "a constant that is known when the model is compiled"},
    {"ResetVariableTensors", KL_MAPS_SAME, "kl_model_reset"},
    {"MicroErrorReporter", KL_MAPS_NONE, "a checked model cannot fail; delete it"},
    {"ErrorReporter", KL_MAPS_NONE, "a checked model cannot fail; delete it"},
    {"MicroPrintf", KL_MAPS_MANUAL, "a logging function of your firmware"},
    {"MicroProfiler", KL_MAPS_CHANGED, "kinglet profile, without a change to the firmware"},
    {"RecordingMicroInterpreter", KL_MAPS_CHANGED, "the sizes are constants of model.h"},
    {"MicroAllocator", KL_MAPS_NONE, "offsets are fixed when the model is compiled; delete it"},
    {"MicroResourceVariables", KL_MAPS_SAME, "variables lie in the arena"},
    {"AddCustom", KL_MAPS_NONE, "operators of your own are not supported"},
    {"InitializeTarget", KL_MAPS_MANUAL, "your board's own start-up"},
};

static enum kl_err note_calls(struct kl_project *project, const struct kl_source *source,
                              struct kl_diag *diag)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (kl_source_has(source, calls[i].word)) {
            KL_TRY(kl_project_add(project,
                                  (struct kl_finding){"call", calls[i].word, "", source->name,
                                                      calls[i].maps, calls[i].note},
                                  diag));
        }
    }
    return KL_OK;
}

/* "kTensorArenaSize = 136 * 1024;": the text up to the semicolon. */
static enum kl_err note_arena(struct kl_project *project, const struct kl_source *source,
                              struct kl_diag *diag)
{
    static const char name[] = "kTensorArenaSize";
    const char *text = (const char *)source->text.data;
    const char *end = text + source->text.size;
    char value[64];
    size_t length = 0;
    const char *at = memmem(text, source->text.size, name, sizeof name - 1);
    if (!at) {
        return KL_OK;
    }
    for (at += sizeof name - 1; at < end && (isspace((unsigned char)*at) || *at == '='); at++) {
    }
    for (; at < end && *at != ';' && *at != ']' && *at != '\n' && length + 1 < sizeof value; at++) {
        value[length++] = isprint((unsigned char)*at) ? *at : '?';
    }
    value[length] = '\0';
    return kl_project_add(project,
                          (struct kl_finding){"setting", "tensor arena", value, source->name,
                                              KL_MAPS_CHANGED,
                                              "ARENA_BYTES of model.h: exact, not guessed"},
                          diag);
}

/* Is it code that uses the runtime, and not only a model? */
static bool uses_runtime(const struct kl_source *source)
{
    return kl_source_has(source, "MicroInterpreter") ||
           memmem(source->text.data, source->text.size, "tensorflow/lite/micro", 21) != NULL;
}

enum kl_err kl_project_tflm(struct kl_project *project, const struct kl_source *source,
                            struct kl_diag *diag)
{
    if (!uses_runtime(source)) {
        return KL_OK;
    }
    if (strcmp(project->kind, "sources") == 0) {
        project->kind = "TensorFlow Lite Micro application";
    }
    KL_TRY(note_arena(project, source, diag));
    return note_calls(project, source, diag);
}
