/* SPDX-License-Identifier: Apache-2.0 */
/* What exactly is shipped: each file by its hash, and the versions that belong together. */
#include <string.h>

#include "playbook/assess/bundle_files.h"

static json_t *file_table(const struct kl_bundle *bundle, struct kl_result *result, uint64_t *bytes)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < bundle->shipped; i++) {
        const struct kl_bundle_file *file = &bundle->files[i];
        *bytes += file->bytes;
        kl_result_input(result, file->path, file->sha256);
        json_array_append_new(rows, json_pack("{s:s, s:I, s:s}", "file", file->path, "bytes",
                                              (json_int_t)file->bytes, "sha256", file->sha256));
    }
    return rows;
}

static bool add_version(const struct kl_playbook *playbook, json_t *rows, const char *what,
                        const char *path)
{
    const char *version = kl_yaml_text(kl_playbook_field(playbook, path), "");
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "what", what, "version",
                                          *version ? version : "not stated", "from", path));
    return *version != '\0';
}

static json_t *version_table(const struct kl_playbook *playbook, bool *complete)
{
    json_t *rows = json_array();
    add_version(playbook, rows, "Product", "product.version");
    *complete = add_version(playbook, rows, "Model", "release.versions.model");
    *complete &= add_version(playbook, rows, "Code", "release.versions.code");
    *complete &= add_version(playbook, rows, "Data", "release.versions.data");
    *complete &= add_version(playbook, rows, "Configuration", "release.versions.configuration");
    add_version(playbook, rows, "Hardware", "release.versions.hardware");
    const char *git = kl_bundle_git_version(playbook);
    if (*git) {
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "what", "Code in this folder",
                                              "version", git, "from", "git describe"));
    }
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "what", "kinglet", "version",
                                          KINGLET_VERSION, "from", "this program"));
    return rows;
}

static size_t approved(const struct kl_playbook *playbook, size_t *all)
{
    const struct kl_yaml *list = kl_playbook_field(playbook, "release.approvals");
    size_t done = 0;
    *all = list ? list->count : 0;
    for (size_t i = 0; i < *all; i++) {
        bool signed_off = *kl_assess_text(list->items[i], "by") != '\0' &&
                          *kl_assess_text(list->items[i], "date") != '\0';
        done += signed_off ? 1 : 0;
    }
    return done;
}

enum kl_err kl_assess_bundle(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                             struct kl_result *result, struct kl_diag *diag)
{
    (void)evidence;
    struct kl_bundle bundle;
    KL_TRY(kl_bundle_read(playbook, &bundle, diag));
    if (bundle.shipped == 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the assessment bundle needs release.bundle: the files that are shipped",
                       playbook->path);
    }
    uint64_t bytes = 0;
    bool complete;
    size_t approvals;
    json_t *files = file_table(&bundle, result, &bytes);
    json_t *versions = version_table(playbook, &complete);
    size_t done = approved(playbook, &approvals);
    kl_assess_count(result, "bundle.files", bundle.shipped);
    kl_result_count(result, "bundle.bytes", (long long)bytes, "bytes", KL_COUNTED);
    kl_result_metric(result, "bundle.sha256", json_string(bundle.sha256), "1", KL_COUNTED);
    kl_result_metric(result, "versions.complete", json_boolean(complete), "1", KL_STATED);
    kl_assess_count(result, "approvals.all", approvals);
    kl_assess_stated(result, "approvals.given", (double)done, "1");
    kl_assess_table(result, "files", files);
    kl_assess_table(result, "versions", versions);
    return KL_OK;
}
