/* SPDX-License-Identifier: Apache-2.0 */
/* What the chapters say about security and privacy must agree. */
#include <string.h>

#include "playbook/file/contradictions.h"

/* What is stated at a path, or the place where it could be. */
static const struct kl_yaml *node_at(const struct kl_loader *loader, const char *path)
{
    return kl_playbook_field(loader->playbook, path);
}

static bool is_word(const struct kl_loader *loader, const char *path, const char *word)
{
    return strcmp(kl_yaml_text(node_at(loader, path), ""), word) == 0;
}

static void check_personal_data(struct kl_loader *loader)
{
    const struct kl_yaml *personal = node_at(loader, "security.data_protection.personal_data");
    const struct kl_yaml *needed = node_at(loader, "data.consent.needed");
    bool is_personal = kl_stated_flag(loader, "security.data_protection.personal_data", true);
    bool not_personal = kl_stated_flag(loader, "security.data_protection.personal_data", false);
    bool is_needed = kl_stated_flag(loader, "data.consent.needed", true);
    bool not_needed = kl_stated_flag(loader, "data.consent.needed", false);
    if ((is_personal && not_needed) || (not_personal && is_needed)) {
        kl_loader_error(loader, needed,
                        "this says that the data tell %s about people, but "
                        "security.data_protection.personal_data (%s:%u) says the contrary; make "
                        "them agree",
                        is_needed ? "something" : "nothing", personal->origin, personal->line);
    }
}

/* The legal basis: the data-protection sheet has the last word. */
static const struct kl_yaml *stated_basis(const struct kl_loader *loader)
{
    const struct kl_yaml *basis = node_at(loader, "security.data_protection.basis");
    return basis ? basis : node_at(loader, "data.consent.basis");
}

/* The line to point at when data about people are kept, or at least collected. */
static const struct kl_yaml *stated_data(const struct kl_loader *loader, bool *kept)
{
    static const char *const paths[] = {"data.retention.raw", "security.data_protection.retention",
                                        "security.data_protection.personal_data",
                                        "data.consent.needed"};
    const struct kl_yaml *node = NULL;
    size_t i = 0;
    for (; !node; i++) {
        node = node_at(loader, paths[i]);
    }
    *kept = i <= 2;
    return node;
}

/* Data about people must not be kept without a ground for it. */
static void check_basis(struct kl_loader *loader)
{
    const struct kl_yaml *basis = stated_basis(loader);
    const char *word = kl_yaml_text(basis, "none");
    bool kept;
    bool is_personal = kl_stated_flag(loader, "security.data_protection.personal_data", true) ||
                       kl_stated_flag(loader, "data.consent.needed", true);
    if (is_personal && strcmp(word, "none") == 0) {
        const struct kl_yaml *data = stated_data(loader, &kept);
        kl_loader_error(loader, basis ? basis : data,
                        "data about people are %s%.40s without a legal basis; state "
                        "security.data_protection.basis, or do not collect them",
                        kept ? "kept for " : "collected", kept ? kl_yaml_text(data, "") : "");
    }
    if (strcmp(word, "consent") == 0 && !node_at(loader, "data.consent.text")) {
        kl_loader_error(loader, basis,
                        "the data rest on consent, but data.consent.text does not say what people "
                        "agree to; write it down");
    }
}

/* Two flags or words that contradict each other. */
struct clash {
    const char *demand;      /* a flag that is true, or a word */
    const char *demand_word; /* NULL: the flag true */
    const char *other;
    const char *other_word; /* NULL: the flag false */
    const char *text;
};

static const struct clash clashes[] = {
    {"requirements.security.signed_updates", NULL, "release.update.signed", NULL,
     "updates must be signed, but those of the release are not"},
    {"requirements.security.model_protection", "encrypted", "release.update.encrypted", NULL,
     "the model must be encrypted, but updates that carry it are not"},
    {"requirements.security.secure_boot", NULL, "hardware.need.secure_boot", "none",
     "secure boot is required, but the board need not have it"},
};

static void check_clashes(struct kl_loader *loader)
{
    for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
        const struct clash *c = &clashes[i];
        bool demanded = c->demand_word ? is_word(loader, c->demand, c->demand_word)
                                       : kl_stated_flag(loader, c->demand, true);
        bool denied = c->other_word ? is_word(loader, c->other, c->other_word)
                                    : kl_stated_flag(loader, c->other, false);
        if (demanded && denied) {
            const struct kl_yaml *demand = node_at(loader, c->demand);
            kl_loader_error(loader, node_at(loader, c->other), "%s (%s, %s:%u); change one of them",
                            c->text, c->demand, demand->origin, demand->line);
        }
    }
}

/* Samples from the field are raw data. */
static void check_on_device(struct kl_loader *loader)
{
    const struct kl_yaml *samples = node_at(loader, "monitoring.retraining.what");
    const struct kl_yaml *rule = node_at(loader, "requirements.security.on_device_only");
    if (samples && kl_stated_flag(loader, "requirements.security.on_device_only", true) &&
        kl_stated_at(loader, "monitoring.retraining.bytes_per_day", KL_BYTES).value > 0) {
        kl_loader_error(loader, samples,
                        "samples come back from the field, but raw data must stay on the device "
                        "(%s:%u); change one of them",
                        rule->origin, rule->line);
    }
}

/* A release is open as long as a severe threat is. */
static void check_threats(struct kl_loader *loader)
{
    const struct kl_yaml *threats = kl_stated_list(loader, "security.threats");
    for (size_t i = 0; threats && i < threats->count; i++) {
        const struct kl_yaml *threat = threats->items[i];
        const struct kl_yaml *status = kl_yaml_get(threat, "status");
        bool open = strcmp(kl_yaml_text(status, ""), "open") == 0;
        bool severe = strcmp(kl_yaml_text(kl_yaml_get(threat, "impact"), ""), "high") == 0 &&
                      strcmp(kl_yaml_text(kl_yaml_get(threat, "likelihood"), ""), "high") == 0;
        if (open && severe) {
            kl_loader_warn(loader, status,
                           "the threat '%.60s' is likely, severe and open; treat "
                           "it first",
                           kl_yaml_text(kl_yaml_get(threat, "name"), "?"));
        }
    }
}

void kl_contradictions_of_protection(struct kl_loader *loader)
{
    check_personal_data(loader);
    check_basis(loader);
    check_clashes(loader);
    check_on_device(loader);
    check_threats(loader);
}
