/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/select_request.h"

#include <math.h>
#include <string.h>

#include "base/nearest.h"

/* One quantity of a request: as an option and as a field of a playbook. */
struct quantity {
    const char *option, *argument, *help;
    const char *field;
    const struct kl_dimension *dimension;
    size_t offset;
    bool bytes; /* the member is an uint32_t, else a double */
};

#define AT(member) offsetof(struct kl_select_request, member)

static const struct quantity quantities[] = {
    {"--ram", "SIZE", "most RAM that the models may take", "requirements.ram", &KL_BYTES, AT(ram),
     true},
    {"--flash", "SIZE", "most flash that the models may take", "requirements.flash", &KL_BYTES,
     AT(flash), true},
    {"--ram-reserved", "SIZE", "RAM that the rest of the firmware needs", "hardware.reserved.ram",
     &KL_BYTES, AT(ram_reserved), true},
    {"--flash-reserved", "SIZE", "flash that the rest of the firmware needs",
     "hardware.reserved.flash", &KL_BYTES, AT(flash_reserved), true},
    {"--latency", "TIME", "longest time of a decision", "requirements.latency", &KL_SECONDS,
     AT(latency), false},
    {"--energy", "ENERGY", "most energy of a decision", "requirements.energy", &KL_JOULES,
     AT(energy), false},
    {"--period", "TIME", "time between decisions (default: 1 s)", "requirements.period",
     &KL_SECONDS, AT(period), false},
    {"--battery", "CHARGE", "capacity of the battery, e.g. 225mAh", "requirements.battery.capacity",
     &KL_COULOMBS, AT(battery.capacity), false},
    {"--battery-voltage", "V", "its nominal voltage", "requirements.battery.voltage", &KL_VOLTS,
     AT(battery.voltage), false},
    {"--battery-life", "TIME", "how long it must last, e.g. 365d", "requirements.battery.life",
     &KL_SECONDS, AT(battery_life), false},
    {"--self-discharge", "RATE", "of the battery, e.g. 2%/a", "requirements.battery.self_discharge",
     &KL_PER_SECOND, AT(battery.self_discharge), false},
    {"--usable", "SHARE", "of the capacity (default: 100%)", "requirements.battery.usable",
     &KL_PLAIN, AT(battery.usable), false},
    {"--temperature-min", "T", "lowest temperature in use, e.g. -20C",
     "requirements.environment.temperature.0", &KL_CELSIUS, AT(temperature_min), false},
    {"--temperature-max", "T", "highest temperature in use",
     "requirements.environment.temperature.1", &KL_CELSIUS, AT(temperature_max), false},
    {"--features", "TIME", "for the features of a decision", "hardware.workload.features.duration",
     &KL_SECONDS, AT(feature_seconds), false},
    {"--feature-cycles", "N", "the same in cycles of a Cortex-M4",
     "hardware.workload.features.cycles", &KL_PLAIN, AT(feature_cycles), false},
    {"--sensor", "TIME", "that the sensor is on for a decision",
     "hardware.workload.sensor.duration", &KL_SECONDS, AT(sensor_seconds), false},
    {"--sensor-current", "A", "what it draws", "hardware.workload.sensor.current", &KL_AMPERES,
     AT(sensor_current), false},
    {"--radio", "TIME", "that the radio is on for a message", "hardware.workload.radio.duration",
     &KL_SECONDS, AT(radio_seconds), false},
    {"--radio-period", "TIME", "between messages", "hardware.workload.radio.period", &KL_SECONDS,
     AT(radio_period), false},
    {"--radio-current", "A", "what it draws (default: the board's)",
     "hardware.workload.radio.current", &KL_AMPERES, AT(radio_current), false},
    /* Its unit, a share per degree, has no name: a plain number or percentage. */
    {"--derating", "SHARE", "of the capacity lost per degree below 20 C", NULL, &KL_PLAIN,
     AT(battery.derating), false},
};
_Static_assert(sizeof quantities / sizeof quantities[0] == KL_SELECT_QUANTITIES, "one text each");

