/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/release_job.h"

struct build_options {
    struct kl_release_wish wish;
    struct kl_strings packs, evidence, components;
    const char *key, *passphrase, *reader, *out, *made;
};

static enum kl_err note_inputs(const struct kl_release *release, struct kl_result *result)
{
    for (int i = 0; i < release->part_count; i++) {
        kl_result_input(result, release->parts[i].source, release->parts[i].source_sha256);
    }
    return KL_OK;
}

/* A firmware that is linked for another place is none for this slot; where it will lie is the
 * business of whoever wrote the board's boot. */
static void note_address(const struct kl_release *release, struct kl_release_job *job)
{
    uint32_t wanted = kl_release_slot_address(release);
    uint32_t found = release->parts[0].linked_at;
    bool is_other = release->parts[0].is_linked && wanted != 0 && found != wanted;
    kl_result_detail(&job->result, "linked_for_slot", json_boolean(!is_other));
    if (is_other && !job->common.json) {
        printf("  note: linked for 0x%08x; the slot of board %s runs firmware from 0x%08x, and its "
               "boot starts none that is linked for another place\n",
               (unsigned)found, release->board, (unsigned)wanted);
    }
}

static void report(const struct kl_release *release, struct kl_release_job *job)
{
    char number[KL_NUMBER_BYTES], version[KL_VERSION_TEXT_BYTES];
    long long firmware = 0, models = 0;
    kl_version_text(&release->version, version);
    for (int i = 0; i < release->part_count; i++) {
        const struct kl_release_part *part = &release->parts[i];
        *(part->pack ? &models : &firmware) += (long long)part->hashed.size;
        if (!job->common.json) {
            printf("  %-24s %s bytes, from %s\n", part->file,
                   kl_grouped((long long)part->hashed.size, number), part->source);
        }
    }
    note_address(release, job);
    kl_result_count(&job->result, "firmware.bytes", firmware, "bytes", KL_COUNTED);
    kl_result_count(&job->result, "models.bytes", models, "bytes", KL_COUNTED);
    kl_result_detail(&job->result, "name", json_string(release->name));
    kl_result_detail(&job->result, "version", json_string(version));
    kl_result_detail(&job->result, "board", json_string(release->board));
    kl_result_detail(&job->result, "security_counter",
                     json_integer((json_int_t)release->security_counter));
}

static enum kl_err bundle(const struct build_options *o, const struct kl_release *release,
                          struct kl_release_job *job, struct kl_diag *diag)
{
    struct kl_key signer = {.has_secret = false}, reader = {.has_secret = false};
    struct kl_tar *tar = KL_NEW(job->arena, struct kl_tar, 1);
    char version[KL_VERSION_TEXT_BYTES];
    if (!tar) {
        return KL_FAIL_MEMORY(diag);
    }
    if (o->reader) {
        KL_TRY(kl_key_read(o->reader, NULL, &reader, diag));
    }
    if (o->key) {
        KL_TRY(kl_release_key(job, o->key, o->passphrase, &signer, diag));
    }
    enum kl_err err =
        kl_release_bundle(release, o->key ? &signer : NULL, o->reader ? &reader.public_key : NULL,
                          job->arena, tar, diag);
    kl_key_forget(&signer);
    kl_key_forget(&reader);
    KL_TRY(err);
    kl_version_text(&release->version, version);
    const char *path =
        o->out ? o->out : kl_arena_printf(job->arena, "%s-%s.tar", release->name, version);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_result_detail(&job->result, "signed", json_boolean(o->key));
    return kl_release_write(job, tar, release->made, path, diag);
}

static enum kl_err build(void *context, struct kl_release_job *job, struct kl_diag *diag)
{
    struct build_options *o = context;
    struct kl_release *release = KL_NEW(job->arena, struct kl_release, 1);
    o->wish.packs = o->packs.items;
    o->wish.pack_count = o->packs.count;
    o->wish.evidence = o->evidence.items;
    o->wish.evidence_count = o->evidence.count;
    o->wish.components = o->components.items;
    o->wish.component_count = o->components.count;
    o->wish.is_encrypted = o->reader != NULL;
    o->wish.has_made = o->made != NULL;
    if (!release) {
        return KL_FAIL_MEMORY(diag);
    }
    if (o->made) {
        KL_TRY(kl_made_parse(o->made, &o->wish.made, diag));
    }
    KL_TRY(kl_release_collect(&o->wish, job->arena, release, diag));
    KL_TRY(note_inputs(release, &job->result));
    KL_TRY(bundle(o, release, job, diag));
    report(release, job);
    return KL_OK;
}

int kl_cmd_release_build(int argc, char **argv, const struct kl_command *self)
{
    struct build_options o = {.key = NULL};
    const struct kl_option options[] = {
        {.name = "--version",
         .argument = "V",
         .help = "of the release, such as 1.2.3, or 1.2.3+4 with a build number",
         .text = &o.wish.version},
        {.name = "--vendor",
         .argument = "D",
         .help = "whose it is: a domain name, or a UUID",
         .text = &o.wish.vendor},
        {.name = "--product",
         .argument = "P",
         .help = "what it is for: a name, or a UUID",
         .text = &o.wish.product},
        {.name = "--board", .argument = "B", .help = "the board", .text = &o.wish.board},
        {.name = "--firmware",
         .argument = "F",
         .help = "ELF file, or raw bytes",
         .text = &o.wish.firmware},
        {.name = "--pack",
         .argument = "F",
         .help = "a model pack, or the image of one; may be repeated",
         .list = &o.packs},
        {.name = "--for",
         .argument = "RELEASE",
         .help = "without --firmware: the release whose firmware is to execute the packs",
         .text = &o.wish.for_bundle},
        {.name = "--engine",
         .argument = "F",
         .help = "what the firmware executes, for a raw one: JSON of `pack engine`",
         .text = &o.wish.engine},
        {.name = "--name",
         .argument = "N",
         .help = "of the release, for file names (the product)",
         .text = &o.wish.name},
        {.name = "--security-counter",
         .argument = "N",
         .help = "devices never go back below it (0)",
         .number = &o.wish.security_counter},
        {.name = "--made",
         .argument = "DATE",
         .help = "such as 2026-12-01 (SOURCE_DATE_EPOCH, or the date of the last commit)",
         .text = &o.made},
        {.name = "--header-bytes",
         .argument = "N",
         .help = "from the start of the firmware's image to its first byte (512)",
         .number = &o.wish.header_bytes},
        {.name = "--key",
         .argument = "F",
         .help = "sign with this private key (`release sign` does it later)",
         .text = &o.key},
        {.name = "--passphrase",
         .argument = "F",
         .help = "a file whose first line is the key's passphrase",
         .text = &o.passphrase},
        {.name = "--encrypt-for",
         .argument = "F",
         .help = "encrypt the images to this public key",
         .text = &o.reader},
        {.name = "--evidence",
         .argument = "F",
         .help = "a result of --json for the model cards, such as of train; may be repeated",
         .list = &o.evidence},
        {.name = "--component",
         .argument = "C",
         .help = "a part of the firmware, NAME@VERSION:LICENCE; may be repeated",
         .list = &o.components},
        {.name = "--notes",
         .argument = "F",
         .help = "release notes that go along",
         .text = &o.wish.notes},
        {.name = "--output-file",
         .argument = "F",
         .help = "the release to write (NAME-VERSION.tar)",
         .text = &o.out},
        {.name = NULL},
    };
    return kl_release_run(self, argc, argv, options, 0, build, &o);
}
