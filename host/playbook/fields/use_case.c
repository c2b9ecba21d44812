/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapter about the use case. */
#include "playbook/fields/tables.h"

static const struct kl_field user_fields[] = {
    FIELD("who", TEXT, "Who", "A kind of person, not a name.", .required = true),
    FIELD("needs", TEXT, "Needs", "What this person wants to get done."),
    FIELD("skill", TEXT, "Skill", "What the person knows, and does not know, about the device."),
    END,
};

static const struct kl_field error_fields[] = {
    FIELD("error", TEXT, "Error", "What the device says, and what is true.", .required = true),
    FIELD("kind", CHOICE, "Kind", "A false alarm, a missed event, or one class taken for another.",
          .choices = "false-alarm missed wrong-class other", .expected = true),
    FIELD("consequence", TEXT, "Consequence", "What happens then.", .expected = true),
    FIELD("cost", QUANTITY, "Cost", "What one such error costs.", .dimension = &KL_MONEY),
    END,
};

static const struct kl_field stakeholder_fields[] = {
    FIELD("who", TEXT, "Who", "Person or group.", .required = true),
    FIELD("interest", TEXT, "Interest", "What it gains, or is afraid of."),
    FIELD("told", TEXT, "Is told", "How often and how it hears about the project.",
          .expected = true),
    FIELD("by", TEXT, "By", "Who tells it."),
    END,
};

static const struct kl_field figure_fields[] = {
    FIELD("name", TEXT, "Figure", "What is counted today.", .required = true),
    FIELD("value", NUMBER, "Value", "The number.", .required = true),
    FIELD("unit", TEXT, "Unit", "Of what, and per which time."),
    FIELD("source", TEXT, "Source", "Where the number comes from."),
    END,
};

static const struct kl_field baseline_fields[] = {
    FIELD("how", PROSE, "How it is done today", "Without the product: people, rules, nothing.",
          .expected = true),
    FIELD("figures", LIST, "Figures", "What today's way reaches and costs, as far as it is known.",
          .item = ITEM(RECORD, .fields = figure_fields)),
    END,
};

static const struct kl_field measure_fields[] = {
    FIELD("name", TEXT, "Measure", "What gets better for the business.", .required = true),
    FIELD("baseline", NUMBER, "Today", "The number before the product is there.", .expected = true),
    FIELD("target", NUMBER, "Target", "The number that makes it a success.", .expected = true),
    FIELD("unit", TEXT, "Unit", "Of what, and per which time."),
    FIELD("how", TEXT, "How it is measured", "Where the number is read, and how often.",
          .expected = true),
    FIELD("by", TEXT, "By", "Who measures it."),
    FIELD("until", DATE, "Until", "The day on which the target should be reached."),
    END,
};

static const struct kl_field cost_fields[] = {
    FIELD("devices", NUMBER, "Devices", "How many are planned.", .expected = true),
    FIELD("unit_cost", QUANTITY, "Unit cost", "To make and install one device.",
          .dimension = &KL_MONEY, .expected = true),
    FIELD("development", QUANTITY, "Development", "Paid once, before the first device.",
          .dimension = &KL_MONEY, .expected = true),
    FIELD("yearly", QUANTITY, "Running cost",
          "For the whole fleet per time: network, service, batteries, people.",
          .dimension = &kl_money_per_second, .expected = true),
    FIELD("saved_per_device", QUANTITY, "Saved per device",
          "What one device saves or earns per time.", .dimension = &kl_money_per_second,
          .expected = true),
    FIELD("horizon", QUANTITY, "Horizon", "How far ahead it is reckoned.", .dimension = &KL_SECONDS,
          .example = LONG_TIME, .expected = true),
    FIELD("discount", SHARE, "Discount rate", "By which money of a year later counts less."),
    FIELD("events", QUANTITY, "Real events per device",
          "How often a device meets what it should detect, such as 2 /a.",
          .dimension = &KL_PER_SECOND, .example = "a rate such as 2 /a"),
    FIELD("notes", PROSE, "Notes", "What the figures rest on."),
    END,
};

static const struct kl_field risk_fields[] = {
    FIELD("risk", TEXT, "Risk", "What could make the project fail.", .required = true),
    FIELD("likelihood", CHOICE, "Likelihood", "How likely it is.", .choices = "low medium high"),
    FIELD("impact", CHOICE, "Impact", "How bad it would be.", .choices = "low medium high"),
    FIELD("answer", TEXT, "Answer", "What is done about it."),
    END,
};

const struct kl_field kl_use_case_fields[] = {
    FIELD("problem", PROSE, "Problem", "What is wrong today, for whom, and how one can tell.",
          .expected = true),
    FIELD("users", LIST, "Users", "Who deals with the device or its results.",
          .item = ITEM(RECORD, .fields = user_fields), .expected = true),
    FIELD("decision", PROSE, "Decision",
          "What is done differently because of the device's answer, and by whom.",
          .expected = true),
    FIELD("errors", LIST, "Errors and their cost", "Each way of being wrong, and what it costs.",
          .item = ITEM(RECORD, .fields = error_fields), .expected = true),
    FIELD("why_on_device", PROSE, "Why on the device",
          "Why the data are judged where they arise: delay, energy, privacy, reach, cost."),
    FIELD("why_learning", PROSE, "Why learning",
          "Why a plain threshold or rule is not good enough."),
    FIELD("stakeholders", LIST, "Stakeholders", "Who must agree or be told, and how.",
          .item = ITEM(RECORD, .fields = stakeholder_fields), .expected = true),
    FIELD("baseline", RECORD, "Baseline", "How it is done today, in figures.",
          .fields = baseline_fields, .expected = true),
    FIELD("measures", LIST, "Business measures", "Numbers that say whether it was worth it.",
          .item = ITEM(RECORD, .fields = measure_fields), .expected = true),
    FIELD("cost", RECORD, "Cost and return", "What it costs and saves; payback follows from it.",
          .fields = cost_fields, .expected = true),
    FIELD("risks", LIST, "Risks", "What could make the project fail.",
          .item = ITEM(RECORD, .fields = risk_fields)),
    FIELD("out_of_scope", LIST, "Out of scope", "What the product will not do, to be clear.",
          .item = ITEM(TEXT)),
    END,
};
