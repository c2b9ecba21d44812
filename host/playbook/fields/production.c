/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapter about production. */
#include "playbook/fields/tables.h"

static const struct kl_field procedure_fields[] = {
    FIELD("step", TEXT, "Step", "What is done.", .required = true),
    FIELD("how", TEXT, "How", "With what, in which order."),
    FIELD("check", TEXT, "Check", "How one sees that it worked."),
    FIELD("takes", QUANTITY, "Takes", "Time for one device.", .dimension = &KL_SECONDS,
          .example = SOME_MINUTES),
    FIELD("who", TEXT, "Who", "Who does it, or which machine."),
    END,
};

static const struct kl_field quality_fields[] = {
    FIELD("name", TEXT, "Quality gate", "What is tested.", .required = true),
    FIELD("limit", TEXT, "Limit", "When a device passes.", .expected = true),
    FIELD("sample", TEXT, "Sample", "Every device, or one in how many."),
    FIELD("on_failure", TEXT, "On failure", "What happens with a device that does not pass.",
          .expected = true),
    END,
};

static const struct kl_field provisioning_fields[] = {
    FIELD("identity", TEXT, "Identity", "How a device gets its own name.", .expected = true),
    FIELD("keys", TEXT, "Keys", "How it gets its keys, and who never sees them.", .expected = true),
    FIELD("registry", TEXT, "Registry", "Where it is entered, and with which facts.",
          .expected = true),
    FIELD("settings", TEXT, "Settings", "What is set for each customer or place."),
    END,
};

static const struct kl_field calibration_fields[] = {
    FIELD("sensor", TEXT, "Sensor", "What is calibrated.", .required = true),
    FIELD("procedure", TEXT, "Procedure", "How, and against which reference.", .expected = true),
    FIELD("tolerance", TEXT, "Tolerance", "How far off it may be."),
    FIELD("valid_for", QUANTITY, "Valid for", "When it must be done again.",
          .dimension = &KL_SECONDS, .example = LONG_TIME),
    END,
};

static const struct kl_field label_fields[] = {
    FIELD("content", LIST, "Content", "What is printed: name, serial number, marks, a code.",
          .item = ITEM(TEXT), .expected = true),
    FIELD("place", TEXT, "Place", "Where it sticks, so that it can be read once installed."),
    FIELD("lasts", TEXT, "Lasts", "What it must withstand."),
    END,
};

static const struct kl_field logistics_fields[] = {
    FIELD("packaging", TEXT, "Packaging", "What is in the box."),
    FIELD("shipping", TEXT, "Shipping", "How it travels; batteries have rules of their own."),
    FIELD("storage", TEXT, "Storage", "How long and how it may lie before use."),
    FIELD("spares", SHARE, "Spares", "Share of devices made in addition."),
    FIELD("lead_time", QUANTITY, "Lead time", "From order to delivery.", .dimension = &KL_SECONDS,
          .example = SOME_DAYS),
    FIELD("returns", TEXT, "Returns", "Where broken devices go."),
    END,
};

static const struct kl_field task_fields[] = {
    FIELD("task", TEXT, "Task", "What is done.", .required = true),
    FIELD("from", DATE, "From", "First day.", .required = true),
    FIELD("to", DATE, "To", "Last day.", .required = true),
    FIELD("who", TEXT, "Who", "Who does it.", .expected = true),
    END,
};

static const struct kl_field resource_fields[] = {
    FIELD("name", TEXT, "Resource", "People, machines, rooms, money.", .required = true),
    FIELD("amount", TEXT, "Amount", "How much of it.", .expected = true),
    FIELD("for", TEXT, "For", "Which task needs it."),
    FIELD("cost", QUANTITY, "Cost", "What it costs.", .dimension = &KL_MONEY),
    END,
};

static const struct kl_field trouble_fields[] = {
    FIELD("symptom", TEXT, "Symptom", "What a person in the field sees.", .required = true),
    FIELD("cause", TEXT, "Cause", "What is most likely behind it.", .expected = true),
    FIELD("remedy", TEXT, "Remedy", "What to do, with the tools at hand.", .expected = true),
    FIELD("else", TEXT, "Else", "Whom to call when that does not help."),
    END,
};

static const struct kl_field fitting_fields[] = {
    FIELD("tools", LIST, "Tools", "What to bring.", .item = ITEM(TEXT)),
    FIELD("skill", TEXT, "Skill", "Who may do it."),
    FIELD("takes", QUANTITY, "Takes", "Time for one device.", .dimension = &KL_SECONDS,
          .example = SOME_MINUTES),
    FIELD("safety", TEXT, "Safety", "What to watch out for."),
    END,
};

const struct kl_field kl_production_fields[] = {
    FIELD("maker", TEXT, "Maker", "Who makes it, and where."),
    FIELD("volume", NUMBER, "Volume", "How many devices are made in the first lot."),
    FIELD("factory", LIST, "Factory procedure", "From bare board to closed box.",
          .item = ITEM(RECORD, .fields = procedure_fields), .expected = true),
    FIELD("quality", LIST, "Quality gates", "What each device or lot must pass.",
          .item = ITEM(RECORD, .fields = quality_fields), .expected = true),
    FIELD("provisioning", RECORD, "Provisioning", "How a device gets its identity.",
          .fields = provisioning_fields, .expected = true),
    FIELD("calibration", LIST, "Calibration", "What is adjusted on each device.",
          .item = ITEM(RECORD, .fields = calibration_fields), .expected = true),
    FIELD("label", RECORD, "Label", "What is printed on the device.", .fields = label_fields,
          .expected = true),
    FIELD("logistics", RECORD, "Logistics", "How devices get to the place of use.",
          .fields = logistics_fields, .expected = true),
    FIELD("timeline", LIST, "Timeline", "Who does what from when to when.",
          .item = ITEM(RECORD, .fields = task_fields), .expected = true),
    FIELD("resources", LIST, "Resources", "What the plan needs.",
          .item = ITEM(RECORD, .fields = resource_fields), .expected = true),
    FIELD("fitting", RECORD, "Before installation", "What the person in the field needs.",
          .fields = fitting_fields),
    FIELD("installation", LIST, "Installation", "How a device is put in place.",
          .item = ITEM(RECORD, .fields = procedure_fields), .expected = true),
    FIELD("troubleshooting", LIST, "Help in the field", "What to do when something is wrong.",
          .item = ITEM(RECORD, .fields = trouble_fields), .expected = true),
    END,
};
