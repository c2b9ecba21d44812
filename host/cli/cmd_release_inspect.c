/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/release_job.h"
#include "release/image_file.h"

static void print_entry(const json_t *entry)
{
    const json_t *value = json_object_get(entry, "value");
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    printf("    %s %-17s %s%.160s%s\n", json_string_value(json_object_get(entry, "type")),
           json_string_value(json_object_get(entry, "name")),
           json_is_true(json_object_get(entry, "protected")) ? "protected  " : "           ",
           shown ? shown : "", shown && strlen(shown) > 160 ? "..." : "");
    free(text);
}

static long long number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static void print_image(const char *name, const json_t *image)
{
    const json_t *entry, *right = json_object_get(image, "hash_is_right");
    size_t i;
    printf("%s%s%s: version %s%s%s\n", kl_bold(), name, kl_plain(),
           json_string_value(json_object_get(image, "version")),
           json_is_true(json_object_get(image, "bootable")) ? ", bootable" : "",
           json_is_true(json_object_get(image, "encrypted")) ? ", encrypted" : "");
    printf("    header %lld bytes, body %lld, protected TLVs %lld; loaded at 0x%08llx; hash %s\n",
           number(image, "header_bytes"), number(image, "body_bytes"),
           number(image, "protected_bytes"), number(image, "load_address"),
           json_is_null(right)   ? "of what is encrypted"
           : json_is_true(right) ? "right"
                                 : "WRONG");
    json_array_foreach(json_object_get(image, "entries"), i, entry)
    {
        print_entry(entry);
    }
}

static json_t *key_rows(const struct kl_key_set *set)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < set->count; i++) {
        char id[KL_KEY_ID_HEX_BYTES], roles[KL_ROLES_TEXT_BYTES];
        kl_key_id_hex(set->keys[i].key.id, id);
        kl_roles_text(set->keys[i].roles, roles);
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id", id, "roles", roles,
                                              "revoked", (int)set->keys[i].key.is_revoked));
    }
    return list;
}

/* The keys of an image that is a key set, and a genuine one. */
static void inspect_keys(struct kl_release_job *job)
{
    struct kl_key_set *set = KL_NEW(job->arena, struct kl_key_set, 1);
    struct kl_diag ignored = {0}; /* what is no key set has none */
    if (!set || kl_key_set_read(job->file, job->path, set, &ignored) != KL_OK) {
        return;
    }
    json_t *rows = key_rows(set), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        if (!job->common.json) {
            printf("    key %s  %s%s\n", json_string_value(json_object_get(row, "id")),
                   json_string_value(json_object_get(row, "roles")),
                   json_is_true(json_object_get(row, "revoked")) ? ", revoked" : "");
        }
    }
    kl_result_detail(&job->result, "keys", rows);
}

static enum kl_err inspect_image(struct kl_release_job *job, const char *name, struct kl_bytes file,
                                 json_t *images, struct kl_diag *diag)
{
    struct kl_image_file image;
    KL_TRY(kl_image_file_open(file, name, &image, diag));
    json_t *json = kl_image_file_json(&image);
    if (!json) {
        return KL_FAIL_MEMORY(diag);
    }
    json_object_set_new(json, "file", json_string(name));
    if (!job->common.json) {
        print_image(name, json);
    }
    json_array_append_new(images, json);
    return KL_OK;
}

static void print_manifest(const struct kl_release_file *release)
{
    const json_t *m = release->manifest, *signer = json_object_get(m, "signer");
    printf("%s%s %s%s for %s of %s, board %s\n", kl_bold(),
           json_string_value(json_object_get(m, "name")),
           json_string_value(json_object_get(m, "version")), kl_plain(),
           json_string_value(json_object_get(json_object_get(m, "product"), "name")),
           json_string_value(json_object_get(json_object_get(m, "vendor"), "name")),
           json_string_value(json_object_get(m, "board")));
    printf("  made %s, security counter %lld\n  %s %s\n",
           json_string_value(json_object_get(m, "made")), number(m, "security_counter"),
           signer ? "says that it is signed by" : "not signed",
           signer ? json_string_value(signer) : "");
    for (uint32_t i = 0; i < release->tar.count; i++) {
        printf("  %9zu  %s\n", release->tar.files[i].content.size, release->tar.files[i].name);
    }
}

static enum kl_err inspect_release(struct kl_release_job *job, json_t *images, struct kl_diag *diag)
{
    struct kl_release_file release;
    const json_t *row;
    size_t i;
    KL_TRY(kl_release_open(job->file, job->path, &release, diag));
    if (!job->common.json) {
        print_manifest(&release);
    }
    enum kl_err err = KL_OK;
    json_array_foreach(json_object_get(release.manifest, "images"), i, row)
    {
        const struct kl_tar_file *file =
            kl_tar_find(&release.tar, json_string_value(json_object_get(row, "file")));
        err = err == KL_OK ? inspect_image(job, file->name, file->content, images, diag) : err;
    }
    kl_result_detail(&job->result, "manifest", json_incref(release.manifest));
    kl_release_file_free(&release);
    return err;
}

static enum kl_err inspect(void *context, struct kl_release_job *job, struct kl_diag *diag)
{
    (void)context;
    json_t *images = json_array();
    enum kl_err err;
    if (kl_is_image(job->file)) {
        err = inspect_image(job, job->path, job->file, images, diag);
        inspect_keys(job);
    } else {
        err = inspect_release(job, images, diag);
    }
    kl_result_count(&job->result, "images", (long long)json_array_size(images), "1", KL_COUNTED);
    kl_result_detail(&job->result, "images", images);
    return err;
}

int kl_cmd_release_inspect(int argc, char **argv, const struct kl_command *self)
{
    const struct kl_option options[] = {{.name = NULL}};
    return kl_release_run(self, argc, argv, options, 1, inspect, NULL);
}
