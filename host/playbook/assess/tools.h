/* SPDX-License-Identifier: Apache-2.0 */
/* What the assessments share: reading fields, writing metrics and tables. Only for assess*.c. */
#ifndef KINGLET_PLAYBOOK_ASSESS_TOOLS_H
#define KINGLET_PLAYBOOK_ASSESS_TOOLS_H

#include <jansson.h>

#include "playbook/assess.h"
#include "playbook/gates/names.h"
#include "target/board.h"

/* 365.25 days, as the unit "a". */
#define KL_YEAR_SECONDS 31557600.0
#define KL_DAY_SECONDS 86400.0

/* One function each, in the file assess_NAME.c. */
typedef enum kl_err kl_assess_fn(const struct kl_playbook *playbook,
                                 const struct kl_evidence *evidence, struct kl_result *result,
                                 struct kl_diag *diag);
kl_assess_fn kl_assess_battery, kl_assess_bundle, kl_assess_business, kl_assess_compliance,
    kl_assess_feasibility, kl_assess_maintenance, kl_assess_readiness, kl_assess_sampling,
    kl_assess_sbom, kl_assess_success, kl_assess_test_plan;

/* A field as a number in base units; `otherwise` when it is not stated. */
double kl_assess_number(const struct kl_playbook *playbook, const char *path, double otherwise);

/* The same below a map, by a key such as "cost" or a path. */
double kl_assess_item(const struct kl_yaml *map, const char *path, double otherwise);

/* The text of a value of a map; "" when there is none. */
const char *kl_assess_text(const struct kl_yaml *map, const char *key);

/* KL_EINPUT that names the first of the NULL-terminated paths that is not stated as a number. */
enum kl_err kl_assess_need(const struct kl_playbook *playbook, const char *assessment,
                           const char *const *paths, struct kl_diag *diag) KL_MUST_CHECK;

/* A value as people read it, as a JSON string; JSON null for what is not finite. */
json_t *kl_assess_shown(const struct kl_playbook *playbook, double value,
                        struct kl_dimension dimension);

/* The same as a string of the playbook's arena; "?" when it is not finite, or memory ran out. */
const char *kl_assess_show(const struct kl_playbook *playbook, double value,
                           struct kl_dimension dimension);

/* A number without fractions where it is small enough for that; null when it is not finite. */
json_t *kl_assess_whole(double value);

/* A share as "95 %"; null when it is not known. */
json_t *kl_assess_percent(double share);

/* Formatted JSON string. */
json_t *kl_assess_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A modelled metric; `value` is in the unit. Not finite becomes null. */
void kl_assess_metric(struct kl_result *result, const char *name, double value, const char *unit);
/* The same for what rests on nothing but what the playbook states. */
void kl_assess_stated(struct kl_result *result, const char *name, double value, const char *unit);
void kl_assess_flag(struct kl_result *result, const char *name, bool value);
/* A metric that is exact, such as a number of rows. */
void kl_assess_count(struct kl_result *result, const char *name, size_t count);

/* Add the step to the table "rests_on", once: a gate over the result is out of date when the
 * evidence of that step is. */
void kl_assess_rest_on(struct kl_result *result, const char *step);

/* Add a row to the table "assumptions": a field that is not stated, and what is taken instead.
 * Nothing happens when it is stated, as a number or not. */
void kl_assess_assume(const struct kl_playbook *playbook, struct kl_result *result,
                      const char *path, const char *taken);

/* The same for what is not stated about the battery, when there is one. */
void kl_assess_assume_battery(const struct kl_playbook *playbook, struct kl_result *result);

/* The average current that the stated battery allows for the stated life, at the lowest
 * temperature of use; NaN when capacity or life is not stated. Below zero: it discharges by
 * itself before. The formula is that of target/energy.h, solved for the current. */
double kl_assess_battery_current(const struct kl_playbook *playbook);

/* The board that a field names: a known one, or a board file (".yaml") of the user's own. Such a
 * file becomes an input of the result, so that what follows from it is out of date when it
 * changes. */
enum kl_err kl_assess_board(const struct kl_playbook *playbook, const struct kl_yaml *node,
                            struct kl_result *result, const struct kl_board **board,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* A table of flat objects is finished: add it unless it is empty. Takes the reference. */
void kl_assess_table(struct kl_result *result, const char *name, json_t *rows);

/*
 * Does an expression over evidence and fields, or the condition of a gate of that name, hold as
 * the newest evidence stands? Unlike a judgement this looks neither at waivers nor at whether the
 * evidence is up to date; the result rests on the steps that it names. *reason says why, in the
 * playbook's arena.
 */
enum kl_holds { KL_HOLDS, KL_HOLDS_NOT, KL_HOLDS_UNKNOWN };
enum kl_holds kl_assess_holds(const struct kl_playbook *playbook,
                              const struct kl_evidence *evidence, const char *text,
                              struct kl_result *result, const char **reason);

#endif
