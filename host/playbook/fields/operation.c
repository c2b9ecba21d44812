/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapters about rollout, monitoring and learning. */
#include "playbook/fields/tables.h"

static const struct kl_field pilot_fields[] = {
    FIELD("where", TEXT, "Where", "Place and customer.", .expected = true),
    FIELD("devices", NUMBER, "Devices", "How many take part."),
    FIELD("from", DATE, "From", "First day."),
    FIELD("to", DATE, "To", "Last day."),
    FIELD("result", PROSE, "Result", "What came out, in figures."),
    FIELD("lessons", LIST, "Lessons", "What is done differently afterwards.", .item = ITEM(TEXT)),
    END,
};

static const struct kl_field phase_fields[] = {
    FIELD("name", TEXT, "Phase", "Short name.", .required = true),
    FIELD("share", SHARE, "Share", "Share of all devices that have it at the end of the phase."),
    FIELD("devices", NUMBER, "Devices", "The same as a number of devices."),
    FIELD("starts", DATE, "Starts", "First day."),
    FIELD("lasts", QUANTITY, "Lasts", "How long it is watched before the next one.",
          .dimension = &KL_SECONDS, .example = SOME_DAYS, .expected = true),
    FIELD("stop", LIST, "Stop rules", "What stops the rollout, such as: more than 1 % resets.",
          .item = ITEM(TEXT), .expected = true),
    FIELD("who", TEXT, "Who", "Who decides to go on.", .expected = true),
    END,
};

static const struct kl_field return_fields[] = {
    FIELD("trigger", TEXT, "Trigger", "What makes everybody go back.", .expected = true),
    FIELD("how", PROSE, "How", "What is done, in order.", .expected = true),
    FIELD("within", QUANTITY, "Within", "How long it may take.", .dimension = &KL_SECONDS,
          .example = SOME_DAYS),
    FIELD("who", TEXT, "Who", "Who decides.", .expected = true),
    END,
};

static const struct kl_field message_fields[] = {
    FIELD("who", TEXT, "To", "Who is told.", .required = true),
    FIELD("when", TEXT, "When", "Before, during or after which phase.", .expected = true),
    FIELD("what", TEXT, "What", "What they must know or do.", .expected = true),
    FIELD("how", TEXT, "How", "By which way."),
    FIELD("by", TEXT, "By", "Who tells them."),
    END,
};

static const struct kl_field fleet_fields[] = {
    FIELD("registry", TEXT, "Registry", "Where one sees every device with its version and state."),
    FIELD("groups", TEXT, "Groups", "How devices are grouped: place, revision, customer."),
    FIELD("scale", TEXT, "Scale", "What changes from ten devices to all of them."),
    END,
};

const struct kl_field kl_rollout_fields[] = {
    FIELD("pilot", RECORD, "Pilot", "The first devices in the field.", .fields = pilot_fields,
          .expected = true),
    FIELD("phases", LIST, "Phases", "From a few devices to all of them.",
          .item = ITEM(RECORD, .fields = phase_fields), .expected = true),
    FIELD("return_plan", RECORD, "Return plan", "How everybody goes back.", .fields = return_fields,
          .expected = true),
    FIELD("communication", LIST, "Communication", "Who is told what, when.",
          .item = ITEM(RECORD, .fields = message_fields), .expected = true),
    FIELD("fleet", RECORD, "Fleet", "How many devices are kept track of.", .fields = fleet_fields),
    END,
};

static const struct kl_field signal_fields[] = {
    FIELD("name", TEXT, "Signal", "What a device reports.", .required = true),
    FIELD("why", TEXT, "Why", "What goes wrong when nobody looks at it."),
    FIELD("kind", CHOICE, "Kind", "What it is about.",
          .choices = "accuracy drift health energy memory latency security usage other"),
    FIELD("threshold", TEXT, "Threshold", "From where on somebody must act.", .expected = true),
    FIELD("act", TEXT, "Action", "What is done then.", .expected = true),
    FIELD("who", TEXT, "Who", "Who does it.", .expected = true),
    FIELD("runbook", TEXT, "Runbook", "Name of the runbook that says how."),
    FIELD("bytes_per_day", QUANTITY, "Data per day", "What a device sends for it in a day.",
          .dimension = &KL_BYTES),
    END,
};

static const struct kl_field budget_fields[] = {
    FIELD("bytes_per_day", QUANTITY, "Data per day", "What all signals of a device may take.",
          .dimension = &KL_BYTES, .expected = true),
    FIELD("energy_per_day", QUANTITY, "Energy per day", "What monitoring may take from a device.",
          .dimension = &KL_JOULES),
    END,
};

