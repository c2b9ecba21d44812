/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/boot.h"

#define ANY KL_BOOT_ANY

/* Read from top to bottom: the first rule that fits counts. docs/design/boot.md has the same table.
 */
const struct kl_boot_rule kl_boot_rules[] = {
    /* state                  request ok tried prim. upd. backup  action */
    {KL_BOOT_STATE_SWAPPING, ANY, ANY, ANY, ANY, ANY, ANY, KL_BOOT_RESUME},
    {KL_BOOT_STATE_DECIDED, ANY, ANY, ANY, ANY, ANY, ANY, KL_BOOT_CONFIRM},
    {KL_BOOT_STATE_TRIAL, ANY, 1, ANY, 1, ANY, ANY, KL_BOOT_CONFIRM},
    {KL_BOOT_STATE_TRIAL, ANY, 0, 0, 1, ANY, ANY, KL_BOOT_TRY},
    {KL_BOOT_STATE_TRIAL, ANY, ANY, ANY, ANY, ANY, 1, KL_BOOT_REVERT},
    {KL_BOOT_STATE_STILL, 1, ANY, ANY, ANY, 1, ANY, KL_BOOT_TEST},
    {KL_BOOT_STATE_STILL, 2, ANY, ANY, ANY, 1, ANY, KL_BOOT_REPLACE},
    {KL_BOOT_STATE_STILL, 1, ANY, ANY, ANY, 0, ANY, KL_BOOT_DROP},
    {KL_BOOT_STATE_STILL, 2, ANY, ANY, ANY, 0, ANY, KL_BOOT_DROP},
    {ANY, ANY, ANY, ANY, 1, ANY, ANY, KL_BOOT_START},
    {ANY, ANY, ANY, ANY, 0, 1, ANY, KL_BOOT_REPLACE},
    {ANY, ANY, ANY, ANY, 0, 0, 1, KL_BOOT_REVERT},
    {ANY, ANY, ANY, ANY, 0, 0, 0, KL_BOOT_HALT},
};

const uint32_t kl_boot_rule_count = sizeof kl_boot_rules / sizeof kl_boot_rules[0];

static enum kl_boot_state state_of(struct kl_journal_entry journal)
{
    switch (journal.kind) {
    case KL_JOURNAL_BEGIN:
    case KL_JOURNAL_STEP: return KL_BOOT_STATE_SWAPPING;
    case KL_JOURNAL_SWAPPED:
        return journal.type == KL_SWAP_TEST ? KL_BOOT_STATE_TRIAL : KL_BOOT_STATE_DECIDED;
    case KL_JOURNAL_STARTED: return KL_BOOT_STATE_TRIAL;
    default: return KL_BOOT_STATE_STILL;
    }
}

static int request_of(enum kl_swap_type request)
{
    return request == KL_SWAP_TEST ? 1 : request == KL_SWAP_PERMANENT ? 2 : 0;
}

static bool fits(int wanted, int found)
{
    return wanted == ANY || wanted == found;
}

enum kl_boot_action kl_boot_decide(const struct kl_boot_view *v)
{
    bool is_tried = v->journal.kind == KL_JOURNAL_STARTED && v->journal.value >= KL_BOOT_TRIES;
    for (uint32_t i = 0; i < kl_boot_rule_count; i++) {
        const struct kl_boot_rule *r = &kl_boot_rules[i];
        if (fits(r->state, (int)state_of(v->journal)) && fits(r->request, request_of(v->request)) &&
            fits(r->is_ok, v->is_ok) && fits(r->is_tried, is_tried) &&
            fits(r->primary_valid, v->primary_valid) && fits(r->update_valid, v->update_valid) &&
            fits(r->backup_valid, v->backup_valid)) {
            return (enum kl_boot_action)r->action;
        }
    }
    return KL_BOOT_HALT;
}
