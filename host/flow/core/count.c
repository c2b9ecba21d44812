/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/core_count.h"

#include <string.h>

#include "flow/export.h"
#include "flow/firmware_files.h"

/* The core that stands in for those without a compiler, and the boards whose ports firmware for
 * a core is linked with that names none. */
static const char reference_core[] = "cortex-m4f";
static const char arm_host[] = "mps2-an386";
static const char riscv_host[] = "rv32-virt";

struct core_kept {
    struct core_kept *next;
    struct core_sample sample;
    enum kl_err err; /* it could not be made */
    const char *message;
};

static void say(const struct kl_core_counter *counter, const char *what)
{
    if (counter->progress) {
        counter->progress(counter->user, what);
    }
}

static const char *compiler_version(struct kl_core_counter *counter, const char *toolchain)
{
    for (size_t i = 0; i < counter->compiler_count; i++) {
        if (strcmp(counter->compilers[i].toolchain, toolchain) == 0) {
            return counter->compilers[i].version;
        }
    }
    const char *version = kl_compiler_version(toolchain, counter->arena);
    if (counter->compiler_count < KL_MOST_COMPILERS) {
        counter->compilers[counter->compiler_count++] = (struct core_compiler){toolchain, version};
    }
    return version;
}

static struct core_kept *find_kept(const struct kl_core_counter *counter, const char *key)
{
    struct core_kept *kept = counter->kept;
    while (kept && strcmp(kept->sample.key, key) != 0) {
        kept = kept->next;
    }
    return kept;
}

/* Cannot be made on this machine or at all, as opposed to a fault of ours or of the system. */
static bool is_missing(enum kl_err err)
{
    return err == KL_ETOOL || err == KL_EFIT || err == KL_EUNSUPPORTED || err == KL_EUSAGE;
}

static enum kl_err take(struct kl_core_counter *counter, struct core_build *build,
                        struct core_kept *kept, struct kl_diag *diag)
{
    struct kl_diag failed = {0};
    if (counter->cache && core_cache_load(counter->cache, kept->sample.key, &kept->sample)) {
        counter->found++;
        return KL_OK;
    }
    build->folder = kl_arena_printf(counter->arena, "%s/%.16s", counter->work, kept->sample.key);
    if (!build->folder) {
        return KL_FAIL_MEMORY(diag);
    }
    struct core_sample sample;
    kept->err = core_sample_make(build, &sample, &failed);
    if (kept->err == KL_OK) {
        kept->sample = sample;
        counter->made++;
        if (counter->cache) {
            core_cache_store(counter->cache, &sample);
        }
        return KL_OK;
    }
    kept->message = kl_arena_printf(counter->arena, "%s", failed.message);
    if (!kept->message) {
        return KL_FAIL_MEMORY(diag);
    }
    return is_missing(kept->err) ? KL_OK : kl_fail(diag, kept->err, "%s", failed.message);
}

/* The sample of a build, taken at most once. */
static enum kl_err get_sample(struct kl_core_counter *counter, struct core_build *build,
                              const struct core_kept **result, struct kl_diag *diag)
{
    char key[KL_SHA256_HEX_BYTES];
    core_sample_key(build, key);
    struct core_kept *kept = find_kept(counter, key);
    if (!kept) {
        kept = KL_NEW(counter->arena, struct core_kept, 1);
        if (!kept) {
            return KL_FAIL_MEMORY(diag);
        }
        memcpy(kept->sample.key, key, sizeof key);
        KL_TRY(take(counter, build, kept, diag));
        kept->next = counter->kept;
        counter->kept = kept;
    }
    *result = kept;
    return KL_OK;
}

/* What is being found out about one core. */
struct inquiry {
    struct kl_core_counter *counter;
    const struct core_model *model;
    const struct kl_core *core;
    const struct kl_board *host;
    const char *compiler;
    struct kl_core_need *need;
    struct kl_diag *diag;
};