/* Words that a board must have. */
static const struct word_list {
    const char *option, *argument, *help, *field;
    enum kl_fact_id fact;
    size_t offset;
} word_lists[] = {
    {"--sensors", "WORDS", "on the board, e.g. microphone,light", "hardware.need.sensors",
     KL_FACT_ID_sensors, AT(sensors)},
    {"--radios", "WORDS", "on the board, e.g. ble", "hardware.need.radios", KL_FACT_ID_radios,
     AT(radios)},
    {"--crypto", "WORDS", "accelerators, e.g. aes,ecc", "hardware.need.crypto", KL_FACT_ID_crypto,
     AT(crypto)},
    {"--sdks", "WORDS", "software, one of, e.g. zephyr,arduino", "hardware.need.sdks",
     KL_FACT_ID_sdks, AT(sdks)},
    {"--secure-boot", "WORD", "at least: software or hardware", "hardware.need.secure_boot",
     KL_FACT_ID_secure_boot, AT(secure_boot)},
    {"--key-storage", "WORD", "at least, e.g. otp", "hardware.need.key_storage",
     KL_FACT_ID_key_storage, AT(key_storage)},
    {"--price", "CLASS", "at most, e.g. 10-to-25 (USD)", "hardware.need.price_class",
     KL_FACT_ID_price_class, AT(price_class)},
};
_Static_assert(sizeof word_lists / sizeof word_lists[0] == KL_SELECT_WORDS, "one text each");
_Static_assert(KL_SELECT_QUANTITIES + KL_SELECT_WORDS + 6 <= KL_SELECT_OPTIONS,
               "the option table is too small");

void kl_select_option_table(struct kl_select_options *options,
                            struct kl_option table[KL_SELECT_OPTIONS])
{
    size_t count = 0;
    table[count++] =
        (struct kl_option){.name = "--board",
                           .argument = "B",
                           .help = "a candidate, name or file; may be repeated (default: all)",
                           .list = &options->boards};
    for (size_t i = 0; i < KL_SELECT_QUANTITIES; i++) {
        table[count++] = (struct kl_option){.name = quantities[i].option,
                                            .argument = quantities[i].argument,
                                            .help = quantities[i].help,
                                            .text = &options->quantities[i]};
    }
    for (size_t i = 0; i < KL_SELECT_WORDS; i++) {
        table[count++] = (struct kl_option){.name = word_lists[i].option,
                                            .argument = word_lists[i].argument,
                                            .help = word_lists[i].help,
                                            .text = &options->words[i]};
    }
    table[count++] = (struct kl_option){
        .name = "--pipeline",
        .argument = "PIPELINE",
        .help = "compile a feature pipeline (a file, or mfcc, log-mel, ..) with the models",
        .text = &options->pipeline};
    table[count++] = (struct kl_option){.name = "--weight",
                                        .argument = "NAME=N",
                                        .help = "of a criterion, e.g. cost=3",
                                        .list = &options->weights};
    table[count++] = (struct kl_option){.name = "--page",
                                        .argument = "FILE",
                                        .help = "write the result as an HTML page, too",
                                        .text = &options->page};
    table[count++] = (struct kl_option){
        .name = "--no-cache", .help = "compile and count anew", .flag = &options->no_cache};
    table[count] = (struct kl_option){.name = NULL};
}

void kl_select_request_init(struct kl_select_request *request)
{
    *request = (struct kl_select_request){.temperature_min = NAN, .temperature_max = NAN};
    request->battery.usable = 1;
    request->battery.temperature = NAN;
}

/* Store a value that was checked for its dimension. False: it cannot be one of a request. */
static bool store(const struct quantity *q, double value, struct kl_select_request *request)
{
    void *member = (char *)request + q->offset;
    bool cold = kl_dimension_equal(*q->dimension, KL_CELSIUS);
    if ((value < 0 && !cold) || (q->bytes && value > UINT32_MAX)) {
        return false;
    }
    if (q->bytes) {
        *(uint32_t *)member = (uint32_t)value;
    } else {
        *(double *)member = value;
    }
    return true;
}

static bool read_quantity(const struct quantity *q, const char *text,
                          struct kl_select_request *request)
{
    struct kl_value value;
    return kl_value_parse(text, strlen(text), &value) &&
           kl_dimension_equal(value.dimension, *q->dimension) && store(q, value.value, request);
}

