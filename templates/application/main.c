/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application: sensor -> features and model -> decision -> action and telemetry, asleep in
 * between, with an agent that lets it be managed. docs/guide/application.md says how to make it
 * yours. model.h and model.c are what `kinglet compile --name app --events thresholds.json` wrote.
 */
#include <stdalign.h>
#include <string.h>

#include "app.h"
#include "kinglet/boot_config.h"
#include "kinglet/capture_group.h"
#include "kinglet/events.h"
#include "kinglet/image_group.h"
#include "kinglet/manage.h"
#include "kinglet/model.h"
#include "kinglet/monitor_group.h"
#include "kinglet/port_device.h"
#include "kinglet/settings.h"
#include "kinglet/trailer.h"
#include "model.h"
#include "port/startup.h"

enum {
    CHANNELS = 3,
    WINDOW = APP_INPUT_0_BYTES / CHANNELS, /* frames that the model looks at */
    HOP = WINDOW / 2,                      /* frames from one inference to the next: the one that
                                            * the thresholds were found for */
    NAP = 2000,          /* microseconds of sleep, after which sensor and agent are looked at */
    SILENCE = 1000000,   /* microseconds without a frame, after which the sensor has failed */
    DAY = 24 * 60 * 60,  /* seconds from record to record */
    KEPT = 512,          /* frames for whoever records them */
    SETTING_KEY = 256,   /* for telemetry, KL_SEAL_KEY_BYTES */
    SETTING_STARTS = 257 /* how often the device started: makes numbers of records unique */
};

struct app {
    const struct kl_sensor *sensor;
    int16_t window[WINDOW * CHANNELS]; /* the oldest frame first */
    uint32_t fresh;                    /* frames since the last inference; at first, all of them */
    uint32_t wanted;                   /* fresh frames for the next one */
    bool is_proven;                    /* the self-test is over */
    uint32_t second, frame_at;         /* microseconds: of the last count, of the last frame */
    uint32_t slept;                    /* microseconds since the last count */
    struct kl_seal_key key;
    struct kl_settings settings;
    struct kl_monitor_service monitor;
    int16_t kept[KEPT * CHANNELS];
    struct kl_capture_service capture;
    struct kl_manage manage;
};

static alignas(KL_ARENA_ALIGN) unsigned char arena[APP_ARENA_BYTES];
static alignas(4) unsigned char events[APP_EVENTS_BYTES];

/* The key that the factory has set, and a number that no start had before. */
static void start_telemetry(struct app *app)
{
    static const uint8_t model[KL_MONITOR_MODEL_BYTES] = "app";
    uint32_t starts = 0;
    kl_monitor_init(&app->monitor.monitor, model, APP_OUTPUT_0_BYTES);
    kl_monitor_memory(&app->monitor.monitor, 0, sizeof arena);
    app->monitor.period = DAY;
    app->key = (struct kl_seal_key){.id = "app", .id_bytes = 3};
    if (kl_settings_open(&app->settings, &kl_port_flash_map.settings) != KL_SETTINGS_OK) {
        return;
    }
    (void)kl_settings_get(&app->settings, SETTING_STARTS, &starts, sizeof starts);
    starts++;
    if (kl_settings_set(&app->settings, SETTING_STARTS, &starts, sizeof starts) == KL_SETTINGS_OK &&
        kl_settings_get(&app->settings, SETTING_KEY, app->key.key, sizeof app->key.key) ==
            KL_SEAL_KEY_BYTES) {
        app->monitor.next_number = (uint64_t)starts << 32;
        app->monitor.key = &app->key;
    }
}

