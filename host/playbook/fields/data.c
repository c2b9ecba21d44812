/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapter about data. */
#include "playbook/fields/tables.h"

static const struct kl_field condition_fields[] = {
    FIELD("name", TEXT, "Condition", "A situation that the product meets, such as cold start.",
          .required = true),
    FIELD("why", TEXT, "Why", "Why it may look different to the model."),
    FIELD("edge", FLAG, "Edge case", "Is it rare, but has to work?"),
    FIELD("planned", NUMBER, "Samples planned", "How many samples are to be collected.",
          .expected = true),
    FIELD("collected", NUMBER, "Samples so far", "How many there are now.", .expected = true),
    FIELD("expected", SHARE, "Expected accuracy",
          "Share of right answers that is expected here; decides how many samples are needed."),
    FIELD("margin", SHARE, "Margin", "How exactly the accuracy must be known here."),
    END,
};

static const struct kl_field sampling_fields[] = {
    FIELD("confidence", SHARE, "Confidence", "How sure a statement must be, such as 95 %.",
          .expected = true),
    FIELD("margin", SHARE, "Margin", "How exactly an accuracy must be known, such as 3 %.",
          .expected = true),
    FIELD("expected", SHARE, "Expected accuracy", "Where no condition says otherwise."),
    FIELD("power", SHARE, "Power",
          "How likely a difference that matters must be found, such as 80 %."),
    FIELD("difference", SHARE, "Difference that matters",
          "The smallest change in accuracy that must be found."),
    END,
};

static const struct kl_field source_fields[] = {
    FIELD("name", TEXT, "Source", "Where data come from.", .required = true),
    FIELD("what", TEXT, "What", "Kind and amount."),
    FIELD("path", PATH, "Path", "Where they lie."),
    FIELD("licence", TEXT, "Licence", "What may be done with them."),
    FIELD("device", TEXT, "Recorded with", "Sensor and board that recorded them."),
    END,
};

static const struct kl_field quality_fields[] = {
    FIELD("sensor", TEXT, "Sensor", "Which sensor.", .required = true),
    FIELD("check", TEXT, "Check", "What is looked at: noise, gaps, saturation, drift, clock.",
          .expected = true),
    FIELD("limit", TEXT, "Limit", "From where on data are thrown away."),
    FIELD("result", TEXT, "Result", "What was found."),
    END,
};

static const struct kl_field label_fields[] = {
    FIELD("classes", LIST, "Classes", "What the model tells apart.", .item = ITEM(TEXT),
          .expected = true),
    FIELD("procedure", PROSE, "Procedure", "Who decides which class a sample has, and by what.",
          .expected = true),
    FIELD("agreement", SHARE, "Agreement", "How often two people give the same label."),
    FIELD("checked_by", TEXT, "Checked by", "Who looks over the labels."),
    END,
};

static const struct kl_field consent_fields[] = {
    FIELD("needed", FLAG, "Needed", "Do the data tell anything about a person?", .required = true),
    FIELD("basis", CHOICE, "Basis", "Why the data may be collected.",
          .choices = "none consent contract legal-duty vital-interest public-task "
                     "legitimate-interest"),
    FIELD("text", PROSE, "Text", "What people are told and agree to, in full."),
    FIELD("record", TEXT, "Record", "Where the consents are kept."),
    FIELD("withdrawal", TEXT, "Withdrawal", "How a person takes it back, and what happens then."),
    END,
};

static const struct kl_field retention_fields[] = {
    FIELD("raw", QUANTITY, "Raw data", "How long recordings are kept.", .dimension = &KL_SECONDS,
          .example = LONG_TIME),
    FIELD("derived", QUANTITY, "Derived data", "How long features and labels are kept.",
          .dimension = &KL_SECONDS, .example = LONG_TIME),
    FIELD("deletion", TEXT, "Deletion", "Who deletes them, and how one can tell."),
    END,
};

static const struct kl_field split_fields[] = {
    FIELD("train", SHARE, "Training", "Share for training.", .expected = true),
    FIELD("validation", SHARE, "Validation", "Share for choosing."),
    FIELD("test", SHARE, "Test", "Share that nobody looks at before the end.", .expected = true),
    FIELD("by", TEXT, "Separated by",
          "What keeps the parts apart, such as machine, person or day; else they leak.",
          .expected = true),
    END,
};

static const struct kl_field card_fields[] = {
    FIELD("version", TEXT, "Version", "Of the data."),
    FIELD("collected_from", DATE, "Collected from", "First day."),
    FIELD("collected_to", DATE, "Collected to", "Last day."),
    FIELD("places", TEXT, "Places", "Where they were recorded."),
    FIELD("gaps", LIST, "Known gaps", "What is not in the data.", .item = ITEM(TEXT),
          .expected = true),
    FIELD("bias", PROSE, "Bias", "Who or what is in them too often or too rarely.",
          .expected = true),
    FIELD("not_for", TEXT, "Not for", "What they must not be used for."),
    FIELD("licence", TEXT, "Licence", "What others may do with them."),
    FIELD("contact", TEXT, "Contact", "Who knows more."),
    END,
};

const struct kl_field kl_data_fields[] = {
    FIELD("purpose", PROSE, "Purpose", "What the data are to show.", .expected = true),
    FIELD("plan", PROSE, "Plan", "Who records what, where, when and with what."),
    FIELD("sources", LIST, "Sources", "Where data come from.",
          .item = ITEM(RECORD, .fields = source_fields)),
    FIELD("conditions", LIST, "Conditions", "Situations that the data must cover.",
          .item = ITEM(RECORD, .fields = condition_fields), .expected = true),
    FIELD("sampling", RECORD, "Sampling", "How sure and how exact; sample sizes follow from it.",
          .fields = sampling_fields, .expected = true),
    FIELD("sensor_quality", LIST, "Sensor quality", "Whether the sensors' data can be trusted.",
          .item = ITEM(RECORD, .fields = quality_fields), .expected = true),
    FIELD("labels", RECORD, "Labels", "How samples get their class.", .fields = label_fields,
          .expected = true),
    FIELD("splits", RECORD, "Splits", "Which data train and which test.", .fields = split_fields,
          .expected = true),
    FIELD("consent", RECORD, "Consent", "Whether people must agree, and how they do.",
          .fields = consent_fields, .expected = true),
    FIELD("retention", RECORD, "Retention", "How long data are kept.", .fields = retention_fields,
          .expected = true),
    FIELD("card", RECORD, "Data card", "What somebody must know who uses these data later.",
          .fields = card_fields, .expected = true),
    END,
};