/* Bytes of weights that an inference loads: the second input of an operator, when constant. */
static uint64_t weight_bytes(const struct kl_plan *plan)
{
    uint64_t bytes = 0;
    for (int32_t i = 0; i < plan->step_count; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        const struct kl_tensor *weights = step->op->input_count > 1 ? step->op->inputs[1] : NULL;
        if (weights && weights->data) {
            bytes += (uint64_t)step->macs * kl_dtype_bytes(weights->dtype);
        }
    }
    return bytes;
}

/* Build for a board that runs the core's instructions, and run it there. `*ran` stays NULL when
 * nothing can be run here; `count_how` then says why. */
static enum kl_err try_board(struct inquiry *q, const char *name, const struct core_kept **ran)
{
    struct kl_diag reason = {0};
    const char *plugin;
    *ran = NULL;
    KL_TRY(kl_board_find(name, q->counter->arena, &q->host, q->diag));
    if (core_run_identity(q->host, q->counter->arena, &plugin, &reason) != KL_OK) {
        q->need->count_how = kl_arena_printf(q->counter->arena, "%s", reason.message);
        return q->need->count_how ? KL_OK : KL_FAIL_MEMORY(q->diag);
    }
    struct core_build build = {.model = q->model,
                               .host = q->host,
                               .toolchain = q->core->toolchain,
                               .cflags = q->core->cflags,
                               .timing = q->core->timing,
                               .compiler = q->compiler,
                               .plugin = plugin};
    KL_TRY(get_sample(q->counter, &build, ran, q->diag));
    q->need->count_how = (*ran)->message;
    return KL_OK;
}

/* On the first of the core's boards that is large enough. */
static enum kl_err count_instructions(struct inquiry *q, const struct core_kept **ran)
{
    const char *const *board = q->core->counted_on;
    *ran = NULL;
    if (!board) {
        q->need->count_how = "no emulated board runs this core";
        return KL_OK;
    }
    do {
        KL_TRY(try_board(q, *board, ran));
        board++;
    } while (*board && *ran && (*ran)->err == KL_EFIT);
    if (!*ran || (*ran)->err != KL_OK) {
        return KL_OK;
    }
    const struct core_sample *s = &(*ran)->sample;
    q->need->counted = true;
    q->need->count = (struct kl_core_count){.instructions = s->instructions,
                                            .cycles = s->cycles,
                                            .taken_branches = s->taken_branches,
                                            .constant_bytes = weight_bytes(q->model->job->plan),
                                            .core = q->core->timing,
                                            .is_own = q->core->is_unscaled};
    q->need->count_how = kl_arena_printf(q->counter->arena, "counted on %s", q->host->name);
    return q->need->count_how ? KL_OK : KL_FAIL_MEMORY(q->diag);
}

/* The test firmware's stack, when no run showed how much of it the model takes. */
static void assume_stack(struct kl_profile_memory *memory)
{
    memory->stack = KL_FIRMWARE_STACK_BYTES;
    memory->ram_total = memory->arena + memory->data + memory->bss + memory->stack;
}

static enum kl_err measure_memory(struct inquiry *q, const struct core_kept *ran)
{
    struct kl_core_need *need = q->need;
    const struct core_kept *built = ran;
    bool did_run = ran && ran->err == KL_OK;
    if (!did_run) {
        struct core_build build = {.model = q->model,
                                   .host = q->host,
                                   .toolchain = q->core->toolchain,
                                   .cflags = q->core->cflags,
                                   .compiler = q->compiler};
        KL_TRY(get_sample(q->counter, &build, &built, q->diag));
    }
    if (built->err != KL_OK) {
        need->memory_how = built->message;
        return KL_OK;
    }
    need->memory = built->sample.memory;
    need->memory_counted = true;
    need->memory_how = "compiled with the core's own flags; stack as counted in a run";
    if (!did_run && need->memory.stack > 0) {
        need->memory_how = "compiled with the core's own flags; not run: the stack is its bound";
    } else if (!did_run) {
        need->memory_how = "compiled with the core's own flags; not run, so that the stack is "
                           "the test firmware's whole 8 KiB";
        assume_stack(&need->memory);
    }
    return KL_OK;
}

