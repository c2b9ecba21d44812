/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "playbook/evidence/chain.h"
#include "playbook/evidence/head.h"
#include "playbook/evidence/record.h"

enum kl_err kl_evidence_open(const struct kl_playbook *playbook, struct kl_arena *arena,
                             struct kl_evidence *evidence, struct kl_diag *diag)
{
    *evidence = (struct kl_evidence){.arena = arena};
    evidence->folder = kl_evidence_folder(playbook, arena);
    if (!evidence->folder) {
        return KL_FAIL_MEMORY(diag);
    }
    return kl_evidence_read(evidence, diag);
}

void kl_evidence_close(struct kl_evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; i++) {
        json_decref(evidence->records[i].json);
    }
    *evidence = (struct kl_evidence){0};
}

const struct kl_record *kl_evidence_latest(const struct kl_evidence *evidence, const char *step)
{
    for (size_t i = evidence->count; i-- > 0;) {
        if (strcmp(evidence->records[i].step, step) == 0) {
            return &evidence->records[i];
        }
    }
    return NULL;
}

const struct kl_record *kl_evidence_next(const struct kl_evidence *evidence, const char *step,
                                         const struct kl_record *after)
{
    size_t low = 0;
    size_t high = after ? evidence->count : 0;
    while (low < high) { /* the first one with a higher number */
        size_t middle = low + (high - low) / 2;
        if (evidence->records[middle].number <= after->number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i < evidence->count; i++) {
        if (strcmp(evidence->records[i].step, step) == 0) {
            return &evidence->records[i];
        }
    }
    return NULL;
}

void kl_record_result_hash(const struct kl_record *record, char hex[KL_SHA256_HEX_BYTES])
{
    json_t *json = json_pack("{s:O?, s:O?}", "outputs", json_object_get(record->json, "outputs"),
                             "result", record->result);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    /* Without memory it is the hash of nothing, which no record names. */
    kl_sha256_hex(text ? text : "", text ? strlen(text) : 0, hex);
    free(text);
    json_decref(json);
}

/* Steps of a run that died may need a moment to end: child.c. */
static int take_lock(int fd)
{
    enum { TRIES = 40, PAUSE_US = 100000 };
    for (int i = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == TRIES) {
            return errno;
        }
        usleep(PAUSE_US);
    }
    return 0;
}

enum kl_err kl_evidence_lock(const struct kl_playbook *playbook, int *fd, struct kl_diag *diag)
{
    const char *folder = kl_evidence_folder(playbook, playbook->arena);
    const char *path = folder ? kl_arena_printf(playbook->arena, "%s/.lock", folder) : NULL;
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_dir_create(folder, diag));
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*fd < 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    int error = take_lock(*fd);
    if (error) {
        close(*fd);
        *fd = -1;
        return kl_fail(diag, KL_EIO, "%s: %s", path,
                       error == EWOULDBLOCK ? "another run works on this playbook; wait for it, "
                                              "or end it"
                                            : strerror(error));
    }
    return KL_OK;
}

enum kl_err kl_evidence_is_current(const struct kl_evidence *evidence, bool *current,
                                   struct kl_diag *diag)
{
    struct kl_head head;
    KL_TRY(kl_head_read(evidence->folder, &head, diag));
    const struct kl_record *last = evidence->count ? &evidence->records[evidence->count - 1] : NULL;
    uint32_t number = last ? last->number : 0;
    bool same = last && head.state == KL_HEAD_SOUND && head.number == number &&
                strcmp(head.sha256, last->sha256) == 0;
    /* A crash between a record and HEAD leaves HEAD one behind. */
    bool behind = head.state != KL_HEAD_BROKEN && number > 0 && head.number == number - 1;
    bool empty = head.state == KL_HEAD_NONE && number == 0;
    *current = same || behind || empty;
    return KL_OK;
}

static enum kl_err require_current(const struct kl_evidence *evidence, struct kl_diag *diag)
{
    bool current;
    KL_TRY(kl_evidence_is_current(evidence, &current, diag));
    return current ? KL_OK
                   : kl_fail(diag, KL_EIO, "%s: another program wrote into it meanwhile; run again",
                             evidence->folder);
}

static enum kl_err require_sound(const struct kl_evidence *evidence, const json_t *record,
                                 struct kl_diag *diag)
{
    const char *step = json_string_value(json_object_get(record, "step"));
    if (evidence->fault_count) {
        return kl_fail(diag, KL_EINPUT, "%s", evidence->faults[0]);
    }
    if (!step || !kl_record_step_is_plain(step)) {
        return kl_fail(diag, KL_EINPUT,
                       "'%.100s' is no name for a step: letters, digits, '.', '_' and '-', at most "
                       "100",
                       step ? step : "");
    }
    if (evidence->count == KL_EVIDENCE_MAX_RECORDS) {
        return kl_fail(diag, KL_ELIMIT,
                       "%s holds %d records, the most there may be; move the folder away and "
                       "execute all steps again",
                       evidence->folder, KL_EVIDENCE_MAX_RECORDS);
    }
    return KL_OK;
}

