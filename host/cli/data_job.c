/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/data_job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int kl_data_run(const struct kl_command *self, const struct kl_common *common, kl_data_work *work,
                void *options)
{
    struct kl_diag diag = {0};
    struct kl_dataset dataset = {.path = NULL};
    struct kl_result result;
    struct kl_arena *arena = kl_arena_create(KL_DATA_ARENA);
    kl_result_init(&result, self->name);
    enum kl_err err =
        arena ? work(options, arena, &dataset, &result, &diag) : KL_FAIL_MEMORY(&diag);
    int status = kl_finish(&result, common, err, false, &diag);
    kl_dataset_close(&dataset);
    kl_arena_free(arena);
    return status;
}

enum kl_err kl_real_option(const char *option, const char *text, double *value,
                           struct kl_diag *diag)
{
    char *end;
    if (!text) {
        return KL_OK;
    }
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value) && *value > 0
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "%s takes a number above 0, not '%.60s'", option, text);
}

static json_t *classes_json(const struct kl_dataset *d)
{
    json_t *list = json_array();
    for (int32_t c = 0; c < d->facts.class_count; c++) {
        int items = 0;
        for (int32_t i = 0; i < d->count; i++) {
            items += d->items[i].label == c;
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:i}", "name", d->facts.classes[c], "items", items));
    }
    return list;
}

static int64_t frames_of(const struct kl_dataset *d)
{
    int64_t frames = 0;
    for (int32_t i = 0; i < d->count; i++) {
        frames += d->items[i].frames;
    }
    return frames;
}

void kl_describe_dataset(struct kl_result *result, const struct kl_dataset *d)
{
    kl_result_count(result, "data.items", d->count, "1", KL_COUNTED);
    kl_result_count(result, "data.classes", d->facts.class_count, "1", KL_COUNTED);
    kl_result_count(result, "data.bytes", (long long)d->samples_bytes, "bytes", KL_COUNTED);
    if (d->facts.rate > 0) {
        kl_result_metric(result, "data.duration", json_real((double)frames_of(d) / d->facts.rate),
                         "s", KL_COUNTED);
    }
    kl_result_detail(result, "dataset",
                     json_pack("{s:s, s:s, s:f, s:i, s:s, s:s}", "path", d->path, "kind",
                               kl_data_kind_names[d->facts.kind], "rate", d->facts.rate, "channels",
                               (int)d->facts.channel_count, "content", d->content, "version",
                               d->version));
    kl_result_detail(result, "classes", classes_json(d));
}

void kl_print_dataset(const struct kl_dataset *d)
{
    char number[KL_NUMBER_BYTES];
    printf("%s%s%s: %s of %s items, %d channel%s", kl_bold(), d->path, kl_plain(),
           kl_data_kind_names[d->facts.kind], kl_grouped(d->count, number), d->facts.channel_count,
           d->facts.channel_count == 1 ? "" : "s");
    if (d->facts.rate > 0) {
        printf(" at %g Hz, %.1f s", d->facts.rate, (double)frames_of(d) / d->facts.rate);
    }
    printf(", %d class%s\n", d->facts.class_count, d->facts.class_count == 1 ? "" : "es");
    printf("content %.16s, version %.16s\n", d->content, d->version);
}

json_t *kl_pairs_json(const struct kl_dataset *d, const struct kl_near_pair *pairs, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b, s:f}", "a", d->items[pairs[i].a].name, "b",
                                        d->items[pairs[i].b].name, "exact", (int)pairs[i].exact,
                                        "distance", pairs[i].distance));
    }
    return list;
}

void kl_data_progress(void *common, int32_t done, int32_t count)
{
    static time_t last;
    time_t now = time(NULL);
    if (now != last && done < count) {
        last = now;
        kl_progress(common, "%d of %d", done, count);
    } else if (done == count) {
        kl_progress(common, "%s", "");
    }
}
