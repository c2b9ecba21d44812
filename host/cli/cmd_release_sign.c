/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/release_job.h"
#include "release/image_file.h"

struct sign_options {
    const char *key, *passphrase, *out;
};

static enum kl_err sign_image(struct kl_release_job *job, const struct kl_key *signer,
                              const char *out, struct kl_diag *diag)
{
    struct kl_buffer image = KL_BUFFER(KL_IMAGE_FILE_MAX);
    enum kl_err err = kl_image_unseal(job->file, &image, diag);
    if (err == KL_OK) {
        err = kl_image_seal(&image, signer, NULL, diag);
    }
    if (err == KL_OK) {
        err = kl_file_write(out, image.data, image.size, diag);
    }
    kl_buffer_free(&image);
    if (err == KL_OK && !job->common.json) {
        printf("%s%s%s: signed\n", kl_bold(), out, kl_plain());
    }
    return err;
}

static enum kl_err sign_release(struct kl_release_job *job, const struct kl_key *signer,
                                const char *out, struct kl_diag *diag)
{
    struct kl_release_file release;
    struct kl_tar *tar = KL_NEW(job->arena, struct kl_tar, 1);
    if (!tar) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_release_open(job->file, job->path, &release, diag));
    json_int_t made = json_integer_value(json_object_get(release.manifest, "made_seconds"));
    enum kl_err err = kl_release_sign(&release, signer, job->arena, tar, diag);
    kl_release_file_free(&release);
    return err == KL_OK ? kl_release_write(job, tar, (uint64_t)made, out, diag) : err;
}

static enum kl_err sign(void *context, struct kl_release_job *job, struct kl_diag *diag)
{
    const struct sign_options *o = context;
    const char *out = o->out ? o->out : job->path;
    char id[KL_KEY_ID_HEX_BYTES];
    struct kl_key signer;
    if (!o->key) {
        return kl_fail(diag, KL_EUSAGE, "--key F is missing: the private key that signs");
    }
    KL_TRY(kl_release_key(job, o->key, o->passphrase, &signer, diag));
    enum kl_err err = kl_is_image(job->file) ? sign_image(job, &signer, out, diag)
                                             : sign_release(job, &signer, out, diag);
    kl_key_id_hex(signer.public_key.id, id);
    kl_result_detail(&job->result, "signer", json_string(id));
    kl_key_forget(&signer);
    return err;
}

int kl_cmd_release_sign(int argc, char **argv, const struct kl_command *self)
{
    struct sign_options o = {.key = NULL};
    const struct kl_option options[] = {
        {.name = "--key", .argument = "F", .help = "the private key", .text = &o.key},
        {.name = "--passphrase",
         .argument = "F",
         .help = "a file whose first line is the key's passphrase",
         .text = &o.passphrase},
        {.name = "--output-file",
         .argument = "F",
         .help = "where to write it (over FILE)",
         .text = &o.out},
        {.name = NULL},
    };
    return kl_release_run(self, argc, argv, options, 1, sign, &o);
}
