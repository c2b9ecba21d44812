/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/model_features.h"

#include <stdio.h>
#include <string.h>

#include "base/builtin.h"
#include "features/features.h"

bool kl_is_features(struct kl_bytes file)
{
    static const char key[] = "features:";
    const size_t length = sizeof key - 1;
    for (size_t i = 0; i + length <= file.size && file.data[i] != '\0'; i++) {
        if (memcmp(file.data + i, key, length) == 0 && (i == 0 || file.data[i - 1] == '\n')) {
            return true;
        }
    }
    return false;
}

/* A pipeline of the program, when the name is no path. */
static const struct kl_builtin *find_preset(const char *name)
{
    char path[80];
    int length = snprintf(path, sizeof path, "features/%s.yaml", name);
    return length > 0 && (size_t)length < sizeof path && !strpbrk(name, "/.")
               ? kl_builtin_find(path)
               : NULL;
}

static enum kl_err list_presets(const char *name, struct kl_diag *diag)
{
    static const char folder[] = "features/";
    char list[200] = "";
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const char *path = kl_builtins[i].path;
        if (strncmp(path, folder, sizeof folder - 1) == 0) {
            path += sizeof folder - 1;
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%.*s", used ? ", " : "",
                     (int)(strlen(path) - strlen(".yaml")), path);
        }
    }
    return kl_fail(diag, KL_EUSAGE,
                   "no feature pipeline is called '%.60s'; give a file, or one of %s", name, list);
}

enum kl_err kl_features_text(const char *name, struct kl_arena *arena, struct kl_bytes *text,
                             struct kl_diag *diag)
{
    const struct kl_builtin *preset = find_preset(name);
    if (preset) {
        *text = (struct kl_bytes){preset->data, preset->size};
        return KL_OK;
    }
    return strpbrk(name, "/.") ? kl_file_read(name, KL_FEATURES_FILE_BYTES, arena, text, diag)
                               : list_presets(name, diag);
}

static bool keeps_state(const struct kl_graph *graph)
{
    bool found = graph->variable_count > 0;
    for (int32_t g = 0; g < graph->subgraph_count; g++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[g];
        for (int32_t i = 0; i < subgraph->tensor_count; i++) {
            found = found || subgraph->tensors[i]->is_variable;
        }
    }
    return found;
}

enum kl_err kl_model_job_features(struct kl_model_job *job, const char *name, struct kl_diag *diag)
{
    struct kl_bytes text;
    KL_TRY(kl_features_text(name, job->arena, &text, diag));
    job->features = name;
    job->keeps_state = keeps_state(job->graph);
    kl_sha256_hex(text.data, text.size, job->features_sha256);
    return kl_features_join(text, name, job->graph, diag);
}
