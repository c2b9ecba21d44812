/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/judge.h"

#include "playbook/gates/standing.h"

const char *kl_gate_state_name(enum kl_gate_state state)
{
    static const char *const names[] = {"passed", "failed", "stale", "missing", "waived", "broken"};
    return names[state];
}

const char *kl_step_state_name(enum kl_step_state state)
{
    static const char *const names[] = {"fresh", "never", "stale", "failed", "expired"};
    return names[state];
}

enum kl_err kl_judge_step(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                          struct kl_date today, const struct kl_step *step,
                          struct kl_step_status *status, struct kl_diag *diag)
{
    struct kl_standing standing;
    struct kl_step_status *steps =
        KL_NEW(playbook->arena, struct kl_step_status, playbook->step_count);
    if (!steps) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = kl_standing_open(&standing, playbook, evidence, today, diag);
    if (err == KL_OK) {
        err = kl_standing_judge_all(&standing, steps, diag);
    }
    kl_standing_close(&standing);
    *status = steps[step - playbook->steps];
    return err;
}

static void count_gate(struct kl_judgement *judgement, enum kl_gate_state state)
{
    size_t *counts[] = {
        [KL_GATE_PASSED] = &judgement->passed, [KL_GATE_FAILED] = &judgement->failed,
        [KL_GATE_STALE] = &judgement->stale,   [KL_GATE_MISSING] = &judgement->missing,
        [KL_GATE_WAIVED] = &judgement->waived, [KL_GATE_BROKEN] = &judgement->broken,
    };
    ++*counts[state];
}

static enum kl_err judge_gates(struct kl_judgement *judgement, struct kl_diag *diag)
{
    const struct kl_playbook *playbook = judgement->playbook;
    for (size_t i = 0; i < playbook->gate_count; i++) {
        KL_TRY(kl_judge_gate(playbook, judgement->evidence, judgement->today, judgement->steps,
                             &playbook->gates[i], &judgement->gates[i], diag));
        count_gate(judgement, judgement->gates[i].state);
    }
    size_t hold = judgement->passed + judgement->waived;
    judgement->all_hold = hold == playbook->gate_count && judgement->evidence->fault_count == 0;
    return KL_OK;
}

static enum kl_err judge_all(struct kl_judgement *judgement, struct kl_diag *diag)
{
    struct kl_standing standing;
    enum kl_err err = kl_standing_open(&standing, judgement->playbook, judgement->evidence,
                                       judgement->today, diag);
    if (err == KL_OK) {
        err = kl_standing_judge_all(&standing, judgement->steps, diag);
    }
    kl_standing_close(&standing);
    return err == KL_OK ? judge_gates(judgement, diag) : err;
}

enum kl_err kl_judge(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                     struct kl_date today, struct kl_judgement *judgement, struct kl_diag *diag)
{
    *judgement = (struct kl_judgement){.playbook = playbook, .evidence = evidence, .today = today};
    judgement->steps = KL_NEW(playbook->arena, struct kl_step_status, playbook->step_count);
    judgement->gates = KL_NEW(playbook->arena, struct kl_gate_status, playbook->gate_count);
    if (!judgement->steps || !judgement->gates) {
        return KL_FAIL_MEMORY(diag);
    }
    return judge_all(judgement, diag);
}
