/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapter about hardware. */
#include "playbook/fields/tables.h"

/* The words of each fact about boards, as target/facts.def has them. As arrays inside an object
 * they are constants that a table can point to. */
static const struct {
#define FACT(key, kind, dimension, label, choices) char key[sizeof choices];
#include "target/facts.def"
#undef FACT
} words = {
#define FACT(key, kind, dimension, label, choices) choices,
#include "target/facts.def"
#undef FACT
};

static const struct kl_field need_fields[] = {
    FIELD("sensors", LIST, "Sensors", "Sensors that must be on the board.",
          .item = ITEM(CHOICE, .choices = words.sensors)),
    FIELD("radios", LIST, "Radios", "Radios and networks that must be on the board.",
          .item = ITEM(CHOICE, .choices = words.radios)),
    FIELD("crypto", LIST, "Cryptography", "Accelerators that the board must have.",
          .item = ITEM(CHOICE, .choices = words.crypto)),
    FIELD("secure_boot", CHOICE, "Secure boot", "The least kind of secure boot.",
          .choices = words.secure_boot),
    FIELD("key_storage", CHOICE, "Key storage", "The least kind of storage for keys.",
          .choices = words.key_storage),
    FIELD("price_class", CHOICE, "Price class", "The highest price class of a board.",
          .choices = words.price_class),
    FIELD("sdks", LIST, "Software", "Software ecosystems that the team wants to use.",
          .item = ITEM(CHOICE, .choices = words.sdks)),
    FIELD("form_factor", TEXT, "Form factor", "Size and shape that it must fit into."),
    FIELD("notes", PROSE, "Notes", "Wishes that no figure can express."),
    END,
};

static const struct kl_field weight_fields[] = {
    FIELD("latency", NUMBER, "Latency", "Weight of the headroom to the latency limit."),
    FIELD("energy", NUMBER, "Energy", "Weight of little energy per inference."),
    FIELD("battery", NUMBER, "Battery", "Weight of a long battery life."),
    FIELD("memory", NUMBER, "Memory", "Weight of the headroom in RAM and flash."),
    FIELD("ecosystem", NUMBER, "Ecosystem", "Weight of good software and a large community."),
    FIELD("security", NUMBER, "Security", "Weight of secure boot, key storage and cryptography."),
    FIELD("cost", NUMBER, "Cost", "Weight of a low price."),
    FIELD("availability", NUMBER, "Availability", "Weight of a part that can be bought for long."),
    END,
};

static const struct kl_field feature_fields[] = {
    FIELD("duration", QUANTITY, "Duration", "Time for the features of one decision, as measured.",
          .dimension = &KL_SECONDS),
    FIELD("cycles", NUMBER, "Cycles", "The same in cycles, when no time is known."),
    FIELD(
        "pipeline", TEXT, "Pipeline",
        "Instead: a feature pipeline, file or name, which is compiled and counted with the model."),
    END,
};

static const struct kl_field sensor_load_fields[] = {
    FIELD("name", TEXT, "Name", "Part number of the sensor."),
    FIELD("duration", QUANTITY, "Duration", "Time that it is on for one decision.",
          .dimension = &KL_SECONDS),
    FIELD("current", QUANTITY, "Current", "What it draws while it is on.",
          .dimension = &KL_AMPERES),
    END,
};

static const struct kl_field radio_load_fields[] = {
    FIELD("duration", QUANTITY, "Duration", "Time that the radio is on for one message.",
          .dimension = &KL_SECONDS),
    FIELD("period", QUANTITY, "Period", "Time between two messages.", .dimension = &KL_SECONDS),
    FIELD("current", QUANTITY, "Current",
          "What it draws while it is on; left out: as the board's facts say.",
          .dimension = &KL_AMPERES),
    END,
};

static const struct kl_field workload_fields[] = {
    FIELD("features", RECORD, "Features", "What is computed before the model.",
          .fields = feature_fields),
    FIELD("sensor", RECORD, "Sensor", "What the sensor takes for one decision.",
          .fields = sensor_load_fields),
    FIELD("radio", RECORD, "Radio", "What sending takes.", .fields = radio_load_fields),
    END,
};

static const struct kl_field reserved_fields[] = {
    FIELD("ram", QUANTITY, "RAM", "For everything but the model.", .dimension = &KL_BYTES),
    FIELD("flash", QUANTITY, "Flash", "For everything but the model, both slots of an update too.",
          .dimension = &KL_BYTES),
    END,
};

static const struct kl_field sensor_fields[] = {
    FIELD("name", TEXT, "Sensor", "Part number.", .required = true),
    FIELD("measures", TEXT, "Measures", "What it measures, with range and rate."),
    FIELD("quality", TEXT, "Quality", "Noise, drift and spread between parts, and who checked it.",
          .expected = true),
    FIELD("why", TEXT, "Why", "Why it is good enough for the model."),
    END,
};

const struct kl_field kl_hardware_fields[] = {
    FIELD("need", RECORD, "What the board must have", "A board without it is left out.",
          .fields = need_fields, .expected = true),
    FIELD("candidates", LIST, "Candidates",
          "Names of boards, or board files of your own; left out: all known boards.",
          .item = ITEM(TEXT)),
    FIELD("weights", RECORD, "Weights", "What counts more among boards that meet every limit.",
          .fields = weight_fields, .expected = true),
    FIELD("models", LIST, "Models", "Models that run for each decision.", .item = ITEM(PATH)),
    FIELD("workload", RECORD, "Workload", "What a decision takes besides the model.",
          .fields = workload_fields, .expected = true),
    FIELD("reserved", RECORD, "Reserved memory", "What the rest of the firmware needs.",
          .fields = reserved_fields),
    FIELD("sensors", LIST, "Sensors", "The sensors, and whether their data are good enough.",
          .item = ITEM(RECORD, .fields = sensor_fields)),
    FIELD("chosen", TEXT, "Chosen board", "Name of the board, or its board file.",
          .expected = true),
    FIELD("rationale", PROSE, "Rationale", "Why this one, and what would change the choice.",
          .expected = true),
    FIELD("second_source", TEXT, "Second source", "What is used when the board cannot be had."),
    END,
};
