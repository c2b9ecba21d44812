/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the technical requirements. */
#include "playbook/fields/tables.h"

static const struct kl_field accuracy_fields[] = {
    FIELD("metric", TEXT, "Metric", "What is counted, such as balanced accuracy or F1."),
    FIELD("overall", SHARE, "Overall", "Least share of right answers over everything.",
          .expected = true),
    FIELD("per_class", MAP, "Per class",
          "Least share of right answers in each class: rare classes are often the ones that count.",
          .item = ITEM(SHARE)),
    END,
};

static const struct kl_field battery_fields[] = {
    FIELD("capacity", QUANTITY, "Capacity", "Nominal capacity, as on the label.",
          .dimension = &KL_COULOMBS, .example = SOME_CHARGE, .expected = true),
    FIELD("voltage", QUANTITY, "Voltage", "Nominal voltage.", .dimension = &KL_VOLTS,
          .expected = true),
    FIELD("life", QUANTITY, "Life", "How long one battery must last.", .dimension = &KL_SECONDS,
          .example = LONG_TIME, .expected = true),
    FIELD("self_discharge", QUANTITY, "Self-discharge",
          "Share of the capacity that goes by itself, per time, such as 2 %/a.",
          .dimension = &KL_PER_SECOND, .example = "a share per time such as 2 %/a"),
    FIELD("usable", SHARE, "Usable share",
          "Share of the capacity that can be drawn before the voltage is too low."),
    FIELD("derating", QUANTITY, "Loss in the cold",
          "Share of the capacity lost per degree below 20 degC.", .dimension = &kl_per_celsius,
          .example = "a share per degree such as 0.5 %/degC"),
    FIELD("rechargeable", FLAG, "Rechargeable", "Is it charged in the field?"),
    END,
};

static const struct kl_field environment_fields[] = {
    FIELD("temperature", RANGE, "Temperature", "Lowest and highest air temperature in use.",
          .dimension = &KL_CELSIUS, .expected = true),
    FIELD("humidity", RANGE, "Humidity", "Lowest and highest relative humidity.",
          .dimension = &KL_PLAIN, .example = "a share such as 60 %"),
    FIELD("ingress", TEXT, "Dust and water", "Protection class of the housing, such as IP67."),
    FIELD("shock", TEXT, "Shock and vibration", "What the device meets, such as 5 g at 50 Hz."),
    FIELD("notes", PROSE, "Notes", "Anything else: salt, sun, magnets, people who push buttons."),
    END,
};

static const struct kl_field price_fields[] = {
    FIELD("unit_cost_limit", QUANTITY, "Limit of the unit cost",
          "What one device may cost to make.", .dimension = &KL_MONEY),
    FIELD("class", TEXT, "Price class", "Word for the range, when there is no figure yet."),
    END,
};

static const struct kl_field security_fields[] = {
    FIELD("secure_boot", FLAG, "Secure boot", "Must the device refuse firmware that is not ours?"),
    FIELD("signed_updates", FLAG, "Signed updates",
          "Must origin and integrity of each update be proven before it is used?"),
    FIELD("encrypted_storage", FLAG, "Encrypted storage",
          "Must data on the device be unreadable for whoever opens it?"),
    FIELD("encrypted_transport", FLAG, "Encrypted transport",
          "Must data be unreadable on their way?"),
    FIELD("model_protection", CHOICE, "Protection of the model",
          "How the model is kept from being copied.", .choices = "none obfuscated encrypted"),
    FIELD("on_device_only", FLAG, "Raw data stay on the device",
          "May nothing but results leave the device?"),
    FIELD("notes", PROSE, "Notes", "Other demands of customers or law."),
    END,
};

static const struct kl_field radio_fields[] = {
    FIELD("network", TEXT, "Network", "What connects the device, such as BLE or LoRaWAN."),
    FIELD("bytes_per_day", QUANTITY, "Data per day", "Most bytes that a device may send in a day.",
          .dimension = &KL_BYTES),
    FIELD("longest_silence", QUANTITY, "Longest silence",
          "How long a device may be out of reach before somebody looks after it.",
          .dimension = &KL_SECONDS, .example = SOME_DAYS),
    END,
};

static const struct kl_field update_fields[] = {
    FIELD("over_the_air", FLAG, "Over the air", "Can a device be updated without going there?"),
    FIELD("within", QUANTITY, "Within", "How soon an urgent update must be on the devices.",
          .dimension = &KL_SECONDS, .example = SOME_DAYS),
    FIELD("access", TEXT, "Access", "How hard it is to get to a device once it is installed."),
    END,
};

const struct kl_field kl_requirement_fields[] = {
    FIELD("period", QUANTITY, "Time between decisions", "How often the device decides.",
          .dimension = &KL_SECONDS, .expected = true),
    FIELD("accuracy", RECORD, "Accuracy", "How often it must be right.", .fields = accuracy_fields,
          .expected = true),
    FIELD("false_alarms", QUANTITY, "False alarms",
          "Most false alarms that people put up with, such as 0.1 /h.", .dimension = &KL_PER_SECOND,
          .example = "a rate such as 0.1 /h", .expected = true),
    FIELD("missed", SHARE, "Missed events", "Largest share of real events that it may miss."),
    FIELD("latency", QUANTITY, "Latency", "Longest time from the sensor's data to the decision.",
          .dimension = &KL_SECONDS, .expected = true),
    FIELD("ram", QUANTITY, "RAM", "Most RAM that the model may take.", .dimension = &KL_BYTES,
          .expected = true),
    FIELD("flash", QUANTITY, "Flash", "Most flash that the model and its code may take.",
          .dimension = &KL_BYTES, .expected = true),
    FIELD("energy", QUANTITY, "Energy per decision",
          "Most energy that one decision may take, sensor and features included.",
          .dimension = &KL_JOULES),
    FIELD("power", QUANTITY, "Average power", "Most power that the device may draw on average.",
          .dimension = &KL_WATTS),
    FIELD("load", SHARE, "Load of the processor",
          "Largest share of the time that the processor may be busy with inference."),
    FIELD("battery", RECORD, "Battery", "What it runs from, and for how long.",
          .fields = battery_fields),
    FIELD("environment", RECORD, "Environment", "The place where it must work.",
          .fields = environment_fields, .expected = true),
    FIELD("uptime", SHARE, "Uptime", "Share of the time in which a device must be at work.",
          .expected = true),
    FIELD("lifetime", QUANTITY, "Lifetime", "How long a device is meant to be in use.",
          .dimension = &KL_SECONDS, .example = LONG_TIME, .expected = true),
    FIELD("price", RECORD, "Price", "What a device may cost.", .fields = price_fields),
    FIELD("security", RECORD, "Security", "What must be protected, before it is decided how.",
          .fields = security_fields),
    FIELD("radio", RECORD, "Radio", "What may be sent, and how often.", .fields = radio_fields),
    FIELD("updates", RECORD, "Updates", "How devices in the field get new versions.",
          .fields = update_fields),
    END,
};