static const struct kl_field runbook_fields[] = {
    FIELD("name", TEXT, "Runbook", "Short name; signals refer to it.", .required = true),
    FIELD("when", TEXT, "When", "Which symptom it is for."),
    FIELD("do", LIST, "What to do", "In this order.", .item = ITEM(TEXT), .expected = true),
    FIELD("else", TEXT, "Else", "Whom to call when that does not help."),
    END,
};

static const struct kl_field failure_fields[] = {
    FIELD("mode", TEXT, "Failure", "How it fails.", .required = true),
    FIELD("effect", TEXT, "Effect", "What the user notices."),
    FIELD("detected", TEXT, "Detected", "Which signal shows it."),
    FIELD("remedy", TEXT, "Remedy", "What is done.", .expected = true),
    END,
};

static const struct kl_field maintenance_fields[] = {
    FIELD("task", TEXT, "Task", "What is done before anything fails.", .required = true),
    FIELD("kind", CHOICE, "Kind", "What it is about.",
          .choices = "battery calibration certificate flash cleaning inspection other"),
    FIELD("every", QUANTITY, "Every", "How often.", .dimension = &KL_SECONDS, .example = LONG_TIME,
          .required = true),
    FIELD("down", QUANTITY, "Out of service", "How long the device does not work meanwhile.",
          .dimension = &KL_SECONDS, .example = SOME_MINUTES),
    FIELD("who", TEXT, "Who", "Who does it.", .expected = true),
    FIELD("last", DATE, "Last time", "When it was done last."),
    END,
};

static const struct kl_field certificate_fields[] = {
    FIELD("name", TEXT, "Certificate", "What expires: certificate, key, licence, contract.",
          .required = true),
    FIELD("expires", DATE, "Expires", "The last day on which it is good.", .required = true),
    FIELD("who", TEXT, "Who", "Who renews it.", .expected = true),
    END,
};

static const struct kl_field wear_fields[] = {
    FIELD("erase_cycles", NUMBER, "Erase cycles",
          "How often a sector may be erased, by its maker."),
    FIELD("erases_per_day", NUMBER, "Erases per day", "How often the firmware erases one sector."),
    END,
};

static const struct kl_field dashboard_fields[] = {
    FIELD("where", TEXT, "Where", "Address or program."),
    FIELD("shows", LIST, "Shows", "What one sees there.", .item = ITEM(TEXT)),
    FIELD("who", TEXT, "Who looks", "Who looks at it, and how often."),
    END,
};

static const struct kl_field retraining_fields[] = {
    FIELD("what", TEXT, "What", "Which samples come back from the field.", .expected = true),
    FIELD("chosen", TEXT, "Chosen by", "How the device picks them."),
    FIELD("bytes_per_day", QUANTITY, "Data per day", "What they take in a day.",
          .dimension = &KL_BYTES),
    FIELD("trigger", TEXT, "Trigger", "When the model is trained anew.", .expected = true),
    FIELD("procedure", PROSE, "Procedure", "From field sample to new model."),
    END,
};

const struct kl_field kl_monitoring_fields[] = {
    FIELD("signals", LIST, "Signals", "What devices report, and what follows from it.",
          .item = ITEM(RECORD, .fields = signal_fields), .expected = true),
    FIELD("budgets", RECORD, "Budgets", "What monitoring may take from a device.",
          .fields = budget_fields, .expected = true),
    FIELD("runbooks", LIST, "Runbooks", "What to do when a signal crosses its threshold.",
          .item = ITEM(RECORD, .fields = runbook_fields), .expected = true),
    FIELD("failure_modes", LIST, "Known failures", "How it fails, and the remedy.",
          .item = ITEM(RECORD, .fields = failure_fields)),
    FIELD("maintenance", LIST, "Maintenance", "What is done before anything fails.",
          .item = ITEM(RECORD, .fields = maintenance_fields), .expected = true),
    FIELD("expiries", LIST, "Expiries", "What stops being valid on a known day.",
          .item = ITEM(RECORD, .fields = certificate_fields)),
    FIELD("flash_wear", RECORD, "Flash wear", "Whether the flash lasts as long as the device.",
          .fields = wear_fields),
    FIELD("uptime_objective", SHARE, "Uptime objective", "What the operation aims at.",
          .expected = true),
    FIELD("dashboard", RECORD, "Dashboard", "Where one sees how the fleet is.",
          .fields = dashboard_fields),
    FIELD("retraining", RECORD, "Data for retraining", "How field data make the model better.",
          .fields = retraining_fields, .expected = true),
    END,
};

