/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/model_options.h"
#include "emit/tflite.h"
#include "optimise/optimise.h"

struct export_options {
    struct kl_common common;
    struct kl_model_options model;
    const char *out;
    bool optimise;
};

static int64_t count_operators(const struct kl_graph *graph)
{
    int64_t count = 0;
    for (int32_t i = 0; i < graph->subgraph_count; i++) {
        count += graph->subgraphs[i]->op_count;
    }
    return count;
}

static enum kl_err report(const struct export_options *o, const struct kl_graph *graph,
                          const struct fb *file, struct kl_result *result)
{
    char sha256[KL_SHA256_HEX_BYTES];
    char bytes[KL_NUMBER_BYTES];
    kl_sha256_hex(file->data, file->size, sha256);
    kl_result_count(result, "file.bytes", (long long)file->size, "bytes", KL_COUNTED);
    kl_result_count(result, "operators", (long long)count_operators(graph), "1", KL_COUNTED);
    kl_result_detail(result, "output", json_pack("{s:s, s:s}", "path", o->out, "sha256", sha256));
    kl_report_removed(graph, &o->common, result);
    if (!o->common.json) {
        printf("%s: %s bytes, %lld operators\n", o->out, kl_grouped((long long)file->size, bytes),
               (long long)count_operators(graph));
    }
    return KL_OK;
}

static enum kl_err export_model(const void *context, struct kl_model_job *job,
                                struct kl_result *result, struct kl_diag *diag)
{
    const struct export_options *o = context;
    struct fb file = {0};
    if (o->optimise) {
        KL_TRY(kl_optimise_portable(job->graph, diag));
    }
    enum kl_err err = kl_emit_tflite(job->graph, &file, diag);
    if (err == KL_OK) {
        err = kl_file_write(o->out, file.data, file.size, diag);
    }
    if (err == KL_OK) {
        err = report(o, job->graph, &file, result);
    }
    fb_free(&file);
    return err;
}

static enum kl_err check_options(void *context, struct kl_diag *diag)
{
    const struct export_options *o = context;
    return o->out ? KL_OK : kl_fail(diag, KL_EUSAGE, "-o OUT.tflite is missing");
}

int kl_cmd_export(int argc, char **argv, const struct kl_command *self)
{
    struct export_options o = {0};
    const struct kl_option options[] = {
        {.name = "--output-file",
         .argument = "F",
         .help = "the .tflite file to write",
         .text = &o.out},
        {.name = "--optimise",
         .help = "rewrite the graph first as compile does; results stay the same",
         .flag = &o.optimise},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const struct kl_model_command command = {options,       &o.common,    &o.model,
                                             check_options, export_model, &o};
    return kl_model_command(self, argc, argv, &command);
}