/* A sensor's value to the nearest step of the model's input. */
static int8_t quantise(int16_t value, const struct kl_tensor_info *info)
{
    float steps = (float)value / info->scale;
    float limited = steps < -1000.0f ? -1000.0f : steps > 1000.0f ? 1000.0f : steps;
    int32_t q = (int32_t)(limited + (limited < 0.0f ? -0.5f : 0.5f)) + info->zero_point;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

static void infer(struct app *app)
{
    const struct kl_tensor_info *info = &app_model.inputs[0];
    int8_t *input = kl_model_input(&app_model, arena, 0);
    uint32_t start = kl_port_microseconds();
    for (uint32_t i = 0; i < WINDOW * CHANNELS; i++) {
        input[i] = quantise(app->window[i], info);
    }
    (void)kl_model_run(&app_model, arena);
    const int8_t *scores = kl_model_output(&app_model, arena, 0);
    kl_monitor_add(&app->monitor.monitor, scores, APP_OUTPUT_0_BYTES,
                   kl_port_microseconds() - start);
    uint16_t which;
    enum kl_event event = kl_events_push(&app_events, events, scores, &which);
    if (event != KL_EVENT_NONE) {
        app_act(which, event == KL_EVENT_BEGUN);
    }
}

/* Take the frames that are there; infer when a hop is complete. Returns whether there were any. */
static bool sense(struct app *app)
{
    int16_t frames[WINDOW * CHANNELS];
    int32_t got = app->sensor->read(app->sensor->context, frames, app->wanted - app->fresh);
    if (got <= 0) {
        return false;
    }
    kl_capture_put(&app->capture, frames, (uint32_t)got);
    uint32_t count = (uint32_t)got * CHANNELS, kept = WINDOW * CHANNELS - count;
    memmove(app->window, app->window + count, kept * sizeof app->window[0]);
    memcpy(app->window + kept, frames, count * sizeof app->window[0]);
    app->frame_at = kl_port_microseconds();
    app->fresh += (uint32_t)got;
    if (app->fresh == app->wanted) {
        app->fresh = 0;
        app->wanted = HOP;
        infer(app);
    }
    return true;
}

/* New firmware stays once its sensor has filled a window and its model has run. */
static void prove(struct app *app)
{
    if (!app->is_proven && app->monitor.monitor.inferences > 0) {
        app->is_proven = kl_trailer_confirm(&kl_port_flash_map.image[0]) == KL_TRAILER_OK;
    }
}

/* Sleep, unless a packet is on its way: its bytes come faster than naps are over. */
static void rest(struct app *app)
{
    const struct kl_smp_serial *line = &app->manage.serial;
    if (!line->in_packet && (line->line_bytes == 0 || line->line_ended)) {
        uint32_t start = kl_port_microseconds();
        kl_port_sleep(NAP);
        app->slept += kl_port_microseconds() - start;
    }
}

/* Once a second: time for the monitor, and how much of it the core slept. */
static void count_time(struct app *app)
{
    uint32_t elapsed = kl_port_microseconds() - app->second;
    if (elapsed >= 1000000) {
        app->monitor.asleep = app->slept / (elapsed / 1000);
        app->slept = 0;
        app->second += elapsed;
        kl_monitor_tick(&app->monitor, elapsed / 1000000);
    }
}

int main(void)
{
    static struct app app;
    static const struct kl_boot_port port = {.context = 0};
    const struct kl_boot boot = {&kl_port_flash_map, kl_boot_config.keys, kl_boot_config.key_count,
                                 &kl_boot_config.device, &port};
    struct kl_image_service image = {.boot = &boot};
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_IMAGE, kl_image_group, &image},
                                          {KL_SMP_GROUP_MONITOR, kl_monitor_group, &app.monitor},
                                          {KL_SMP_GROUP_CAPTURE, kl_capture_group, &app.capture}};
    kl_port_init();
    kl_manage_init(&app.manage, groups, sizeof groups / sizeof groups[0]);
    start_telemetry(&app);
    kl_model_reset(&app_model, arena);
    bool is_good = kl_events_reset(&app_events, events, sizeof events);
    app.sensor = app_sensor_start();
    app.wanted = WINDOW;
    app.second = app.frame_at = kl_port_microseconds();
    is_good = is_good && app.sensor && app.sensor->channels == CHANNELS;
    app.capture =
        (struct kl_capture_service){app.kept, KEPT, CHANNELS, is_good ? app.sensor->rate : 1, 0, 0};
    for (;;) {
        bool was_busy = is_good && sense(&app);
        prove(&app);
        kl_manage_poll(&app.manage);
        count_time(&app);
        if (is_good && kl_port_microseconds() - app.frame_at < SILENCE) {
            kl_port_watchdog_feed(); /* a sensor that fails starts the device again */
        }
        if (!was_busy) {
            rest(&app);
        }
    }
}