/* Code, data and stack of another core's need; arena and constants are those of the plan. */
static enum kl_err borrow(struct inquiry *q)
{
    const struct kl_core *reference;
    struct kl_core_need other = {0};
    const struct kl_plan *plan = q->model->job->plan;
    struct kl_core_need *need = q->need;
    KL_TRY(kl_core_find(reference_core, q->counter->arena, &reference, q->diag));
    if (strcmp(q->core->name, reference_core) != 0) {
        KL_TRY(kl_core_count(q->counter, q->model, reference, &other, q->diag));
    }
    need->memory = other.memory;
    need->memory.arena = (int64_t)plan->arena_bytes;
    if (!other.memory_counted) {
        need->memory.constants = (int64_t)plan->constant_bytes;
        assume_stack(&need->memory);
    }
    need->memory.ram_total =
        need->memory.arena + need->memory.data + need->memory.bss + need->memory.stack;
    need->memory.flash_total = need->memory.code + need->memory.constants + need->memory.data;
    const char *failed = need->memory_how; /* why its own build gave nothing, when there was one */
    const char *how = other.memory_counted
                          ? "arena exact; constants, code, data and stack as on a Cortex-M4F"
                          : "arena and constants exact; code unknown";
    need->memory_how = kl_arena_printf(q->counter->arena, "%s: %s", how,
                                       failed ? failed : "there is no compiler for this core");
    if (!need->memory_how) {
        return KL_FAIL_MEMORY(q->diag);
    }
    if (other.counted && !need->counted) {
        need->counted = true;
        need->count = other.count;
        need->count_how = "counted on a Cortex-M4F, for there is no compiler for this core here";
    } else if (!need->counted && other.count_how) {
        need->count_how = other.count_how;
    }
    return KL_OK;
}

/* The emulated board whose port and memory map the core's firmware is linked with. */
static const char *host_name(const struct kl_core *core)
{
    if (core->counted_on) {
        return core->counted_on[0];
    }
    return strncmp(core->toolchain, "riscv", 5) == 0 ? riscv_host : arm_host;
}

enum kl_err kl_core_count(struct kl_core_counter *counter, const struct core_model *model,
                          const struct kl_core *core, struct kl_core_need *need,
                          struct kl_diag *diag)
{
    struct inquiry q = {
        .counter = counter, .model = model, .core = core, .need = need, .diag = diag};
    const struct core_kept *ran = NULL;
    *need = (struct kl_core_need){.core = core, .count_how = "there is no compiler for this core"};
    q.compiler = core->toolchain ? compiler_version(counter, core->toolchain) : NULL;
    if (core->toolchain && !q.compiler) {
        need->count_how =
            kl_arena_printf(counter->arena, "%sgcc is not installed", core->toolchain);
        if (!need->count_how) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    if (q.compiler) {
        say(counter, core->name);
        KL_TRY(kl_board_find(host_name(core), counter->arena, &q.host, diag));
        KL_TRY(count_instructions(&q, &ran));
        KL_TRY(measure_memory(&q, ran));
    }
    return need->memory_counted ? KL_OK : borrow(&q);
}

void kl_core_pace(struct kl_core_need *need, const struct kl_core_need *reference)
{
    const struct kl_core_count *pace = &reference->count;
    struct kl_core_count *count = &need->count;
    if (!need->counted || !reference->counted || pace->instructions == 0) {
        return;
    }
    count->cycles =
        (uint64_t)((double)count->instructions * (double)pace->cycles / (double)pace->instructions);
    count->paced = need->core->name;
    count->core = pace->core;
}
