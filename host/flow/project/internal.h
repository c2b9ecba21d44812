/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of foreign projects share. Private to flow/project*.c. */
#ifndef KINGLET_FLOW_PROJECT_INTERNAL_H
#define KINGLET_FLOW_PROJECT_INTERNAL_H

#include "flow/project.h"

/* One file of the project. */
struct kl_source {
    const char *name; /* relative to the project */
    struct kl_bytes text;
};

/* Each adds what it knows about the file to the project. */
typedef enum kl_err kl_source_reader(struct kl_project *project, const struct kl_source *source,
                                     struct kl_diag *diag);
kl_source_reader kl_project_tflm, kl_project_edge_impulse;

/* Does the text hold `word`, and not as a part of a longer one? */
bool kl_source_has(const struct kl_source *source, const char *word);

#endif
