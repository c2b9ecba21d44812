/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder as tables of the envelope. */
#include <math.h>

#include "base/envelope.h"
#include "flow/ladder.h"

static json_t *figures_json(const struct kl_rung *rung)
{
    json_t *all = json_object();
    for (int32_t i = 0; i < rung->figure_count; i++) {
        const struct kl_figure *f = &rung->figures[i];
        json_t *one = json_pack("{s:o, s:s}", "value",
                                f->known ? kl_json_number(f->value) : json_null(), "unit", f->unit);
        if (f->known) {
            json_object_set_new(one, "provenance", json_string(f->provenance));
        }
        if (f->how) {
            json_object_set_new(one, "how", json_string(f->how));
        }
        json_object_set_new(all, f->name, one);
    }
    return all;
}

static json_t *tries_json(const struct kl_rung *rung)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < rung->try_count; i++) {
        const struct kl_try *t = &rung->tries[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:b}", "what", t->what, "quality",
                                              kl_json_number(t->quality), "sqnr",
                                              kl_json_number(t->sqnr), "chosen", t->chosen));
    }
    return list;
}

static json_t *verdicts_json(const struct kl_verdict *verdicts, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        const struct kl_verdict *v = &verdicts[i];
        json_t *one = json_pack("{s:s, s:b, s:s}", "requirement", v->requirement, "met", v->met,
                                "reason", v->reason);
        if (v->gap) {
            json_object_set_new(one, "gap", json_string(v->gap));
        }
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *weak_json(const struct kl_rung *rung)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < rung->weak_count; i++) {
        const struct kl_ptq_layer *l = &rung->weak[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "op", l->op, "tensor",
                                              l->tensor, "sqnr", kl_json_number(l->sqnr),
                                              "sqnr_alone", kl_json_number(l->sqnr_alone)));
    }
    return list;
}

static json_t *rung_json(const struct kl_rung *rung)
{
    json_t *one = json_pack("{s:s, s:s}", "name", rung->name, "what", rung->what);
    if (rung->skipped) {
        json_object_set_new(one, "skipped", json_string(rung->skipped));
        return one;
    }
    json_t *stay = json_array();
    for (int32_t i = 0; i < rung->stay_count; i++) {
        json_array_append_new(stay, json_string(rung->stay[i]));
    }
    json_object_set_new(one, "command", json_string(rung->command));
    json_object_set_new(one, "sha256", json_string(rung->sha256));
    json_object_set_new(one, "met", json_boolean(rung->met));
    json_object_set_new(one, "requirements", verdicts_json(rung->verdicts, rung->verdict_count));
    json_object_set_new(one, "tries", tries_json(rung));
    json_object_set_new(one, "figures", figures_json(rung));
    json_object_set_new(one, "weakest", weak_json(rung));
    json_object_set_new(one, "stay_float", stay);
    if (rung->advice) {
        json_object_set_new(one, "advice", json_string(rung->advice));
    }
    return one;
}

static json_t *score_json(const struct kl_score *s)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "items", s->count, "accuracy",
                     kl_json_number(s->accuracy), "low", kl_json_number(s->low), "high",
                     kl_json_number(s->high), "mean_squared_error", kl_json_number(s->error), "auc",
                     kl_json_number(s->auc));
}

static json_t *recalls_json(const struct kl_ladder_report *r)
{
    json_t *list = json_array();
    for (int32_t c = 0; r->test.chosen.confusion && c < r->classes; c++) {
        int64_t of;
        struct kl_interval i;
        double recall = kl_score_class_recall(&r->test.chosen, c, &of, &i);
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:o, s:f, s:f}", "class", r->class_names[c],
                                        "items", (json_int_t)of, "recall", kl_json_number(recall),
                                        "low", i.low, "high", i.high));
    }
    return list;
}

static json_t *test_json(const struct kl_ladder_report *r)
{
    const struct kl_ladder_test *t = &r->test;
    if (t->reads == 0) {
        return json_pack("{s:i}", "read", 0);
    }
    json_t *difference =
        json_pack("{s:o, s:o, s:o}", "value", kl_json_number(t->pair.difference), "low",
                  kl_json_number(t->pair.low), "high", kl_json_number(t->pair.high));
    return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:o}", "read", t->reads, "met", t->met,
                     "requirements", verdicts_json(t->verdicts, t->verdict_count), "as_is",
                     score_json(&t->floats), "chosen", score_json(&t->chosen), "classes",
                     recalls_json(r), "difference", difference);
}

json_t *kl_ladder_json(const struct kl_ladder_report *r)
{
    json_t *all = json_object(), *rungs = json_array();
    for (int32_t i = 0; i < r->rung_count; i++) {
        json_array_append_new(rungs, rung_json(&r->rungs[i]));
    }
    json_object_set_new(all, "task", json_string(r->task));
    json_object_set_new(all, "board", json_string(r->board));
    json_object_set_new(
        all, "data",
        json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:s}", "content", r->content, "version",
                  r->version, "ranges", r->range_items, "train", r->counts[KL_PART_TRAIN],
                  "validation", r->counts[KL_PART_VALIDATION], "test", r->counts[KL_PART_TEST],
                  "split", r->split_here ? "by a hash of the group" : "of the data set"));
    json_object_set_new(all, "cautions", json_string(r->cautions));
    json_object_set_new(all, "stopped", json_boolean(r->stopped));
    json_object_set_new(all, "rungs", rungs);
    json_object_set_new(all, "chosen",
                        r->chosen >= 0 ? json_string(r->rungs[r->chosen].name) : json_null());
    json_object_set_new(all, "nearest",
                        r->nearest >= 0 ? json_string(r->rungs[r->nearest].name) : json_null());
    json_object_set_new(all, "test", test_json(r));
    return all;
}
