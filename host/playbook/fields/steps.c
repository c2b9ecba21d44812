/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of steps, gates, documents and waivers: what every chapter has. */
#include "playbook/fields/tables.h"

static const struct kl_field metric_fields[] = {
    FIELD(
        "match", TEXT, "Pattern",
        "POSIX extended regular expression with one group: the number in what the command prints.",
        .required = true),
    FIELD("unit", TEXT, "Unit", "Unit of the number, such as ms or KiB; left out: a plain number."),
    FIELD("provenance", CHOICE, "Provenance",
          "How the number came about; \"stated\" when nothing is said here.",
          .choices = "measured counted modelled estimated datasheet stated"),
    END,
};

static const struct kl_field statement_fields[] = {
    FIELD("text", PROSE, "Statement", "What the person answers for, in a sentence or two.",
          .required = true),
    FIELD("by", TEXT, "By", "Who says so: a name, or the id of one of the people.",
          .expected = true),
    FIELD("date", DATE, "Date",
          "The day on which it was said; without name and day it is open, and gates wait for it.",
          .expected = true),
    FIELD("valid_for", QUANTITY, "Valid for",
          "After this time it has to be said again; left out: it holds for ever.",
          .dimension = &KL_SECONDS, .example = LONG_TIME),
    FIELD("metrics", MAP, "Figures",
          "Figures that the person states, such as accuracy: 95 %; gates can use them.",
          .item = ITEM(TEXT)),
    END,
};

static const struct kl_field step_fields[] = {
    FIELD("name", NAME, "Name",
          "Unique in the playbook; gates use it: profile.m4 gives profile.m4.ram.total.",
          .required = true),
    FIELD("title", TEXT, "Title", "What it does, for people."),
    FIELD(
        "run", COMMAND, "Command",
        "A command of kinglet or of your own. A text is run by the shell, a list is run as it is."),
    FIELD("assess", NAME, "Assessment",
          "A figure that kinglet derives from the playbook itself, such as feasibility."),
    FIELD("statement", RECORD, "Statement",
          "Something that only a person can say, with a name and a date.",
          .fields = statement_fields),
    FIELD("inputs", LIST, "Inputs",
          "Files and folders that it reads; the step runs again when one of them changes.",
          .item = ITEM(PATH)),
    FIELD("outputs", LIST, "Outputs", "Files below the playbook's folder that it makes.",
          .item = ITEM(PATH)),
    FIELD("reads", LIST, "Reads from the playbook",
          "Parts of the playbook that it depends on, such as requirements.latency.",
          .item = ITEM(NAME)),
    FIELD("needs", LIST, "Needs", "Steps that must be done before.", .item = ITEM(NAME)),
    FIELD("timeout", QUANTITY, "Time limit", "It is stopped after this time; one hour if left out.",
          .dimension = &KL_SECONDS, .example = SOME_MINUTES),
    FIELD("metrics_file", PATH, "Metrics file",
          "File with the result as JSON, when the command does not print it."),
    FIELD("metrics", MAP, "Metrics", "How to find figures in what a command of your own prints.",
          .item = ITEM(RECORD, .fields = metric_fields)),
    END,
};

static const struct kl_field gate_fields[] = {
    FIELD("name", NAME, "Name", "Unique in the playbook; waivers use it.", .required = true),
    FIELD("that", EXPRESSION, "Condition",
          "What must hold, such as profile.m4.ram.total <= requirements.ram.", .required = true),
    FIELD("why", TEXT, "Why", "One sentence: what goes wrong when it does not hold."),
    FIELD("demand", CHOICE, "Least provenance",
          "Figures of a weaker kind are not enough: a gate that demands measured refuses modelled.",
          .choices = "measured counted modelled estimated datasheet stated"),
    END,
};

static const struct kl_field document_fields[] = {
    FIELD("name", NAME, "Name", "Unique in the playbook.", .required = true),
    FIELD("title", TEXT, "Title", "Title of the page; the name if left out."),
    FIELD("template", TEXT, "Template",
          "Name of a built-in template, or a path below the folder; the name if left out."),
    FIELD("output", PATH, "Output", "Where it is written; documents/NAME.md if left out."),
    END,
};

const struct kl_field kl_chapter_common_fields[] = {
    FIELD("status", CHOICE, "Status", "How far the work on this chapter is, as people see it.",
          .choices = "open started done"),
    FIELD("owner", TEXT, "Owner", "Who answers for this chapter."),
    FIELD("notes", PROSE, "Notes", "Anything that has no other place."),
    FIELD("steps", LIST, "Steps", "What is done in this chapter; each leaves evidence.",
          .item = ITEM(RECORD, .fields = step_fields)),
    FIELD("gates", LIST, "Gates", "What must hold before the next chapter begins.",
          .item = ITEM(RECORD, .fields = gate_fields)),
    FIELD("documents", LIST, "Documents", "Pages made from templates, such as a test plan.",
          .item = ITEM(RECORD, .fields = document_fields)),
    END,
};

const struct kl_field kl_own_chapter_fields[] = {
    FIELD("title", TEXT, "Title", "Title of your own chapter.", .required = true),
    FIELD("after", NAME, "After",
          "Id of the chapter that it comes behind; left out: behind the last one."),
    END,
};

const struct kl_field kl_waiver_fields[] = {
    FIELD("gate", NAME, "Gate", "The gate that may stay closed for a while.", .required = true),
    FIELD("reason", TEXT, "Reason", "Why it is acceptable, in a sentence.", .required = true),
    FIELD("by", TEXT, "By", "Who answers for it: a name, or the id of one of the people.",
          .required = true),
    FIELD("until", DATE, "Until", "The last day on which it holds.", .required = true),
    END,
};
