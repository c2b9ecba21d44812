/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/select.h"

#include <math.h>
#include <string.h>

#include "flow/model_features.h"
#include "flow/select/internal.h"

static bool names_file(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

static bool has_board(const struct kl_select_result *result, const char *name)
{
    for (size_t i = 0; i < result->board_count; i++) {
        if (strcmp(result->boards[i].board->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err add_board(struct select_job *job, struct kl_select_result *result,
                             const struct kl_board *board)
{
    if (has_board(result, board->name)) {
        return KL_OK;
    }
    if (result->board_count == KL_SELECT_BOARDS) {
        return kl_fail(job->diag, KL_ELIMIT, "more than %d boards to choose from",
                       (int)KL_SELECT_BOARDS);
    }
    result->boards[result->board_count++].board = board;
    return KL_OK;
}

static enum kl_err find_boards(struct select_job *job, struct kl_select_result *result)
{
    const struct kl_select_request *r = job->request;
    const struct kl_board *const *all;
    size_t count = 0;
    result->boards = KL_NEW(job->arena, struct kl_select_board, KL_SELECT_BOARDS);
    if (!result->boards) {
        return KL_FAIL_MEMORY(job->diag);
    }
    for (size_t i = 0; i < r->candidate_count; i++) {
        const struct kl_board *board;
        KL_TRY(kl_board_find(r->candidates[i], job->arena, &board, job->diag));
        if (has_board(result, board->name) && names_file(r->candidates[i])) {
            return kl_fail(job->diag, KL_EUSAGE,
                           "%s: there is a board '%s' already; give it another `name`",
                           r->candidates[i], board->name);
        }
        KL_TRY(add_board(job, result, board));
    }
    if (r->candidate_count == 0) {
        KL_TRY(kl_board_list(job->arena, &all, &count, job->diag));
    }
    for (size_t i = 0; i < count; i++) {
        if (kl_board_is_real(all[i])) {
            KL_TRY(add_board(job, result, all[i]));
        }
    }
    return KL_OK;
}

static enum kl_err open_models(struct select_job *job, struct kl_select_result *result)
{
    const struct kl_select_request *r = job->request;
    if (r->model_count == 0 || r->model_count > KL_SELECT_MODELS) {
        return kl_fail(job->diag, KL_EUSAGE, "1 to %d models can be chosen for, not %zu",
                       (int)KL_SELECT_MODELS, r->model_count);
    }
    const char **sha256 = KL_NEW(job->arena, const char *, r->model_count);
    if (!sha256) {
        return KL_FAIL_MEMORY(job->diag);
    }
    for (size_t i = 0; i < r->model_count; i++) {
        KL_TRY(kl_model_job_open(&job->jobs[i], r->models[i], job->diag));
        KL_TRY(r->pipeline ? kl_model_job_features(&job->jobs[i], r->pipeline, job->diag) : KL_OK);
        KL_TRY(kl_optimise(job->jobs[i].graph, NULL, job->diag));
        sha256[i] = kl_arena_printf(job->arena, "%s", job->jobs[i].sha256);
        if (!sha256[i]) {
            return KL_FAIL_MEMORY(job->diag);
        }
    }
    result->sha256 = sha256;
    result->pipeline_sha256 =
        r->pipeline ? kl_arena_printf(job->arena, "%s", job->jobs[0].features_sha256) : NULL;
    return KL_OK;
}

/* Model `index`, planned for a set of kernels. */
static enum kl_err plan_for(struct select_job *job, size_t index, enum kl_kernel_set kernels,
                            const struct core_model **model)
{
    const struct kl_plan_options options = {.kernels = kernels};
    struct select_planned *planned = &job->planned[index][kernels];
    *model = &planned->model;
    if (planned->model.job) {
        return KL_OK;
    }
    planned->job = job->jobs[index];
    KL_TRY(kl_plan_create(planned->job.graph, &options, planned->job.arena, &planned->job.plan,
                          job->diag));
    return core_model_open(&planned->model, &planned->job, job->diag);
}

/* What a model needs on a core, planned for the kernels that this one runs. */
static enum kl_err count_planned(struct select_job *job, size_t index, const struct kl_core *core,
                                 struct kl_core_need *need)
{
    const struct core_model *model;
    KL_TRY(plan_for(job, index, core->kernels, &model));
    return kl_core_count(&job->counter, model, core, need, job->diag);
}

/* The same, with cycles even of a core without a timing table. */
static enum kl_err count_model(struct select_job *job, size_t index, const struct kl_core *core,
                               struct kl_core_need *need)
{
    const struct kl_core *reference;
    struct kl_core_need pace;
    KL_TRY(count_planned(job, index, core, need));
    if (!core->paced_by || !need->counted || need->count.cycles > 0) {
        return KL_OK;
    }
    KL_TRY(kl_core_find(core->paced_by, job->arena, &reference, job->diag));
    KL_TRY(count_planned(job, index, reference, &pace));
    kl_core_pace(need, &pace);
    return KL_OK;
}

static enum kl_err judge_board(struct select_job *job, struct kl_select_board *board)
{
    struct kl_core_need needs[KL_SELECT_MODELS];
    int64_t arena_bytes = 0;
    for (size_t i = 0; i < job->request->model_count; i++) {
        const struct kl_core *core = board->board->core_facts;
        KL_TRY(count_model(job, i, core, &needs[i]));
        int64_t bytes = (int64_t)job->planned[i][core->kernels].job.plan->arena_bytes;
        arena_bytes = bytes > arena_bytes ? bytes : arena_bytes;
    }
    KL_TRY(select_figures(job, needs, board));
    return select_limits(job, arena_bytes, board);
}

/* Candidates first; the order within both parts stays. */
static enum kl_err split_boards(struct select_job *job, struct kl_select_result *result)
{
    struct kl_select_board *sorted =
        KL_NEW(job->arena, struct kl_select_board, result->board_count);
    size_t count = 0;
    if (!sorted) {
        return KL_FAIL_MEMORY(job->diag);
    }
    for (int excluded = 0; excluded < 2; excluded++) {
        for (size_t i = 0; i < result->board_count; i++) {
            if ((result->boards[i].exclusion_count > 0) == (excluded == 1)) {
                sorted[count++] = result->boards[i];
            }
        }
        result->candidate_count = excluded == 0 ? count : result->candidate_count;
    }
    result->boards = sorted;
    return KL_OK;
}

static enum kl_err check_request(const struct kl_select_request *r, struct kl_diag *diag)
{
    KL_TRY(kl_select_check_words(KL_FACT_ID_sensors, r->sensors, "sensors", diag));
    KL_TRY(kl_select_check_words(KL_FACT_ID_radios, r->radios, "radios", diag));
    KL_TRY(kl_select_check_words(KL_FACT_ID_crypto, r->crypto, "crypto", diag));
    KL_TRY(kl_select_check_words(KL_FACT_ID_sdks, r->sdks, "software", diag));
    KL_TRY(kl_select_check_words(KL_FACT_ID_secure_boot, r->secure_boot, "secure boot", diag));
    KL_TRY(kl_select_check_words(KL_FACT_ID_key_storage, r->key_storage, "key storage", diag));
    return kl_select_check_words(KL_FACT_ID_price_class, r->price_class, "price", diag);
}

static enum kl_err choose(struct select_job *job, struct kl_select_result *result)
{
    KL_TRY(check_request(job->request, job->diag));
    KL_TRY(find_boards(job, result));
    KL_TRY(open_models(job, result));
    for (size_t i = 0; i < result->board_count; i++) {
        KL_TRY(judge_board(job, &result->boards[i]));
    }
    KL_TRY(split_boards(job, result));
    select_score(job->request, result);
    result->counted = job->counter.made;
    result->cached = job->counter.found;
    return select_rationale(job->request, result, job->arena, job->diag);
}

enum kl_err kl_select(const struct kl_select_request *request, const char *cache,
                      void (*progress)(void *user, const char *what), void *user,
                      struct kl_arena *arena, struct kl_select_result *result, struct kl_diag *diag)
{
    struct select_job *job = KL_NEW(arena, struct select_job, 1);
    *result = (struct kl_select_result){.boards = NULL};
    if (!job) {
        return KL_FAIL_MEMORY(diag);
    }
    job->request = request;
    job->arena = arena;
    job->diag = diag;
    job->counter = (struct kl_core_counter){
        .cache = cache, .work = request->work, .progress = progress, .user = user, .arena = arena};
    enum kl_err err = choose(job, result);
    for (size_t i = 0; i < KL_SELECT_MODELS; i++) {
        kl_model_job_free(&job->jobs[i]);
    }
    return err;
}
