/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/data_job.h"
#include "data/relabel.h"

struct relabel_options {
    struct kl_common common;
    const char *path, *table, *output;
    bool replace;
};

static enum kl_err write_version(const struct relabel_options *o, const struct kl_dataset *d,
                                 struct kl_bytes table, struct kl_data_writer *writer,
                                 struct kl_arena *arena, struct kl_result *result,
                                 struct kl_diag *diag)
{
    struct kl_relabel_report report;
    struct kl_dataset written;
    struct kl_data_facts facts = d->facts;
    facts.made_by = "data relabel";
    KL_TRY(kl_relabel(d, table, o->table, writer, arena, &report, diag));
    KL_TRY(kl_data_writer_finish(writer, &facts, &written, diag));
    kl_result_count(result, "relabel.rows", report.rows, "1", KL_COUNTED);
    kl_result_count(result, "relabel.changed", report.changed, "1", KL_COUNTED);
    kl_result_count(result, "relabel.removed", report.removed, "1", KL_COUNTED);
    kl_describe_dataset(result, &written);
    if (!o->common.json) {
        printf("%d items have another label, %d are left out\n", report.changed, report.removed);
        kl_print_dataset(&written);
    }
    return KL_OK;
}

static enum kl_err relabel(void *options, struct kl_arena *arena, struct kl_dataset *d,
                           struct kl_result *result, struct kl_diag *diag)
{
    struct relabel_options *o = options;
    struct kl_data_writer *writer = NULL;
    struct kl_bytes table;
    char sha256[KL_SHA256_HEX_BYTES];
    if (!o->output || !o->table) {
        return kl_fail(diag, KL_EUSAGE, "%s is missing",
                       o->output ? "--table, with the columns item and label,"
                                 : "-o, the folder of the new version,");
    }
    KL_TRY(kl_dataset_open(o->path, arena, d, diag));
    KL_TRY(kl_file_read(o->table, KL_DATA_ROWS_BYTES, arena, &table, diag));
    kl_sha256_hex(table.data, table.size, sha256);
    kl_result_data(result, o->path, d->version);
    kl_result_input(result, o->table, sha256);
    enum kl_err err = kl_data_writer_create(o->output, o->replace, &writer, diag);
    if (err == KL_OK) {
        err = write_version(o, d, table, writer, arena, result, diag);
    }
    kl_data_writer_free(writer);
    return err;
}

int kl_cmd_data_relabel(int argc, char **argv, const struct kl_command *self)
{
    struct relabel_options o = {.table = NULL};
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DATASET",
         .help = "the new version",
         .text = &o.output},
        {.name = "--replace", .help = "replace the data set that is there", .flag = &o.replace},
        {.name = "--table",
         .argument = "F",
         .help = "columns item and label: another class, or nothing to leave the item out",
         .text = &o.table},
        {.name = NULL},
    };
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &o.path, 1, &status);
    return begun ? kl_data_run(self, &o.common, relabel, &o) : status;
}
