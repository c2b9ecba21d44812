/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind fields.h, one file each. Only for fields*.c. */
#ifndef KINGLET_PLAYBOOK_FIELDS_TABLES_H
#define KINGLET_PLAYBOOK_FIELDS_TABLES_H

#include "playbook/fields.h"

/* FIELD("ram", QUANTITY, "RAM", "What ...", .dimension = &KL_BYTES): a row of a table. */
#define FIELD(name_, kind_, label_, help_, ...)                                              \
    {                                                                                        \
        .name = name_, .kind = KL_FIELD_##kind_, .label = label_, .help = help_, __VA_ARGS__ \
    }

/* What lists and maps consist of: ITEM(TEXT), ITEM(RECORD, .fields = rows). */
#define ITEM(kind_, ...) (&(const struct kl_field){.kind = KL_FIELD_##kind_, __VA_ARGS__})

/* The end of a table. */
#define END          \
    {                \
        .name = NULL \
    }

/* The chapters as a record; its fields are those of kl_chapters. */
extern const struct kl_field kl_chapter_records[];

/* Fields that only a chapter of the user's own has. */
extern const struct kl_field kl_own_chapter_fields[];

extern const struct kl_field kl_product_fields[], kl_person_fields[], kl_requirement_fields[],
    kl_waiver_fields[], kl_use_case_fields[], kl_hardware_fields[], kl_data_fields[],
    kl_model_fields[], kl_optimisation_fields[], kl_test_fields[], kl_release_fields[],
    kl_security_fields[], kl_production_fields[], kl_rollout_fields[], kl_monitoring_fields[],
    kl_learning_fields[];

/* Dimensions that only some fields have: money per time, and share per degree. */
extern const struct kl_dimension kl_money_per_second, kl_per_celsius;

/* Examples of quantities that are larger, slower or rarer than those of their dimension. */
#define LONG_TIME "a time such as 5 a"
#define SOME_DAYS "a time such as 14 d"
#define SOME_MINUTES "a time such as 10 min"
#define SOME_CHARGE "a charge such as 225 mAh"

/* "a time such as 20 ms": what a value of the field looks like. */
const char *kl_field_example(const struct kl_field *field);

/* The row of that name, or NULL. `fields` may be NULL. */
const struct kl_field *kl_fields_row(const struct kl_field *fields, const char *name,
                                     size_t length);

/* Is this the table of a chapter? Then kl_chapter_common_fields belong to it, too. */
bool kl_fields_are_chapter(const struct kl_field *fields);

#endif
