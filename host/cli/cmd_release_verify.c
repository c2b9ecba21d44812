/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/release_job.h"
#include "release/image_file.h"

struct verify_options {
    const char *key, *keys, *decrypt, *passphrase, *folder;
    bool rebuild;
    struct kl_release_trust trust;
};

static enum kl_err read_trust(struct verify_options *o, struct kl_release_job *job,
                              struct kl_diag *diag)
{
    if (!o->key && !o->keys && !o->rebuild) {
        return kl_fail(diag, KL_EUSAGE,
                       "whom do you trust? Give --keys F, the key set of the "
                       "devices, or --key F, a public key");
    }
    return kl_trusted_keys(o->key, o->keys, job->arena, &o->trust.keys, diag);
}

static void print_release(const struct kl_release_file *release, const struct verify_options *o)
{
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(release->manifest, "images"), i, row)
    {
        printf("  %-24s %s%s\n", json_string_value(json_object_get(row, "file")),
               o->key || o->keys ? "genuine" : "",
               o->rebuild ? (o->key || o->keys ? ", the same when built again"
                                               : "the same when built again")
                          : "");
    }
}

static enum kl_err verify_release(struct verify_options *o, struct kl_release_job *job, int *code,
                                  struct kl_diag *diag)
{
    struct kl_release_file release;
    KL_TRY(kl_release_open(job->file, job->path, &release, diag));
    enum kl_err err = KL_OK;
    if (o->key || o->keys) {
        err = kl_release_verify(&release, job->path, &o->trust, job->arena, code, diag);
    }
    if (err == KL_OK && o->rebuild) {
        err = kl_release_rebuild(&release, o->folder, job->arena, diag);
    }
    if (err == KL_OK && !job->common.json) {
        printf("%s%s%s: %s %s\n", kl_bold(), job->path, kl_plain(),
               json_string_value(json_object_get(release.manifest, "name")),
               json_string_value(json_object_get(release.manifest, "version")));
        print_release(&release, o);
    }
    kl_release_file_free(&release);
    return err;
}

static enum kl_err verify_image(struct verify_options *o, struct kl_release_job *job, int *code,
                                struct kl_diag *diag)
{
    if (o->rebuild) {
        return kl_fail(diag, KL_EUSAGE, "--rebuild is for releases: an image has no manifest");
    }
    KL_TRY(kl_release_verify_image(job->file, job->path, &o->trust, job->arena, code, diag));
    if (!job->common.json) {
        printf("%s: genuine\n", job->path);
    }
    return KL_OK;
}

static enum kl_err verify(void *context, struct kl_release_job *job, struct kl_diag *diag)
{
    struct verify_options *o = context;
    struct kl_key reader = {.has_secret = false};
    int code = 0;
    if (o->trust.least_counter > UINT32_MAX) {
        return kl_fail(diag, KL_EUSAGE, "--least-counter has 32 bits");
    }
    KL_TRY(read_trust(o, job, diag));
    if (o->decrypt) {
        KL_TRY(kl_release_key(job, o->decrypt, o->passphrase, &reader, diag));
        o->trust.reader = &reader;
    }
    enum kl_err err = kl_is_image(job->file) ? verify_image(o, job, &code, diag)
                                             : verify_release(o, job, &code, diag);
    kl_key_forget(&reader);
    kl_result_ok(&job->result, err == KL_OK);
    return err;
}

int kl_cmd_release_verify(int argc, char **argv, const struct kl_command *self)
{
    struct verify_options o = {.key = NULL};
    const struct kl_option options[] = {
        KL_TRUSTED_KEYS_OPTIONS(o),
        {.name = "--vendor",
         .argument = "D",
         .help = "refuse what is of another vendor",
         .text = &o.trust.vendor},
        {.name = "--product",
         .argument = "P",
         .help = "refuse what is for another product",
         .text = &o.trust.product},
        {.name = "--board",
         .argument = "B",
         .help = "refuse what is for another board",
         .text = &o.trust.board},
        {.name = "--least-counter",
         .argument = "N",
         .help = "refuse what has a lower security counter",
         .number = &o.trust.least_counter},
        {.name = "--decrypt",
         .argument = "F",
         .help = "the private key that encrypted images are for",
         .text = &o.decrypt},
        {.name = "--passphrase",
         .argument = "F",
         .help = "a file whose first line is that key's passphrase",
         .text = &o.passphrase},
        {.name = "--rebuild",
         .help = "build the images again from their inputs, and compare all that is signed",
         .flag = &o.rebuild},
        {.name = "--folder",
         .argument = "DIR",
         .help = "where the inputs of --rebuild lie (here)",
         .text = &o.folder},
        {.name = NULL},
    };
    return kl_release_run(self, argc, argv, options, 1, verify, &o);
}
