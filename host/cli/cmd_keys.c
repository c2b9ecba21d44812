/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet keys`: pairs of keys as files, and the signed set of those that devices trust. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/key_options.h"
#include "release/identity.h"
#include "release/key_folder.h"

/* What the subcommands share. */
struct keys_job {
    struct kl_common common;
    struct kl_result result;
    const char *name; /* of a key */
    const char *path, *roles, *signer, *passphrase_file, *signer_passphrase_file;
    bool no_roles;
    struct kl_key_folder folder;
    struct kl_key_access access;
    char passphrase[KL_PASSPHRASE_BYTES], signer_passphrase[KL_PASSPHRASE_BYTES];
};

/* A key set is a record of a moment, so that the clock is right where nothing else is said. */
static enum kl_err set_time(uint64_t *made, struct kl_diag *diag)
{
    if (getenv("SOURCE_DATE_EPOCH")) {
        return kl_made_time(".", made, diag);
    }
    *made = (uint64_t)time(NULL);
    return KL_OK;
}

static enum kl_err begin(struct keys_job *job, struct kl_diag *diag)
{
    job->access.signer = job->signer;
    KL_TRY(set_time(&job->access.made, diag));
    KL_TRY(
        kl_passphrase_read(job->passphrase_file, job->passphrase, &job->access.passphrase, diag));
    KL_TRY(kl_passphrase_read(job->signer_passphrase_file, job->signer_passphrase,
                              &job->access.signer_passphrase, diag));
    return kl_key_folder_open(job->path, &job->folder, diag);
}

static json_t *key_json(const struct kl_named_key *named, const uint8_t id[KL_IMAGE_HASH_BYTES],
                        const struct kl_key_entry *entry)
{
    char hex[KL_KEY_ID_HEX_BYTES], roles[KL_ROLES_TEXT_BYTES] = "";
    kl_key_id_hex(id, hex);
    if (entry) {
        kl_roles_text(entry->roles, roles);
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "name", named ? named->name : "", "id", hex,
                     "roles", roles, "in_set", entry != NULL, "revoked",
                     entry && entry->key.is_revoked, "private_here", named && named->has_private);
}

/* Keys of the set in its order, then those that are only files. */
static json_t *keys_json(struct kl_key_folder *folder)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < folder->set.count; i++) {
        const struct kl_key_entry *entry = &folder->set.keys[i];
        json_array_append_new(
            list, key_json(kl_key_folder_by_id(folder, entry->key.id), entry->key.id, entry));
    }
    for (uint32_t i = 0; i < folder->count; i++) {
        const struct kl_named_key *named = &folder->keys[i];
        if (!kl_key_set_find(&folder->set, named->key.id)) {
            json_array_append_new(list, key_json(named, named->key.id, NULL));
        }
    }
    return list;
}

static const char *text_of(const json_t *key, const char *name)
{
    return json_string_value(json_object_get(key, name));
}

static void print_key(const json_t *key)
{
    const char *name = text_of(key, "name"), *roles = text_of(key, "roles");
    bool in_set = json_is_true(json_object_get(key, "in_set"));
    bool is_revoked = json_is_true(json_object_get(key, "revoked"));
    printf("  %-20s %.16s...  %-32s %s%s\n", *name ? name : "(no file here)", text_of(key, "id"),
           in_set ? roles : "not in the set", is_revoked ? "revoked, " : "",
           json_is_true(json_object_get(key, "private_here")) ? "private key here" : "public only");
}

/* The set as it is now: what every subcommand ends with. */
static void report(struct keys_job *job)
{
    json_t *keys = keys_json(&job->folder), *key;
    size_t i;
    kl_result_count(&job->result, "keys.version", (long long)job->folder.set.version, "1",
                    KL_COUNTED);
    kl_result_count(&job->result, "keys.trusted",
                    (long long)kl_key_set_valid(&job->folder.set, KL_ROLE_ALL), "1", KL_COUNTED);
    kl_result_count(&job->result, "keys.sign_sets",
                    (long long)kl_key_set_valid(&job->folder.set, KL_ROLE_KEYS), "1", KL_COUNTED);
    if (!job->common.json) {
        printf("%s%s%s: key set %u\n", kl_bold(), job->path, kl_plain(),
               (unsigned)job->folder.set.version);
        json_array_foreach(keys, i, key)
        {
            print_key(key);
        }
    }
    kl_result_detail(&job->result, "keys", keys);
}

static enum kl_err make_new(struct keys_job *job, struct kl_diag *diag)
{
    uint8_t roles = KL_ROLE_FIRMWARE | KL_ROLE_MODELS;
    if (job->roles && job->no_roles) {
        return kl_fail(diag, KL_EUSAGE, "--roles and --apart exclude each other");
    }
    if (job->roles) {
        KL_TRY(kl_roles_parse(job->roles, &roles, diag));
    } else if (job->no_roles) {
        roles = 0;
    } else if (job->folder.set.version == 0) {
        roles = KL_ROLE_ALL;
    }
    return kl_key_folder_new(&job->folder, job->name, roles, &job->access, diag);
}

static enum kl_err rotate(struct keys_job *job, struct kl_diag *diag)
{
    char name[KL_KEY_NAME_MAX + 1];
    KL_TRY(kl_key_folder_rotate(&job->folder, job->name, &job->access, name, diag));
    kl_result_detail(&job->result, "successor", json_string(name));
    if (!job->common.json) {
        printf(
            "%s succeeds %s: send keys.img to all devices, sign with %s from then on, and revoke "
            "%s when nothing that it signed is needed any more\n",
            name, job->name, name, job->name);
    }
    return KL_OK;
}

static enum kl_err revoke(struct keys_job *job, struct kl_diag *diag)
{
    return kl_key_folder_revoke(&job->folder, job->name, &job->access, diag);
}

static enum kl_err list(struct keys_job *job, struct kl_diag *diag)
{
    return job->folder.count > 0 || job->folder.set.version > 0
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%.300s: no keys here; `kinglet keys new` makes them",
                         job->path);
}

typedef enum kl_err keys_step(struct keys_job *job, struct kl_diag *diag);

static int run(struct keys_job *job, const struct kl_command *self, int argc, char **argv,
               const struct kl_option *options, int wanted, keys_step *step)
{
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job->common, &job->name, wanted, &status)) {
        return status;
    }
    kl_result_init(&job->result, self->name);
    enum kl_err err = begin(job, &diag);
    if (err == KL_OK) {
        err = step(job, &diag);
    }
    if (err == KL_OK) {
        report(job);
    }
    kl_passphrase_forget(job->passphrase);
    kl_passphrase_forget(job->signer_passphrase);
    return kl_finish(&job->result, &job->common, err, false, &diag);
}

#define FOLDER_OPTION(job)                                                        \
    {                                                                             \
        .name = "--keys", .argument = "DIR", .help = "the folder of keys (keys)", \
        .text = &job.path                                                         \
    }
#define SIGNER_OPTIONS(job)                                                \
    {.name = "--signer",                                                   \
     .argument = "NAME",                                                   \
     .help = "the key that signs the new set (one that may, and is here)", \
     .text = &job.signer},                                                 \
    {                                                                      \
        .name = "--signer-passphrase", .argument = "F",                    \
        .help = "a file whose first line is that key's passphrase",        \
        .text = &job.signer_passphrase_file                                \
    }
#define PASSPHRASE_OPTION(job)                                                    \
    {                                                                             \
        .name = "--passphrase", .argument = "F",                                  \
        .help = "encrypt the new key: a file whose first line is its passphrase", \
        .text = &job.passphrase_file                                              \
    }

static int keys_new(int argc, char **argv, const struct kl_command *self)
{
    struct keys_job job = {.path = "keys"};
    const struct kl_option options[] = {
        FOLDER_OPTION(job),
        {.name = "--roles",
         .argument = "R,...",
         .help = "what devices trust it for: firmware, models, keys, commands (the first key: all; "
                 "later: firmware,models)",
         .text = &job.roles},
        {.name = "--apart",
         .help = "do not put it in the set: a key that images are encrypted for",
         .flag = &job.no_roles},
        PASSPHRASE_OPTION(job),
        SIGNER_OPTIONS(job),
        {.name = NULL},
    };
    return run(&job, self, argc, argv, options, 1, make_new);
}

static int keys_list(int argc, char **argv, const struct kl_command *self)
{
    struct keys_job job = {.path = "keys"};
    const struct kl_option options[] = {FOLDER_OPTION(job), {.name = NULL}};
    return run(&job, self, argc, argv, options, 0, list);
}

static int keys_rotate(int argc, char **argv, const struct kl_command *self)
{
    struct keys_job job = {.path = "keys"};
    const struct kl_option options[] = {
        FOLDER_OPTION(job), PASSPHRASE_OPTION(job), SIGNER_OPTIONS(job), {.name = NULL}};
    return run(&job, self, argc, argv, options, 1, rotate);
}

static int keys_revoke(int argc, char **argv, const struct kl_command *self)
{
    struct keys_job job = {.path = "keys"};
    const struct kl_option options[] = {FOLDER_OPTION(job), SIGNER_OPTIONS(job), {.name = NULL}};
    return run(&job, self, argc, argv, options, 1, revoke);
}

int kl_cmd_keys(int argc, char **argv, const struct kl_command *self)
{
    static const struct kl_command commands[] = {
        {"keys new", "NAME [options]", "Make a pair of keys, and trust it from the next set on.",
         keys_new},
        {"keys list", "[options]", "Show the keys, and the set that devices get.", keys_list},
        {"keys rotate", "NAME [options]", "Make a key's successor, with the same roles.",
         keys_rotate},
        {"keys revoke", "NAME [options]", "Stop trusting a key, from the next set on.",
         keys_revoke},
    };
    return kl_run_subcommand(argc, argv, self, commands, sizeof commands / sizeof commands[0]);
}
