/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a firmware project of another tool holds: the model, how it is used, and settings.
 * TensorFlow Lite Micro applications carry the model as a C array; C++ exports of Edge Impulse
 * also carry the settings of their signal processing.
 */
#ifndef KINGLET_FLOW_PROJECT_H
#define KINGLET_FLOW_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

/* How much of it carries over. */
enum kl_maps {
    KL_MAPS_SAME,    /* works as it is */
    KL_MAPS_CHANGED, /* has another form here */
    KL_MAPS_MANUAL,  /* somebody has to do something */
    KL_MAPS_NONE     /* there is nothing like it */
};

const char *kl_maps_name(enum kl_maps maps); /* "same", "changed", "manual", "none" */

/* One thing that was found. */
struct kl_finding {
    const char *group; /* "call", "operator", "setting", "dsp", "label" */
    const char *name;
    const char *value; /* "" when there is none */
    const char *file;  /* relative to the project */
    enum kl_maps maps;
    const char *note; /* what it becomes, or what to do */
};

/* A model that the sources hold. */
struct kl_project_model {
    const char *name; /* of the array, or of the file */
    const char *file;
    struct kl_bytes content;
};

enum { KL_PROJECT_MODELS = 32 };

struct kl_project {
    const char *kind; /* "Edge Impulse export", "TensorFlow Lite Micro application", "sources" */
    struct kl_project_model models[KL_PROJECT_MODELS];
    int32_t model_count;
    struct kl_finding *findings;
    int32_t finding_count;
    int32_t file_count;
    bool compiled_model; /* the network is C++ code of another compiler, not a model */
    struct kl_arena *arena;
};

/*
 * Read a source file, or all sources below a folder. Links are not followed. Fails with KL_EINPUT
 * when the path holds no sources, and with KL_ELIMIT on more than 20,000 files. Everything found
 * lives in `arena`.
 */
enum kl_err kl_project_read(const char *path, struct kl_arena *arena, struct kl_project *project,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* For the readers of a kind of finding: add one; strings are copied. */
enum kl_err kl_project_add(struct kl_project *project, struct kl_finding finding,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
