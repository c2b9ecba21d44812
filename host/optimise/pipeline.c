/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "optimise/optimise.h"
#include "optimise/passes.h"

static const struct {
    const char *name;
    enum kl_err (*run)(struct kl_graph *graph, struct kl_diag *diag);
    bool own; /* only the kernels of this project compute what it makes */
} passes[] = {
    {"remove-unused", kl_pass_remove_dead, false}, /* first, so that nothing unused costs work */
    {"canonicalise", kl_pass_canonicalise, false},
    {"fold-constants", kl_pass_fold_constants, false},
    {"fuse-activations", kl_pass_fuse_activations, false},
    {"fuse-pads", kl_pass_fuse_pads, false},
    {"remove-channels", kl_pass_remove_channels, false},
    {"uint8-to-int8", kl_pass_uint8_to_int8, true},
    {"remove-dead", kl_pass_remove_dead, false}, /* what folding and fusing have left over */
};

enum { PASS_COUNT = sizeof passes / sizeof passes[0] };

static enum kl_err check_name(const char *name, struct kl_diag *diag)
{
    char known[256] = "import";
    if (!name || strcmp(name, "import") == 0) {
        return KL_OK;
    }
    for (int i = 0; i < PASS_COUNT; i++) {
        if (strcmp(name, passes[i].name) == 0) {
            return KL_OK;
        }
        strncat(known, ", ", sizeof known - strlen(known) - 1);
        strncat(known, passes[i].name, sizeof known - strlen(known) - 1);
    }
    return kl_fail(diag, KL_EUSAGE, "no pass is called '%.40s'; there are %s", name, known);
}

static void maybe_dump(struct kl_graph *graph, const char *name, const struct kl_pass_dump *dump)
{
    if (dump && dump->after && strcmp(dump->after, name) == 0) {
        kl_graph_dump(graph, dump->text);
    }
}

static enum kl_err run_passes(struct kl_graph *graph, const struct kl_pass_dump *dump,
                              bool portable, struct kl_diag *diag)
{
    KL_TRY(kl_graph_verify(graph, diag));
    maybe_dump(graph, "import", dump);
    for (int i = 0; i < PASS_COUNT; i++) {
        if (portable && passes[i].own) {
            continue;
        }
        KL_TRY(passes[i].run(graph, diag));
        KL_TRY(kl_graph_verify(graph, diag));
        maybe_dump(graph, passes[i].name, dump);
    }
    return KL_OK;
}

enum kl_err kl_optimise(struct kl_graph *graph, const struct kl_pass_dump *dump,
                        struct kl_diag *diag)
{
    KL_TRY(check_name(dump ? dump->after : NULL, diag));
    return run_passes(graph, dump, false, diag);
}

enum kl_err kl_optimise_portable(struct kl_graph *graph, struct kl_diag *diag)
{
    return run_passes(graph, NULL, true, diag);
}
