/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet pack`: what a model pack holds and needs, and what a firmware offers. */
#include <stdio.h>

#include "cli/commands.h"
#include "flow/pack_engine.h"
#include "flow/pack_file.h"

/* What the subcommands share: one file, read into an arena. */
struct pack_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena;
    const char *path;
};

static enum kl_err begin(struct pack_job *job, const struct kl_command *self, struct kl_diag *diag)
{
    kl_result_init(&job->result, self->name);
    job->arena = kl_arena_create(KL_JOB_LIMIT);
    return job->arena ? KL_OK : KL_FAIL_MEMORY(diag);
}

static int end(struct pack_job *job, enum kl_err err, const struct kl_diag *diag)
{
    int status = kl_finish(&job->result, &job->common, err, false, diag);
    kl_arena_free(job->arena);
    return status;
}

static enum kl_err read_pack(struct pack_job *job, const struct kl_pack **pack,
                             struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    KL_TRY(kl_pack_read(job->path, job->arena, pack, diag));
    kl_sha256_hex(*pack, (*pack)->bytes, sha256);
    kl_result_input(&job->result, job->path, sha256);
    return KL_OK;
}

static json_t *tensor_json(const struct kl_pack_tensor *tensor)
{
    json_t *dims = json_array();
    for (uint32_t d = 0; d < tensor->rank; d++) {
        json_array_append_new(dims, json_integer(kl_pack_dims(tensor)[d]));
    }
    return json_pack("{s:s, s:o, s:I, s:I, s:o, s:i}", "dtype",
                     kl_dtype_name((enum kl_dtype)tensor->dtype), "shape", dims, "offset",
                     (json_int_t)tensor->offset, "bytes", (json_int_t)tensor->bytes, "scale",
                     kl_json_number((double)tensor->scale), "zero_point", tensor->zero_point);
}

static json_t *tensors_json(const struct kl_pack *pack, uint32_t first, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(list, tensor_json(kl_pack_tensor(pack, first + i)));
    }
    return list;
}

static json_t *kernels_json(const struct kl_pack *pack)
{
    bool kernels[KL_KERNEL_COUNT];
    json_t *list = json_array();
    kl_pack_kernels(pack, kernels);
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (kernels[k]) {
            json_array_append_new(list, json_string(kl_kernel_id_name((enum kl_kernel_id)k)));
        }
    }
    return list;
}

static void source_text(const struct kl_pack *pack, char hex[KL_SHA256_HEX_BYTES])
{
    for (size_t i = 0; i < sizeof pack->source_sha256; i++) {
        snprintf(hex + 2 * i, 3, "%02x", pack->source_sha256[i]);
    }
}

enum { NAME_BYTES = 81 };

/* The name comes from outside: what a terminal might obey becomes '_'. */
static const char *name_of(const struct kl_pack *pack, char text[NAME_BYTES])
{
    const char *name = pack->name ? (const char *)pack + pack->name : "";
    size_t i = 0;
    for (; name[i] && i < NAME_BYTES - 1; i++) {
        text[i] = name[i] >= ' ' && name[i] <= '~' ? name[i] : '_';
    }
    text[i] = '\0';
    return text;
}

static void report(const struct kl_pack *pack, struct kl_result *result)
{
    char source[KL_SHA256_HEX_BYTES];
    char name[NAME_BYTES];
    uint32_t records = kl_pack_record_bytes(pack);
    source_text(pack, source);
    kl_result_count(result, "pack.bytes", pack->bytes, "bytes", KL_COUNTED);
    kl_result_count(result, "pack.record_bytes", records, "bytes", KL_COUNTED);
    kl_result_count(result, "ram.arena", pack->arena_bytes, "bytes", KL_COUNTED);
    kl_result_count(result, "steps", pack->step_count, "1", KL_COUNTED);
    kl_result_detail(result, "name", json_string(name_of(pack, name)));
    kl_result_detail(result, "abi", json_integer(pack->abi));
    kl_result_detail(result, "source_sha256", json_string(source));
    kl_result_detail(result, "kernels", kernels_json(pack));
    kl_result_detail(result, "model_inputs", tensors_json(pack, 0, pack->input_count));
    kl_result_detail(result, "model_outputs",
                     tensors_json(pack, pack->input_count, pack->output_count));
}

static void print_tensor(const char *role, uint32_t index, const struct kl_pack_tensor *tensor)
{
    printf("  %-6s %u  %s [", role, (unsigned)index, kl_dtype_name((enum kl_dtype)tensor->dtype));
    for (uint32_t d = 0; d < tensor->rank; d++) {
        printf("%s%d", d ? ", " : "", kl_pack_dims(tensor)[d]);
    }
    printf("] at %u", (unsigned)tensor->offset);
    if (tensor->scale != 0.0f) {
        printf(", scale %g, zero point %d", (double)tensor->scale, tensor->zero_point);
    }
    printf("\n");
}

static void print_kernels(const struct kl_pack *pack)
{
    bool kernels[KL_KERNEL_COUNT];
    kl_pack_kernels(pack, kernels);
    printf("  needs   engine ABI %u and", pack->abi);
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (kernels[k]) {
            printf(" %s", kl_kernel_id_name((enum kl_kernel_id)k));
        }
    }
    printf("\n");
}

static void print_info(const struct kl_pack *pack)
{
    char a[KL_NUMBER_BYTES];
    char b[KL_NUMBER_BYTES];
    char source[KL_SHA256_HEX_BYTES];
    char name[NAME_BYTES];
    uint32_t records = kl_pack_record_bytes(pack);
    source_text(pack, source);
    printf("%s%s%s, made from %s\n", kl_bold(), name_of(pack, name), kl_plain(), source);
    printf("  size    %s bytes: constants %s, header and records %u\n", kl_grouped(pack->bytes, a),
           kl_grouped(pack->bytes - records, b), (unsigned)records);
    printf("  RAM     arena of %s bytes\n  steps   %u\n", kl_grouped(pack->arena_bytes, a),
           pack->step_count);
    print_kernels(pack);
    for (uint32_t i = 0; i < pack->input_count; i++) {
        print_tensor("input", i, kl_pack_tensor(pack, i));
    }
    for (uint32_t i = 0; i < pack->output_count; i++) {
        print_tensor("output", i, kl_pack_tensor(pack, pack->input_count + i));
    }
}

static int pack_info(int argc, char **argv, const struct kl_command *self)
{
    struct pack_job job = {0};
    const struct kl_option options[] = {{.name = NULL}};
    struct kl_diag diag = {0};
    const struct kl_pack *pack = NULL;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, &job.path, 1, &status)) {
        return status;
    }
    enum kl_err err = begin(&job, self, &diag);
    if (err == KL_OK) {
        err = read_pack(&job, &pack, &diag);
    }
    if (err == KL_OK) {
        report(pack, &job.result);
    }
    if (err == KL_OK && !job.common.json) {
        print_info(pack);
    }
    return end(&job, err, &diag);
}

static enum kl_err check(struct pack_job *job, const char *engine, struct kl_diag *diag)
{
    const struct kl_pack *pack;
    struct kl_engine_claim claim;
    KL_TRY(read_pack(job, &pack, diag));
    report(pack, &job->result);
    if (engine) {
        KL_TRY(kl_engine_claim_read(engine, job->arena, &claim, diag));
        KL_TRY(kl_pack_check_claim(pack, &claim, diag));
    }
    if (!job->common.json) {
        printf("%s: valid%s%s\n", job->path, engine ? ", and can be executed by " : "",
               engine ? engine : "");
    }
    return KL_OK;
}

static int pack_check(int argc, char **argv, const struct kl_command *self)
{
    struct pack_job job = {0};
    const char *engine = NULL;
    const struct kl_option options[] = {
        {.name = "--engine",
         .argument = "F",
         .help = "the firmware that is to execute it: ELF file, or JSON of `pack engine`",
         .text = &engine},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, &job.path, 1, &status)) {
        return status;
    }
    enum kl_err err = begin(&job, self, &diag);
    if (err == KL_OK) {
        err = check(&job, engine, &diag);
    }
    return end(&job, err, &diag);
}

/* The manifest, alone: it is what --engine reads. */
static enum kl_err print_engine(struct pack_job *job, struct kl_diag *diag)
{
    struct kl_engine_claim claim;
    KL_TRY(kl_engine_claim_read(job->path, job->arena, &claim, diag));
    json_t *manifest = kl_engine_claim_json(&claim);
    if (!manifest) {
        return KL_FAIL_MEMORY(diag);
    }
    if (job->common.json) {
        kl_result_detail(&job->result, "engine", manifest);
        return KL_OK;
    }
    json_dumpf(manifest, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(manifest);
    return KL_OK;
}

static int pack_engine(int argc, char **argv, const struct kl_command *self)
{
    struct pack_job job = {0};
    const struct kl_option options[] = {{.name = NULL}};
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, &job.path, 1, &status)) {
        return status;
    }
    enum kl_err err = begin(&job, self, &diag);
    if (err == KL_OK) {
        err = print_engine(&job, &diag);
    }
    return end(&job, err, &diag);
}

int kl_cmd_pack(int argc, char **argv, const struct kl_command *self)
{
    static const struct kl_command commands[] = {
        {"pack info", "FILE [options]", "Show a model pack: sizes, needs, inputs, outputs.",
         pack_info},
        {"pack check", "FILE [options]", "Check a model pack, and that a firmware can execute it.",
         pack_check},
        {"pack engine", "FIRMWARE [options]",
         "Print what a firmware's engine can execute, for --engine.", pack_engine},
    };
    return kl_run_subcommand(argc, argv, self, commands, sizeof commands / sizeof commands[0]);
}