/* A place behind the last record. Older copies of the list stay valid in the arena. */
static struct kl_record *new_place(struct kl_evidence *evidence)
{
    size_t count = evidence->count;
    if (count == kl_evidence_capacity(count) || !evidence->records) {
        struct kl_record *grown =
            KL_NEW(evidence->arena, struct kl_record, kl_evidence_capacity(count + 1));
        if (!grown) {
            return NULL;
        }
        if (count) {
            memcpy(grown, evidence->records, count * sizeof *grown);
        }
        evidence->records = grown;
    }
    return &evidence->records[count];
}

/* Can the text be read back, and does it find room? What the next run would refuse to read must not
 * get into the chain. */
static enum kl_err check_text(const struct kl_evidence *evidence, const struct kl_buffer *text,
                              const char *step, struct kl_diag *diag)
{
    json_error_t error;
    json_t *again = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, &error);
    json_decref(again);
    if (!again) {
        return kl_fail(diag, KL_EINPUT, "the result of step %s cannot be kept: %s", step,
                       error.text);
    }
    if (text->size > KL_EVIDENCE_BYTES - evidence->bytes) {
        return kl_fail(diag, KL_ELIMIT,
                       "%s would hold more than %zu MiB; move the folder away, and execute all "
                       "steps again",
                       evidence->folder, KL_EVIDENCE_BYTES >> 20);
    }
    return KL_OK;
}

/* The record's text, as its file holds it. */
static enum kl_err write_text(const json_t *json, const char *step, struct kl_buffer *text,
                              struct kl_diag *diag)
{
    char *dump = json_dumps(json, JSON_INDENT(1));
    if (dump) {
        kl_buffer_printf(text, "%s\n", dump);
    }
    free(dump);
    if (!dump) {
        return KL_FAIL_MEMORY(diag);
    }
    if (text->failed) {
        return kl_fail(diag, KL_ELIMIT,
                       "the result of step %s is larger than a record may be: %d MiB", step,
                       KL_EVIDENCE_RECORD_BYTES >> 20);
    }
    return KL_OK;
}

/* The record with its place in the chain: a new reference. Its fields are checked as they will be
 * when it is read. */
static enum kl_err complete(const struct kl_evidence *evidence, json_t *record, uint32_t number,
                            json_t **whole, struct kl_diag *diag)
{
    const char *step = json_string_value(json_object_get(record, "step"));
    const char *previous = number == 1 ? NULL : evidence->records[evidence->count - 1].sha256;
    *whole = json_pack("{s:s, s:I, s:s?}", "schema", "kinglet.evidence/1", "number",
                       (json_int_t)number, "previous", previous);
    if (!*whole || json_object_update_missing(*whole, record) != 0) {
        return KL_FAIL_MEMORY(diag);
    }
    const char *wrong = kl_record_check(*whole, number, step);
    return wrong ? kl_fail(diag, KL_EINPUT, "the record of step %s %s", step, wrong) : KL_OK;
}

static enum kl_err write_record(struct kl_evidence *evidence, json_t *json,
                                struct kl_record *record, struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER(KL_EVIDENCE_RECORD_BYTES);
    enum kl_err err = write_text(json, record->step, &text, diag);
    if (err == KL_OK) {
        err = check_text(evidence, &text, record->step, diag);
    }
    if (err == KL_OK) {
        kl_sha256_hex(text.data, text.size, record->sha256);
        err = kl_evidence_write(record->path, text.data, text.size, diag);
    }
    size_t bytes = text.size;
    kl_buffer_free(&text);
    if (err == KL_OK) {
        evidence->bytes += bytes;
        err = kl_head_write(evidence->folder, record->number, record->sha256, diag);
        if (err != KL_OK) {
            unlink(record->path); /* nothing names it yet, and its number is given again */
        }
    }
    return err;
}

static enum kl_err append_whole(struct kl_evidence *evidence, json_t *whole, uint32_t number,
                                struct kl_diag *diag)
{
    struct kl_record *place = new_place(evidence);
    struct kl_record record;
    kl_record_fill(whole, &record);
    record.path =
        kl_arena_printf(evidence->arena, "%s/%06u-%s.json", evidence->folder, number, record.step);
    if (!place || !record.path) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(write_record(evidence, whole, &record, diag));
    json_incref(whole); /* the store's */
    *place = record;
    evidence->count++;
    return KL_OK;
}

enum kl_err kl_evidence_append(struct kl_evidence *evidence, json_t *record, struct kl_diag *diag)
{
    KL_TRY(require_sound(evidence, record, diag));
    KL_TRY(require_current(evidence, diag));
    uint32_t number = (uint32_t)evidence->count + 1;
    json_t *whole = NULL;
    enum kl_err err = complete(evidence, record, number, &whole, diag);
    if (err == KL_OK) {
        err = append_whole(evidence, whole, number, diag);
    }
    json_decref(whole);
    return err;
}
