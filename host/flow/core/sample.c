/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/core_sample.h"

#include <string.h>

#include "base/builtin.h"
#include "flow/export.h"
#include "flow/model_inputs.h"

/* The name in generated code: the same for all files, so that equal models share samples. */
static const char model_name[] = "model";

/* Room for code and data that no real board has: sizes are wanted even of what does not fit. */
enum { ROOMY_BYTES = 256 << 20 };

enum { INPUT_SEED = 1 };

enum kl_err core_model_open(struct core_model *model, struct kl_model_job *job,
                            struct kl_diag *diag)
{
    const struct kl_emit_options options = {
        .name = model_name, .source = model_name, .sha256 = job->sha256};
    struct kl_buffer source = KL_BUFFER((size_t)1 << 30);
    struct kl_buffer header = KL_BUFFER((size_t)16 << 20);
    *model = (struct core_model){.job = job};
    model->inputs = kl_arena_alloc(job->arena, kl_plan_input_bytes(job->plan), 1);
    if (!model->inputs) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_random_inputs(job->plan, INPUT_SEED, model->inputs);
    enum kl_err err = kl_emit_model(job->plan, &options, &source, &header, diag);
    kl_buffer_append(&source, header.data ? header.data : "", header.size);
    if (err == KL_OK && source.failed) {
        err = KL_FAIL_MEMORY(diag);
    }
    if (err == KL_OK) {
        kl_sha256_hex(source.data, source.size, model->emitted);
    }
    kl_buffer_free(&source);
    kl_buffer_free(&header);
    return err;
}

/* Hash of the device sources that the program carries. */
static void hash_device(char hex[KL_SHA256_HEX_BYTES])
{
    struct kl_buffer text = KL_BUFFER((size_t)16 << 20);
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        if (strncmp(file->path, "device/", 7) == 0) {
            kl_buffer_printf(&text, "%s %zu\n", file->path, file->size);
            kl_buffer_append(&text, file->data, file->size);
        }
    }
    kl_sha256_hex(text.data ? text.data : "", text.size, hex);
    kl_buffer_free(&text);
}

void core_sample_key(const struct core_build *build, char key[KL_SHA256_HEX_BYTES])
{
    char device[KL_SHA256_HEX_BYTES];
    struct kl_buffer text = KL_BUFFER(64 * 1024);
    const struct kl_board *host = build->host;
    hash_device(device);
    kl_buffer_printf(&text, "kinglet.core/1 %s\nmodel %s\ndevice %s\n", KINGLET_VERSION,
                     build->model->emitted, device);
    kl_buffer_printf(&text, "compiler %s %s\n", build->toolchain, build->compiler);
    for (const char *const *flag = build->cflags; *flag; flag++) {
        kl_buffer_printf(&text, "flag %s\n", *flag);
    }
    kl_buffer_printf(&text, "port %s flash %u %u ram %u %u\n", host->port, host->flash.origin,
                     host->flash.bytes, host->ram.origin, host->ram.bytes);
    kl_buffer_printf(&text, "run %s %s\n", build->plugin ? build->plugin : "no",
                     build->plugin ? build->timing : "");
    kl_sha256_hex(text.data ? text.data : "", text.size, key);
    kl_buffer_free(&text);
}

enum kl_err core_sample_make(const struct core_build *build, struct core_sample *sample,
                             struct kl_diag *diag)
{
    struct kl_board board = *build->host;
    struct kl_profile profile = {0};
    struct kl_firmware_stack stack;
    struct kl_bytes elf;
    board.toolchain = build->toolchain;
    board.cflags = build->cflags;
    if (!build->plugin) {
        board.flash.bytes = ROOMY_BYTES;
        board.ram.bytes = ROOMY_BYTES;
    }
    const struct kl_export export = {.job = build->model->job,
                                     .board = &board,
                                     .folder = build->folder,
                                     .name = model_name,
                                     .stack_bytes = KL_FIRMWARE_STACK_BYTES,
                                     .stack = &stack};
    *sample = (struct core_sample){.ran = build->plugin != NULL};
    core_sample_key(build, sample->key);
    KL_TRY(kl_export_model(&export, diag));
    KL_TRY(kl_export_firmware(&export, diag));
    if (build->plugin) {
        return core_run(build, sample, diag);
    }
    KL_TRY(kl_profile_sizes(build->folder, build->model->job->arena, &profile, &elf, diag));
    profile.stack_bytes = stack.is_known ? stack.bound.bytes : 0;
    sample->memory = kl_profile_memory(&profile);
    return KL_OK;
}
