/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data_job.h"
#include "data/augment.h"

struct augment_options {
    struct kl_common common;
    const char *path, *output;
    bool replace;
    int64_t copies, seed;
    const char *stretch, *shift, *rotate, *scale, *gain, *jitter, *background_snr, *noise;
    const char *crop, *turn, *brightness;
    struct kl_augment augment;
};

/* "10:30", or "20" for both. */
static enum kl_err read_range(const char *option, const char *text, struct kl_augment_range *range,
                              struct kl_diag *diag)
{
    char *end;
    if (!text) {
        return KL_OK;
    }
    range->low = strtod(text, &end);
    bool good = end != text;
    range->high = range->low;
    if (good && *end == ':') {
        text = end + 1;
        range->high = strtod(text, &end);
        good = end != text;
    }
    good = good && !*end && fabs(range->low) <= 200 && fabs(range->high) <= 200 &&
           range->low <= range->high;
    return good ? KL_OK
                : kl_fail(diag, KL_EUSAGE, "%s takes dB, or a range of them such as 10:30", option);
}

static enum kl_err read_share(const char *option, const char *text, double *share,
                              struct kl_diag *diag)
{
    KL_TRY(kl_real_option(option, text, share, diag));
    *share /= 100;
    return KL_OK;
}

static enum kl_err read_steps(struct augment_options *o, struct kl_diag *diag)
{
    struct kl_augment *a = &o->augment;
    a->noise_snr.low = (double)NAN;
    a->background_snr = (struct kl_augment_range){10, 20};
    KL_TRY(read_share("--stretch", o->stretch, &a->stretch, diag));
    KL_TRY(kl_real_option("--shift", o->shift, &a->shift, diag));
    KL_TRY(kl_real_option("--rotate", o->rotate, &a->rotate, diag));
    KL_TRY(read_share("--scale", o->scale, &a->scale, diag));
    KL_TRY(kl_real_option("--gain", o->gain, &a->gain, diag));
    KL_TRY(read_share("--jitter", o->jitter, &a->jitter, diag));
    KL_TRY(read_range("--background-snr", o->background_snr, &a->background_snr, diag));
    KL_TRY(read_range("--noise", o->noise, &a->noise_snr, diag));
    KL_TRY(read_share("--crop", o->crop, &a->crop, diag));
    KL_TRY(kl_real_option("--turn", o->turn, &a->turn, diag));
    KL_TRY(read_share("--brightness", o->brightness, &a->brightness, diag));
    a->seed = (uint64_t)o->seed;
    a->copies = o->copies <= 1000 ? (int32_t)o->copies : 0;
    return KL_OK;
}

static enum kl_err write_version(struct augment_options *o, const struct kl_dataset *d,
                                 struct kl_data_writer *writer, struct kl_result *result,
                                 struct kl_diag *diag)
{
    struct kl_augment_report report;
    struct kl_dataset written;
    struct kl_data_facts facts = d->facts;
    facts.made_by = "data augment";
    KL_TRY(kl_augment_run(d, &o->augment, writer, &report, diag));
    KL_TRY(kl_data_writer_finish(writer, &facts, &written, diag));
    kl_result_count(result, "augment.kept", report.kept, "1", KL_COUNTED);
    kl_result_count(result, "augment.made", report.made, "1", KL_COUNTED);
    kl_describe_dataset(result, &written);
    if (!o->common.json) {
        printf("%d items kept, %d made from what is learnt\n", report.kept, report.made);
        kl_print_dataset(&written);
    }
    return KL_OK;
}

static enum kl_err augment(void *options, struct kl_arena *arena, struct kl_dataset *d,
                           struct kl_result *result, struct kl_diag *diag)
{
    struct augment_options *o = options;
    struct kl_data_writer *writer = NULL;
    if (!o->output) {
        return kl_fail(diag, KL_EUSAGE, "-o is missing: the folder of the new version");
    }
    KL_TRY(read_steps(o, diag));
    KL_TRY(kl_dataset_open(o->path, arena, d, diag));
    enum kl_err err = kl_data_writer_create(o->output, o->replace, &writer, diag);
    if (!err) {
        err = write_version(o, d, writer, result, diag);
    }
    kl_data_writer_free(writer);
    return err;
}

int kl_cmd_data_augment(int argc, char **argv, const struct kl_command *self)
{
    struct augment_options o = {.copies = 1, .seed = 1};
    struct kl_augment *a = &o.augment;
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DATASET",
         .help = "the new version",
         .text = &o.output},
        {.name = "--replace", .help = "replace the data set that is there", .flag = &o.replace},
        {.name = "--copies",
         .argument = "N",
         .help = "of each training item (default: 1)",
         .number = &o.copies},
        {.name = "--seed", .argument = "N", .help = "seed (default: 1)", .number = &o.seed},
        {.name = "--stretch",
         .argument = "%",
         .help = "series: faster or slower by up to this, by resampling",
         .text = &o.stretch},
        {.name = "--shift",
         .argument = "S",
         .help = "series: earlier or later by up to S seconds",
         .text = &o.shift},
        {.name = "--rotate",
         .argument = "DEG",
         .help = "motion: turn x, y, z about a random axis by up to this",
         .text = &o.rotate},
        {.name = "--scale",
         .argument = "%",
         .help = "motion: scale each channel by up to this, up or down",
         .text = &o.scale},
        {.name = "--gain",
         .argument = "DB",
         .help = "series: louder or weaker by up to this",
         .text = &o.gain},
        {.name = "--jitter",
         .argument = "%",
         .help = "motion: noise of this share of each channel's deviation",
         .text = &o.jitter},
        {.name = "--background",
         .argument = "CLASS",
         .help = "series: mix in training items of this class",
         .text = &a->background},
        {.name = "--background-snr",
         .argument = "DB",
         .help = "that far below the signal, or a range (default: 10:20)",
         .text = &o.background_snr},
        {.name = "--noise",
         .argument = "DB",
         .help = "series: white noise that far below the signal, or a range: 10:30",
         .text = &o.noise},
        {.name = "--crop",
         .argument = "%",
         .help = "images: cut off up to this of height and width",
         .text = &o.crop},
        {.name = "--flip",
         .help = "images: left and right, in half of the copies",
         .flag = &a->flip},
        {.name = "--turn",
         .argument = "DEG",
         .help = "images: turn by up to this",
         .text = &o.turn},
        {.name = "--brightness",
         .argument = "%",
         .help = "images: brighter or darker by up to this",
         .text = &o.brightness},
        {.name = NULL},
    };
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &o.path, 1, &status);
    return begun ? kl_data_run(self, &o.common, augment, &o) : status;
}