static enum kl_err read_playbook_quantity(const struct kl_playbook *playbook,
                                          const struct quantity *q,
                                          struct kl_select_request *request, struct kl_diag *diag)
{
    const struct kl_yaml *node = q->field ? kl_playbook_field(playbook, q->field) : NULL;
    if (!node || read_quantity(q, kl_yaml_text(node, ""), request)) {
        return KL_OK;
    }
    return kl_yaml_fail(node, diag, "%s: expected %s", q->field,
                        kl_dimension_example(*q->dimension));
}

/* A list of words as one text. */
static enum kl_err read_playbook_words(const struct kl_playbook *playbook,
                                       const struct word_list *words,
                                       struct kl_select_request *request, struct kl_diag *diag)
{
    const struct kl_yaml *node = kl_playbook_field(playbook, words->field);
    const char *text = kl_yaml_text(node, "");
    for (size_t i = 0; node && node->kind == KL_YAML_LIST && i < node->count; i++) {
        text = kl_arena_printf(playbook->arena, "%s%s%s", text, i > 0 ? " " : "",
                               kl_yaml_text(node->items[i], ""));
        if (!text) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    if (*text) {
        *(const char **)((char *)request + words->offset) = text;
    }
    return KL_OK;
}

static bool is_file(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

/* A list of paths (or names of boards, which stay as they are). NULL when memory ran out. */
static const char *const *read_paths(const struct kl_playbook *playbook, const struct kl_yaml *node,
                                     bool boards)
{
    const char **paths = KL_NEW(playbook->arena, const char *, node->count + 1);
    for (size_t i = 0; paths && i < node->count; i++) {
        const char *text = kl_yaml_text(node->items[i], "");
        paths[i] = boards && !is_file(text) ? text : kl_playbook_file(playbook, text);
        if (!paths[i]) {
            return NULL;
        }
    }
    return paths;
}

static enum kl_err read_playbook_lists(const struct kl_playbook *playbook,
                                       struct kl_select_request *request, struct kl_diag *diag)
{
    const struct kl_yaml *models = kl_playbook_field(playbook, "hardware.models");
    const struct kl_yaml *candidates = kl_playbook_field(playbook, "hardware.candidates");
    const char *pipeline =
        kl_yaml_text(kl_playbook_field(playbook, "hardware.workload.features.pipeline"), "");
    if (*pipeline) {
        bool file = strpbrk(pipeline, "/.") != NULL;
        request->pipeline = file ? kl_playbook_file(playbook, pipeline) : pipeline;
    }
    if (models) {
        request->models = read_paths(playbook, models, false);
        request->model_count = models->count;
    }
    if (candidates) {
        request->candidates = read_paths(playbook, candidates, true);
        request->candidate_count = candidates->count;
    }
    bool failed = (*pipeline && !request->pipeline) || (models && !request->models) ||
                  (candidates && !request->candidates);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static enum kl_err read_playbook_weights(const struct kl_playbook *playbook,
                                         struct kl_select_request *request, struct kl_diag *diag)
{
    const struct kl_yaml *weights = kl_playbook_field(playbook, "hardware.weights");
    for (size_t i = 0; i < KL_CRITERION_COUNT; i++) {
        struct kl_value value;
        const struct kl_yaml *node = kl_yaml_get(weights, kl_criterion_names[i]);
        const char *text = kl_yaml_text(node, "");
        if (!node) {
            continue;
        }
        if (!kl_value_parse(text, strlen(text), &value) || value.value < 0 ||
            !kl_dimension_equal(value.dimension, KL_PLAIN)) {
            return kl_yaml_fail(node, diag, "hardware.weights.%s: expected a number from 0 on",
                                kl_criterion_names[i]);
        }
        request->weights[i] = value.value;
    }
    return KL_OK;
}

/* "0.5 %/degC": a share per degree. */
static void read_derating(const struct kl_playbook *playbook, struct kl_select_request *request)
{
    struct kl_value value;
    const struct kl_dimension per_degree = {.celsius = -1};
    if (kl_playbook_value(playbook, "requirements.battery.derating", &value) && value.value >= 0 &&
        kl_dimension_equal(value.dimension, per_degree)) {
        request->battery.derating = value.value;
    }
}

enum kl_err kl_select_request_playbook(const struct kl_playbook *playbook,
                                       struct kl_select_request *request, struct kl_diag *diag)
{
    bool secure = false;
    for (size_t i = 0; i < KL_SELECT_QUANTITIES; i++) {
        KL_TRY(read_playbook_quantity(playbook, &quantities[i], request, diag));
    }
    for (size_t i = 0; i < KL_SELECT_WORDS; i++) {
        KL_TRY(read_playbook_words(playbook, &word_lists[i], request, diag));
    }
    read_derating(playbook, request);
    KL_TRY(read_playbook_weights(playbook, request, diag));
    (void)kl_yaml_flag(kl_playbook_field(playbook, "requirements.security.secure_boot"), &secure);
    if (secure && !request->secure_boot) {
        request->secure_boot = "software";
    }
    return read_playbook_lists(playbook, request, diag);
}

static enum kl_err read_weight(const char *text, struct kl_select_request *request,
                               struct kl_diag *diag)
{
    struct kl_value value;
    char name[32];
    size_t length = strcspn(text, "=");
    const char *number = text + length + (text[length] == '=');
    bool good = length < sizeof name && text[length] == '=' &&
                kl_value_parse(number, strlen(number), &value) && value.value >= 0 &&
                kl_dimension_equal(value.dimension, KL_PLAIN);
    if (!good) {
        return kl_fail(diag, KL_EUSAGE, "--weight takes NAME=NUMBER such as cost=3, not '%.60s'",
                       text);
    }
    memcpy(name, text, length);
    name[length] = '\0';
    for (size_t i = 0; i < KL_CRITERION_COUNT; i++) {
        if (strcmp(name, kl_criterion_names[i]) == 0) {
            request->weights[i] = value.value;
            return KL_OK;
        }
    }
    const char *near = kl_nearest(name, kl_criterion_names, KL_CRITERION_COUNT);
    return kl_fail(diag, KL_EUSAGE,
                   "--weight: unknown criterion '%s'%s%s%s; known are latency, energy, battery, "
                   "memory, ecosystem, security, cost and availability",
                   name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* What follows from the rest: limits are for the models, and a request counts everything. */
static void complete(struct kl_select_request *r)
{
    uint32_t ram = UINT32_MAX - r->ram_reserved;
    uint32_t flash = UINT32_MAX - r->flash_reserved;
    r->ram = r->ram == 0 ? 0 : (r->ram < ram ? r->ram : ram) + r->ram_reserved;
    r->flash = r->flash == 0 ? 0 : (r->flash < flash ? r->flash : flash) + r->flash_reserved;
    r->has_battery = r->battery.capacity > 0;
    r->battery.temperature = isnan(r->temperature_min) ? 20 : r->temperature_min;
}

enum kl_err kl_select_request_options(const struct kl_select_options *options,
                                      struct kl_select_request *request, struct kl_diag *diag)
{
    for (size_t i = 0; i < KL_SELECT_QUANTITIES; i++) {
        const char *text = options->quantities[i];
        if (text && !read_quantity(&quantities[i], text, request)) {
            return kl_fail(diag, KL_EUSAGE, "%s takes %s, not '%.60s'", quantities[i].option,
                           kl_dimension_example(*quantities[i].dimension), text);
        }
    }
    for (size_t i = 0; i < KL_SELECT_WORDS; i++) {
        if (options->words[i]) {
            KL_TRY(kl_select_check_words(word_lists[i].fact, options->words[i],
                                         word_lists[i].option, diag));
            *(const char **)((char *)request + word_lists[i].offset) = options->words[i];
        }
    }
    request->pipeline = options->pipeline ? options->pipeline : request->pipeline;
    for (int i = 0; i < options->weights.count; i++) {
        KL_TRY(read_weight(options->weights.items[i], request, diag));
    }
    if (options->boards.count) {
        request->candidates = options->boards.items;
        request->candidate_count = (size_t)options->boards.count;
    }
    complete(request);
    bool unusable = request->battery.usable > 1;
    return unusable ? kl_fail(diag, KL_EUSAGE, "the usable share of a battery is at most 100%%")
                    : KL_OK;
}
