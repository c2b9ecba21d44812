/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device log`: what happened on a device. */
#include <stdio.h>
#include <unistd.h>

#include "cli/device_job.h"
#include "cli/interrupt.h"
#include "link/log_client.h"

enum { FOLLOW_SECONDS = 1, TEXT_BYTES = 80 };

struct log_job {
    struct kl_device_job job; /* first */
    bool follow;
};

/* The arguments of an event, in words. */
static void describe(const struct kl_log_record *record, char text[TEXT_BYTES])
{
    static const char *const causes[] = {"power", "a command", "the watchdog", "a fault"};
    switch (record->event) {
    case KL_LOG_START:
        snprintf(text, TEXT_BYTES, "by %s", record->a < 4 ? causes[record->a] : "unknown cause");
        break;
    case KL_LOG_CONFIRMED:
    case KL_LOG_UPDATE:
    case KL_LOG_MODEL:
        snprintf(text, TEXT_BYTES, "version %u.%u.%u", record->a >> 24, record->a >> 16 & 0xff,
                 record->a & 0xffff);
        break;
    case KL_LOG_REFUSED:
        snprintf(text, TEXT_BYTES, "group %u command %u: %s", record->a >> 8, record->a & 0xff,
                 kl_image_error_name((int32_t)record->b));
        break;
    default: snprintf(text, TEXT_BYTES, "%u, %u", record->a, record->b); break;
    }
}

static void print_record(const struct kl_log_record *record)
{
    char text[TEXT_BYTES];
    describe(record, text);
    printf("%6u  start %u, %u s  %s", record->number, record->start, record->seconds,
           kl_log_event_text(record->event));
    if (record->event >= KL_LOG_PRODUCT) {
        printf(" %u", record->event);
    }
    printf(": %s\n", text);
}

static json_t *record_json(const struct kl_log_record *record)
{
    return json_pack("{s:I, s:i, s:I, s:i, s:s, s:I, s:I}", "number", (json_int_t)record->number,
                     "start", (int)record->start, "seconds", (json_int_t)record->seconds, "event",
                     (int)record->event, "text", kl_log_event_text(record->event), "a",
                     (json_int_t)record->a, "b", (json_int_t)record->b);
}

/* All records from *from on. */
static enum kl_err show(struct kl_device_job *job, uint32_t *from, json_t *list,
                        struct kl_diag *diag)
{
    struct kl_device_log log;
    do {
        KL_TRY(kl_device_log(&job->channel, *from, &log, diag));
        for (uint32_t i = 0; i < log.count; i++) {
            json_array_append_new(list, record_json(&log.records[i]));
            if (!job->common.json) {
                print_record(&log.records[i]);
            }
        }
        *from = log.next;
    } while (log.count > 0 && !kl_interrupted);
    (void)fflush(stdout);
    return KL_OK;
}

static enum kl_err act(struct kl_device_job *job, struct kl_diag *diag)
{
    const struct log_job *wish = (const struct log_job *)(const void *)job;
    json_t *list = json_array();
    uint32_t from = 0;
    kl_catch_interrupts();
    enum kl_err err = show(job, &from, list, diag);
    while (err == KL_OK && wish->follow && !kl_interrupted) {
        (void)sleep(FOLLOW_SECONDS);
        err = kl_interrupted ? KL_OK : show(job, &from, list, diag);
    }
    kl_result_detail(&job->result, "records", list);
    return err;
}

int kl_cmd_device_log(int argc, char **argv, const struct kl_command *self)
{
    struct log_job wish = {.follow = false};
    const struct kl_option options[] = {
        KL_DEVICE_PORT_OPTION(wish.job),
        {.name = "--follow", .help = "go on with what happens, until Ctrl-C", .flag = &wish.follow},
        {.name = NULL},
    };
    return kl_device_job_run(&wish.job, self, argc, argv, options, 0, act);
}
