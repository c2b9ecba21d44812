/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapters about tests and release. */
#include "playbook/fields/tables.h"

static const struct kl_field case_fields[] = {
    FIELD("name", TEXT, "Case", "Short name.", .required = true),
    FIELD("kind", CHOICE, "Kind", "What the case is about.",
          .choices = "normal edge stress environmental long-running", .required = true),
    FIELD("place", CHOICE, "Place", "Where it is executed.", .choices = "simulation hardware field",
          .expected = true),
    FIELD("condition", TEXT, "Condition", "What is set up or fed in."),
    FIELD("procedure", PROSE, "Procedure", "What to do, so that another person gets the same."),
    FIELD("samples", NUMBER, "Samples", "How many decisions are looked at."),
    FIELD("duration", QUANTITY, "Duration", "How long it takes.", .dimension = &KL_SECONDS,
          .example = SOME_DAYS),
    FIELD("accept", EXPRESSION, "Accepted when", "Expression over evidence, as in a gate.",
          .expected = true),
    FIELD("requirement", NAME, "Requirement", "What it shows, such as requirements.latency."),
    FIELD("who", TEXT, "Who", "Who executes it."),
    END,
};

static const struct kl_field bench_fields[] = {
    FIELD("boards", LIST, "Boards", "Boards on the bench, with revision.", .item = ITEM(TEXT)),
    FIELD("sensors", TEXT, "Sensors", "Real sensors, or what stands in for them."),
    FIELD("stimulus", TEXT, "Stimulus", "What moves, sounds or lights up in front of them."),
    FIELD("instruments", TEXT, "Instruments", "What measures current, time and temperature."),
    FIELD("runs", TEXT, "Runs", "When the bench is used: each change, each night, each release."),
    END,
};

const struct kl_field kl_test_fields[] = {
    FIELD("goal", PROSE, "Goal", "What the tests must show before anything is shipped."),
    FIELD("cases", LIST, "Cases", "Your own cases, besides those that follow from requirements.",
          .item = ITEM(RECORD, .fields = case_fields), .expected = true),
    FIELD("hardware_in_the_loop", RECORD, "Hardware in the loop", "The bench with real devices.",
          .fields = bench_fields, .expected = true),
    FIELD("acceptance", PROSE, "Acceptance", "Who accepts, and on which grounds.",
          .expected = true),
    FIELD("confidence", SHARE, "Confidence", "How sure results must be, such as 95 %."),
    FIELD("on_failure", PROSE, "On failure", "What happens when a case fails."),
    END,
};

static const struct kl_field version_fields[] = {
    FIELD("model", TEXT, "Model", "Version of the model.", .expected = true),
    FIELD("code", TEXT, "Code", "Version or commit of the firmware's source.", .expected = true),
    FIELD("data", TEXT, "Data", "Version of the data that trained the model.", .expected = true),
    FIELD("configuration", TEXT, "Configuration", "Version of settings and thresholds.",
          .expected = true),
    FIELD("hardware", TEXT, "Hardware", "Revisions of the board that it is for."),
    END,
};

static const struct kl_field build_fields[] = {
    FIELD("command", TEXT, "Command", "The one command that makes everything that is shipped.",
          .expected = true),
    FIELD("toolchain", TEXT, "Toolchain", "Compiler and tools, with version."),
    FIELD("reproducible", FLAG, "Reproducible", "Do two builds give the same bytes?",
          .expected = true),
    END,
};

static const struct kl_field pipeline_fields[] = {
    FIELD("system", CHOICE, "System", "What runs the checks at each change.",
          .choices = "github gitlab jenkins other none", .expected = true),
    FIELD("file", PATH, "File", "The pipeline's description."),
    FIELD("checks", LIST, "Checks", "What is checked before a change is merged.",
          .item = ITEM(TEXT)),
    FIELD("hardware", TEXT, "Hardware", "How the bench with real devices is reached."),
    END,
};

static const struct kl_field approval_fields[] = {
    FIELD("role", TEXT, "Role", "Which view is approved: safety, security, quality, product.",
          .required = true),
    FIELD("by", TEXT, "By", "Who approves: a name, or the id of one of the people.",
          .expected = true),
    FIELD("date", DATE, "Date", "When it was approved."),
    FIELD("remark", TEXT, "Remark", "Conditions, if there are any."),
    END,
};

static const struct kl_field update_fields[] = {
    FIELD("mechanism", TEXT, "Mechanism", "How a version gets on the device.", .expected = true),
    FIELD("signed", FLAG, "Signed", "Are origin and integrity proven on the device?",
          .expected = true),
    FIELD("encrypted", FLAG, "Encrypted", "Is the update itself encrypted, besides its way?"),
    FIELD("key", TEXT, "Key", "Name of the key in the key ceremony."),
    END,
};

static const struct kl_field rollback_fields[] = {
    FIELD("trigger", TEXT, "Trigger", "What makes a device or a person go back.", .expected = true),
    FIELD("to", TEXT, "Back to", "The version that is returned to."),
    FIELD("how", PROSE, "How", "What is done, in order.", .expected = true),
    FIELD("within", QUANTITY, "Within", "How long it may take.", .dimension = &KL_SECONDS,
          .example = SOME_DAYS),
    FIELD("tested", DATE, "Tested", "When it was last tried."),
    END,
};

const struct kl_field kl_release_fields[] = {
    FIELD("versions", RECORD, "Versions", "What belongs together in this release.",
          .fields = version_fields, .expected = true),
    FIELD("bundle", LIST, "Bundle", "Files that are shipped; each is hashed.", .item = ITEM(PATH),
          .expected = true),
    FIELD("sbom", PATH, "Bill of materials", "Where the list of software parts is written."),
    FIELD("build", RECORD, "Build", "How the bundle is made.", .fields = build_fields,
          .expected = true),
    FIELD("pipeline", RECORD, "Pipeline", "What checks each change by itself.",
          .fields = pipeline_fields, .expected = true),
    FIELD("approvals", LIST, "Approvals", "Who must agree before it is shipped.",
          .item = ITEM(RECORD, .fields = approval_fields), .expected = true),
    FIELD("update", RECORD, "Update", "How it gets on devices.", .fields = update_fields,
          .expected = true),
    FIELD("rollback", RECORD, "Return", "How to go back to the version before.",
          .fields = rollback_fields, .expected = true),
    FIELD("release_notes", PROSE, "Release notes", "What is new, for those who use it."),
    END,
};
