/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/profile.h"

#include "flow/board_run.h"
#include "flow/model_inputs.h"

/*
 * Regions: 0 before the first step, 1..n the steps, n+1 after the run. Addresses come from
 * the step table of the model in the firmware.
 */
static enum kl_err find_regions(struct kl_bytes elf, const char *name, const struct kl_plan *plan,
                                struct kl_arena *arena, struct kl_count_region *regions,
                                struct kl_diag *diag)
{
    uint32_t address;
    struct kl_elf_model model;
    KL_TRY(kl_elf_model(elf, name, arena, &model, diag));
    uint32_t count = (uint32_t)plan->step_count;
    if (model.step_count != count) {
        return kl_fail(diag, KL_ECHECK, "the firmware holds another plan of '%s'", name);
    }
    KL_TRY(kl_elf_symbol(elf, "kl_harness_begin", &address, diag));
    regions[0] = (struct kl_count_region){address, "begin"};
    for (uint32_t i = 0; i < count; i++) {
        regions[1 + i].address = model.steps[i];
        regions[1 + i].name = kl_op_name(plan->steps[i].op);
    }
    KL_TRY(kl_elf_symbol(elf, "kl_harness_end", &address, diag));
    regions[1 + count] = (struct kl_count_region){address, "end"};
    return KL_OK;
}

/* A pack: its steps share code, so that only the whole run has borders. */
static enum kl_err find_run(struct kl_bytes elf, struct kl_count_region *regions,
                            struct kl_diag *diag)
{
    static const char *const symbols[] = {"kl_harness_begin", "kl_harness_end"};
    for (size_t i = 0; i < 2; i++) {
        uint32_t address;
        KL_TRY(kl_elf_symbol(elf, symbols[i], &address, diag));
        regions[i] = (struct kl_count_region){address, symbols[i]};
    }
    return KL_OK;
}

static void add_counts(struct kl_region_count *sum, const struct kl_region_count *part)
{
    sum->instructions += part->instructions;
    sum->taken_branches += part->taken_branches;
    sum->cycles += part->cycles;
    sum->baseline_cycles += part->baseline_cycles;
}

static enum kl_err run_once(struct kl_board_run *run, uint32_t *stack_bytes, struct kl_diag *diag)
{
    struct kl_device_stats stats;
    KL_TRY(kl_board_run_reset(run, diag));
    KL_TRY(kl_board_run_load(run, 0, diag));
    KL_TRY(kl_board_run_steps(run, 0, run->job->plan->step_count, diag));
    KL_TRY(kl_device_stats(run->channel, &stats, diag));
    *stack_bytes = stats.run_stack_bytes;
    return KL_OK;
}

static enum kl_err count_run(const struct kl_model_job *job, const struct kl_board *board,
                             const char *folder, const unsigned char *inputs,
                             const struct kl_count_region *regions, struct kl_profile *profile,
                             struct kl_diag *diag)
{
    size_t steps = (size_t)job->plan->step_count;
    struct kl_region_count *counts = KL_NEW(job->arena, struct kl_region_count, steps + 2);
    struct kl_board_run run;
    if (!counts) {
        return KL_FAIL_MEMORY(diag);
    }
    struct kl_bytes all = {inputs, kl_plan_input_bytes(job->plan)};
    enum kl_err err = kl_board_run_start(&run, job, board, folder, all, regions, steps + 2, diag);
    if (err == KL_OK) {
        err = run_once(&run, &profile->stack_bytes, diag);
    }
    KL_TRY(kl_board_run_stop(&run, counts, err, diag));
    profile->steps = counts + 1;
    for (size_t i = 0; i < steps; i++) {
        if (job->plan->next_buffer < 0 && counts[1 + i].entries != 1) {
            return kl_fail(diag, KL_ECHECK, "step %zu ran %llu times in one inference", i,
                           (unsigned long long)counts[1 + i].entries);
        }
        add_counts(&profile->total, &counts[1 + i]);
    }
    return KL_OK;
}

static enum kl_err count_pack(const struct kl_model_job *job, const struct kl_board *board,
                              const char *folder, const unsigned char *inputs, struct kl_bytes elf,
                              struct kl_profile *profile, struct kl_diag *diag)
{
    struct kl_count_region regions[2];
    struct kl_region_count counts[2];
    struct kl_board_run run;
    struct kl_bytes all = {inputs, kl_plan_input_bytes(job->plan)};
    KL_TRY(find_run(elf, regions, diag));
    enum kl_err err = kl_board_run_start(&run, job, board, folder, all, regions, 2, diag);
    if (err == KL_OK) {
        err = run_once(&run, &profile->stack_bytes, diag);
    }
    KL_TRY(kl_board_run_stop(&run, counts, err, diag));
    profile->total = counts[0];
    return KL_OK;
}

enum kl_err kl_profile_run(const struct kl_model_job *job, const struct kl_board *board,
                           const char *folder, const char *name, const unsigned char *inputs,
                           struct kl_profile *profile, struct kl_diag *diag)
{
    struct kl_bytes elf;
    size_t steps = (size_t)job->plan->step_count;
    struct kl_count_region *regions = KL_NEW(job->arena, struct kl_count_region, steps + 2);
    if (!regions) {
        return KL_FAIL_MEMORY(diag);
    }
    *profile = (struct kl_profile){0};
    KL_TRY(kl_profile_sizes(folder, job->arena, profile, &elf, diag));
    if (!name) {
        return count_pack(job, board, folder, inputs, elf, profile, diag);
    }
    KL_TRY(find_regions(elf, name, job->plan, job->arena, regions, diag));
    return count_run(job, board, folder, inputs, regions, profile, diag);
}