static const struct kl_field incident_fields[] = {
    FIELD("date", DATE, "Date", "When it happened.", .required = true),
    FIELD("what", TEXT, "What", "What happened.", .required = true),
    FIELD("cause", TEXT, "Cause", "Why."),
    FIELD("effect", TEXT, "Effect", "How many devices, how long, what it cost."),
    FIELD("fix", TEXT, "Fix", "What was done."),
    FIELD("lesson", TEXT, "Lesson", "What is done so that it does not happen again."),
    END,
};

static const struct kl_field lesson_fields[] = {
    FIELD("lesson", TEXT, "Lesson", "What we know now.", .required = true),
    FIELD("from", TEXT, "From", "The incident, pilot or test that taught it."),
    FIELD("action", TEXT, "Action", "What is done differently."),
    FIELD("by", TEXT, "By", "Who sees to it."),
    FIELD("done", DATE, "Done", "When it was done."),
    END,
};

static const struct kl_field decision_fields[] = {
    FIELD("date", DATE, "Date", "When it was decided.", .required = true),
    FIELD("decision", TEXT, "Decision", "What was decided.", .required = true),
    FIELD("why", TEXT, "Why", "The reason.", .expected = true),
    FIELD("by", TEXT, "By", "Who decided.", .expected = true),
    FIELD("alternatives", TEXT, "Alternatives", "What was not chosen."),
    END,
};

static const struct kl_field taker_fields[] = {
    FIELD("who", TEXT, "Who", "The person who takes over.", .required = true),
    FIELD("what", TEXT, "What", "What the person takes over.", .expected = true),
    FIELD("from", TEXT, "From", "Who did it before."),
    FIELD("date", DATE, "Date", "When it is handed over."),
    END,
};

static const struct kl_field training_fields[] = {
    FIELD("who", TEXT, "Who", "Person or group.", .required = true),
    FIELD("topic", TEXT, "Topic", "What they learn.", .required = true),
    FIELD("how", TEXT, "How", "Course, page, side by side."),
    FIELD("done", DATE, "Done", "When it was done."),
    END,
};

static const struct kl_field handover_fields[] = {
    FIELD("people", LIST, "People", "Who takes over what.",
          .item = ITEM(RECORD, .fields = taker_fields), .expected = true),
    FIELD("documents", LIST, "Documents", "What they are given.", .item = ITEM(TEXT)),
    FIELD("standard", TEXT, "Standard", "How documents are written and where they are kept."),
    FIELD("training", LIST, "Training", "Who learns what.",
          .item = ITEM(RECORD, .fields = training_fields), .expected = true),
    END,
};

static const struct kl_field success_fields[] = {
    FIELD("measure", TEXT, "Measure", "Name of a business measure of the use case.",
          .required = true),
    FIELD("date", DATE, "Date", "When it was read.", .required = true),
    FIELD("value", NUMBER, "Value", "The number, in the measure's unit.", .required = true),
    FIELD("note", TEXT, "Note", "What explains it."),
    END,
};

const struct kl_field kl_learning_fields[] = {
    FIELD("review_every", QUANTITY, "Review", "How often this playbook is gone through.",
          .dimension = &KL_SECONDS, .example = "a time such as 3 mo", .expected = true),
    FIELD("last_review", DATE, "Last review", "When it was gone through last."),
    FIELD("incidents", LIST, "Incidents", "What went wrong.",
          .item = ITEM(RECORD, .fields = incident_fields)),
    FIELD("lessons", LIST, "Lessons", "What we know now.",
          .item = ITEM(RECORD, .fields = lesson_fields), .expected = true),
    FIELD("decisions", LIST, "Decisions", "What was decided, when and why.",
          .item = ITEM(RECORD, .fields = decision_fields), .expected = true),
    FIELD("handover", RECORD, "Hand-over", "Who takes over, with which papers and training.",
          .fields = handover_fields, .expected = true),
    FIELD("success", LIST, "Success", "Business measures over time.",
          .item = ITEM(RECORD, .fields = success_fields), .expected = true),
    FIELD("outcome", CHOICE, "Outcome", "How the project ended, once it can be said.",
          .choices = "running succeeded failed stopped"),
    END,
};
