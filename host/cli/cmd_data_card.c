/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/data_job.h"
#include "flow/data_card.h"

enum { NOTES_BYTES = 1 << 20, CARD_BYTES = 64 << 20, PATH_BYTES = 4096 };

struct card_options {
    struct kl_common common;
    const char *path, *output, *title, *notes;
};

static enum kl_err read_notes(const struct card_options *o, struct kl_arena *arena,
                              struct kl_result *result, const char **notes, struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_bytes file;
    const char *fault;
    if (!o->notes) {
        return KL_OK;
    }
    KL_TRY(kl_file_read(o->notes, NOTES_BYTES, arena, &file, diag));
    if (kl_utf8_check((const char *)file.data, file.size, &fault) != file.size) {
        return kl_fail(diag, KL_EINPUT, "%s: %s; notes are UTF-8 text", o->notes, fault);
    }
    kl_sha256_hex(file.data, file.size, sha256);
    kl_result_input(result, o->notes, sha256);
    *notes = kl_arena_printf(arena, "%.*s", (int)file.size, (const char *)file.data);
    return *notes ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* The last part of the data set's path. */
static const char *default_title(const char *path, struct kl_arena *arena)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    size_t first = length;
    while (first > 0 && path[first - 1] != '/') {
        first--;
    }
    return kl_arena_printf(arena, "%.*s", (int)(length - first), path + first);
}

static enum kl_err write_text(const struct card_options *o, const char *name,
                              void (*make)(const struct kl_data_card *, struct kl_buffer *),
                              const struct kl_data_card *card, struct kl_diag *diag)
{
    char path[PATH_BYTES];
    struct kl_buffer text = KL_BUFFER(CARD_BYTES);
    snprintf(path, sizeof path, "%.3900s/%s", o->output, name);
    make(card, &text);
    enum kl_err err = text.failed ? KL_FAIL_MEMORY(diag) : kl_dir_create_above(path, diag);
    if (!err) {
        err = kl_file_write(path, text.data, text.size, diag);
    }
    kl_buffer_free(&text);
    if (!err && !o->common.json) {
        printf("%s\n", path);
    }
    return err;
}

static enum kl_err make_card(void *options, struct kl_arena *arena, struct kl_dataset *d,
                             struct kl_result *result, struct kl_diag *diag)
{
    struct card_options *o = options;
    struct kl_stats stats;
    struct kl_data_card card = {.title = o->title, .dataset = d, .stats = &stats};
    if (!o->output) {
        return kl_fail(diag, KL_EUSAGE, "-o is missing: the folder for the card");
    }
    KL_TRY(kl_dataset_open(o->path, arena, d, diag));
    KL_TRY(read_notes(o, arena, result, &card.notes, diag));
    KL_TRY(kl_stats_run(d, arena, &stats, diag));
    card.title = card.title ? card.title : default_title(o->path, arena);
    if (!card.title) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_describe_stats(result, d, &stats);
    KL_TRY(write_text(o, "data-card.md", kl_data_card_markdown, &card, diag));
    return write_text(o, "data-card.html", kl_data_card_html, &card, diag);
}

int kl_cmd_data_card(int argc, char **argv, const struct kl_command *self)
{
    struct card_options o = {.path = NULL};
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "folder for data-card.md and data-card.html",
         .text = &o.output},
        {.name = "--title",
         .argument = "TEXT",
         .help = "title of the card (default: name of the data set)",
         .text = &o.title},
        {.name = "--notes",
         .argument = "FILE",
         .help = "Markdown with what no figure says: purpose, consent, known gaps and bias",
         .text = &o.notes},
        {.name = NULL},
    };
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &o.path, 1, &status);
    return begun ? kl_data_run(self, &o.common, make_card, &o) : status;
}
