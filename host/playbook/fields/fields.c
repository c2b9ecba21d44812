/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "playbook/fields/tables.h"

const struct kl_dimension kl_money_per_second = {.money = 1, .seconds = -1};
const struct kl_dimension kl_per_celsius = {.celsius = -1};

const struct kl_chapter_fields kl_chapters[] = {
    {"use_case", "Use case", "Which problem is solved for whom, and what is that worth?",
     kl_use_case_fields},
    {"hardware", "Hardware", "Which board does it, and why that one?", kl_hardware_fields},
    {"data", "Data", "Do the data cover what the product will meet?", kl_data_fields},
    {"model", "Model", "Which model does the task within the limits?", kl_model_fields},
    {"optimisation", "Optimisation", "How small can it be before it is no longer good enough?",
     kl_optimisation_fields},
    {"test", "Test", "Does it do on the device what it did on the desk?", kl_test_fields},
    {"release", "Release", "What exactly is shipped, and who approved it?", kl_release_fields},
    {"security", "Security and privacy", "What can go wrong on purpose, and what prevents it?",
     kl_security_fields},
    {"production", "Production", "How does each device leave the factory right, and get installed?",
     kl_production_fields},
    {"rollout", "Rollout", "In which steps does it reach everybody, and how does it come back?",
     kl_rollout_fields},
    {"monitoring", "Monitoring and maintenance", "How do we notice that it is no longer right?",
     kl_monitoring_fields},
    {"learning", "Learning", "What did we learn, and was it worth it?", kl_learning_fields},
};
const size_t kl_chapter_count = sizeof kl_chapters / sizeof kl_chapters[0];

const struct kl_field kl_chapter_records[] = {
    FIELD("use_case", RECORD, "Use case", "Problem, users, errors and their cost, business.",
          .fields = kl_use_case_fields),
    FIELD("hardware", RECORD, "Hardware", "What the board must have, and how it is chosen.",
          .fields = kl_hardware_fields),
    FIELD("data", RECORD, "Data", "What is collected where, how much, and with which consent.",
          .fields = kl_data_fields),
    FIELD("model", RECORD, "Model", "Candidates, the search among them, and the model card.",
          .fields = kl_model_fields),
    FIELD("optimisation", RECORD, "Optimisation", "The ladder of steps that make it smaller.",
          .fields = kl_optimisation_fields),
    FIELD("test", RECORD, "Test", "Test cases, places and acceptance.", .fields = kl_test_fields),
    FIELD("release", RECORD, "Release", "Versions, bundle, approvals and the way back.",
          .fields = kl_release_fields),
    FIELD("security", RECORD, "Security and privacy", "Threats, assessment, keys, data protection.",
          .fields = kl_security_fields),
    FIELD("production", RECORD, "Production", "Factory, logistics, installation, field help.",
          .fields = kl_production_fields),
    FIELD("rollout", RECORD, "Rollout", "Phases with stop rules, and how to return.",
          .fields = kl_rollout_fields),
    FIELD("monitoring", RECORD, "Monitoring and maintenance", "Signals, runbooks, maintenance.",
          .fields = kl_monitoring_fields),
    FIELD("learning", RECORD, "Learning", "Incidents, lessons, decisions, hand-over, success.",
          .fields = kl_learning_fields),
    END,
};

const struct kl_field kl_playbook_fields[] = {
    FIELD("playbook", NUMBER, "Format", "Version of this format: 1.", .required = true),
    FIELD("product", RECORD, "Product", "What it is, in which version, and whose it is.",
          .fields = kl_product_fields, .required = true),
    FIELD("people", MAP, "People", "Everybody who is named in the playbook, by a short id.",
          .item = ITEM(RECORD, .fields = kl_person_fields)),
    FIELD("include", LIST, "Included files",
          "Further files of this format, relative to this one; what this file says wins.",
          .item = ITEM(PATH)),
    FIELD("requirements", RECORD, "Requirements", "What the product must reach, in figures.",
          .fields = kl_requirement_fields, .expected = true),
    FIELD("chapters", RECORD, "Chapters", "The work, chapter by chapter.",
          .fields = kl_chapter_records),
    FIELD("waivers", LIST, "Waivers", "Gates that may stay closed until a day, and who says so.",
          .item = ITEM(RECORD, .fields = kl_waiver_fields)),
    END,
};

const struct kl_field *kl_fields_row(const struct kl_field *fields, const char *name, size_t length)
{
    for (; fields && fields->name; fields++) {
        if (strlen(fields->name) == length && memcmp(fields->name, name, length) == 0) {
            return fields;
        }
    }
    return NULL;
}

bool kl_fields_are_chapter(const struct kl_field *fields)
{
    for (size_t i = 0; i < kl_chapter_count; i++) {
        if (kl_chapters[i].fields == fields) {
            return true;
        }
    }
    return fields == kl_own_chapter_fields;
}

const char *kl_field_example(const struct kl_field *field)
{
    return field->example ? field->example : kl_dimension_example(*field->dimension);
}

/* The field that `name` stands for inside `field`: of a record, a list or a map. */
static const struct kl_field *enter(const struct kl_field *field, const char *name, size_t length)
{
    if (field->kind == KL_FIELD_MAP) {
        return field->item;
    }
    if (field->kind == KL_FIELD_LIST) {
        size_t digits = 0;
        while (digits < length && isdigit((unsigned char)name[digits])) {
            digits++;
        }
        return digits == length && digits > 0 ? field->item : NULL;
    }
    const struct kl_field *row = kl_fields_row(field->fields, name, length);
    return row || !kl_fields_are_chapter(field->fields)
               ? row
               : kl_fields_row(kl_chapter_common_fields, name, length);
}

const struct kl_field *kl_fields_find(const char *path)
{
    static const struct kl_field whole = {.kind = KL_FIELD_RECORD, .fields = kl_playbook_fields};
    const struct kl_field *field = &whole;
    size_t first = strcspn(path, ".");
    if (!kl_fields_row(kl_playbook_fields, path, first)) {
        field = kl_fields_row(kl_playbook_fields, "chapters", strlen("chapters"));
    }
    while (field) {
        size_t length = strcspn(path, ".");
        field = enter(field, path, length);
        if (path[length] == '\0') {
            return field;
        }
        path += length + 1;
    }
    return NULL;
}
