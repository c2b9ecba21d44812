/* SPDX-License-Identifier: Apache-2.0 */
/* Call graphs of GCC: what -fcallgraph-info=su writes beside an object file (FILE.ci, in the VCG
 * language; GCC's manual, "Developer Options"). Of it, what the compiler knows of each function. */
#ifndef KINGLET_STACK_CALLGRAPH_H
#define KINGLET_STACK_CALLGRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

struct kl_callgraph_function {
    const char *name; /* as its symbol, not NUL-terminated */
    size_t name_bytes;
    uint32_t frame;     /* bytes; 0 for naked functions, whatever their code takes */
    bool is_dynamic;    /* the frame's size is known at run time only */
    bool calls_pointer; /* calls through a pointer */
};

struct kl_callgraph {
    struct kl_callgraph_function *functions; /* by name */
    size_t count;
};

/* In the arena; names point into the text. KL_EINPUT when it is cut off or is none. */
enum kl_err kl_callgraph_read(struct kl_bytes text, struct kl_arena *arena,
                              struct kl_callgraph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* NULL when the compiler did not compile it there. */
const struct kl_callgraph_function *kl_callgraph_find(const struct kl_callgraph *graph,
                                                      const char *name);

#endif
