/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapter about security and privacy. */
#include "playbook/fields/tables.h"

static const struct kl_field asset_fields[] = {
    FIELD("name", TEXT, "Asset", "What is worth attacking: data, model, keys, the device.",
          .required = true),
    FIELD("why", TEXT, "Why", "What is lost with it."),
    FIELD("protection", TEXT, "Protection", "What guards it."),
    END,
};

static const struct kl_field threat_fields[] = {
    FIELD("name", TEXT, "Threat", "Who does what to what.", .required = true),
    FIELD("category", CHOICE, "Category", "The kind of threat, by the STRIDE scheme.",
          .choices = "spoofing tampering repudiation disclosure denial elevation",
          .expected = true),
    FIELD("asset", TEXT, "Asset", "Name of the asset that it aims at."),
    FIELD("likelihood", CHOICE, "Likelihood", "How likely it is.", .choices = "low medium high",
          .expected = true),
    FIELD("impact", CHOICE, "Impact", "How bad it would be.", .choices = "low medium high",
          .expected = true),
    FIELD("treatment", TEXT, "Treatment", "What is done about it.", .expected = true),
    FIELD("status", CHOICE, "Status", "Where it stands.", .choices = "open treated accepted",
          .required = true),
    FIELD("evidence", TEXT, "Evidence", "Gate, step or expression that shows the treatment."),
    END,
};

static const struct kl_field guideline_fields[] = {
    FIELD("demand", TEXT, "Demand", "What must be protected.", .required = true),
    FIELD("platform", TEXT, "Platform", "Chip or board that this is about."),
    FIELD("how", TEXT, "How", "What is set or called there.", .expected = true),
    END,
};

static const struct kl_field examination_fields[] = {
    FIELD("scope", TEXT, "Scope", "What is looked at, and what is not."),
    FIELD("procedure", PROSE, "Procedure", "What is done, in order, on a device this small.",
          .expected = true),
    FIELD("tools", TEXT, "Tools", "What is used."),
    FIELD("by", TEXT, "By", "Who does it."),
    FIELD("every", QUANTITY, "Every", "How often it is repeated.", .dimension = &KL_SECONDS,
          .example = LONG_TIME),
    FIELD("date", DATE, "Last time", "When it was done last."),
    FIELD("findings", LIST, "Findings", "What was found, and what became of it.",
          .item = ITEM(TEXT)),
    END,
};

static const struct kl_field report_fields[] = {
    FIELD("contact", TEXT, "Contact", "Where a weakness can be reported by anybody.",
          .expected = true),
    FIELD("answer_within", QUANTITY, "Answer within", "How soon the reporter hears from us.",
          .dimension = &KL_SECONDS, .example = SOME_DAYS),
    FIELD("supported_until", DATE, "Supported until",
          "The day until which weaknesses are repaired."),
    END,
};

static const struct kl_field key_fields[] = {
    FIELD("name", TEXT, "Key", "Name of the key.", .required = true),
    FIELD("purpose", TEXT, "Purpose", "What it signs or decrypts.", .expected = true),
    FIELD("algorithm", TEXT, "Algorithm", "Such as ECDSA P-256."),
    FIELD("stored", TEXT, "Stored", "Where the secret part lies, and who can get at it.",
          .expected = true),
    FIELD("fingerprint", TEXT, "Fingerprint", "Hash of the public part."),
    FIELD("expires", DATE, "Expires", "When it is replaced."),
    END,
};

static const struct kl_field ceremony_fields[] = {
    FIELD("date", DATE, "Date", "When the keys were made.", .expected = true),
    FIELD("place", TEXT, "Place", "Where.", .expected = true),
    FIELD("witnesses", LIST, "Witnesses", "Who was there: names, or ids of the people.",
          .item = ITEM(TEXT), .expected = true),
    FIELD("keys", LIST, "Keys", "What was made.", .item = ITEM(RECORD, .fields = key_fields)),
    FIELD("procedure", PROSE, "Procedure", "How it was done, in order."),
    FIELD("record", PATH, "Record", "The signed sheet."),
    END,
};

static const struct kl_field privacy_fields[] = {
    FIELD("personal_data", FLAG, "Personal data", "Do any data tell something about a person?",
          .required = true),
    FIELD("categories", LIST, "Categories", "Kinds of data, such as voice.", .item = ITEM(TEXT)),
    FIELD("purpose", TEXT, "Purpose", "What they are used for."),
    FIELD("basis", CHOICE, "Legal basis", "Why that is allowed.",
          .choices = "none consent contract legal-duty vital-interest public-task "
                     "legitimate-interest"),
    FIELD("minimisation", PROSE, "Minimisation", "What is not collected, not kept, not sent.",
          .expected = true),
    FIELD("leaves_device", TEXT, "Leaves the device", "What is sent, to whom.", .expected = true),
    FIELD("retention", QUANTITY, "Retention", "How long they are kept.", .dimension = &KL_SECONDS,
          .example = LONG_TIME),
    FIELD("rights", TEXT, "Rights", "How a person asks for, corrects or deletes data."),
    FIELD("contact", TEXT, "Contact", "Who answers questions about data protection."),
    FIELD("impact_assessment", TEXT, "Impact assessment",
          "Whether one is needed, and where it is."),
    END,
};

static const struct kl_field provision_fields[] = {
    FIELD("provision", TEXT, "Provision", "Number of the provision, such as 5.3-1.",
          .required = true),
    FIELD("evidence", TEXT, "Evidence", "Gate, step or expression that shows it."),
    FIELD("applies", FLAG, "Applies", "false when the provision is not about this product."),
    FIELD("note", TEXT, "Note", "Why it does not apply, or what else shows it."),
    END,
};

const struct kl_field kl_security_fields[] = {
    FIELD("assets", LIST, "Assets", "What is worth attacking.",
          .item = ITEM(RECORD, .fields = asset_fields), .expected = true),
    FIELD("threats", LIST, "Threats", "What could be done to the assets, and the answer.",
          .item = ITEM(RECORD, .fields = threat_fields), .expected = true),
    FIELD("guidelines", LIST, "Guidelines", "How each demand is met on the platforms in use.",
          .item = ITEM(RECORD, .fields = guideline_fields)),
    FIELD("assessment", RECORD, "Assessment of weaknesses", "How weaknesses are looked for.",
          .fields = examination_fields, .expected = true),
    FIELD("penetration_test", RECORD, "Penetration test", "How somebody tries to break in.",
          .fields = examination_fields, .expected = true),
    FIELD("reports", RECORD, "Reports of weaknesses", "How outsiders tell us, and for how long.",
          .fields = report_fields, .expected = true),
    FIELD("key_ceremony", RECORD, "Key ceremony", "When and how the keys were made.",
          .fields = ceremony_fields, .expected = true),
    FIELD("model_protection", TEXT, "Protection of the model", "How it is kept from being copied."),
    FIELD("data_protection", RECORD, "Data protection", "The data-protection sheet.",
          .fields = privacy_fields, .expected = true),
    FIELD("en303645", LIST, "ETSI EN 303 645", "What shows each provision of the standard.",
          .item = ITEM(RECORD, .fields = provision_fields)),
    FIELD("cra", LIST, "Cyber Resilience Act", "What shows each requirement of the regulation.",
          .item = ITEM(RECORD, .fields = provision_fields)),
    END,
};
