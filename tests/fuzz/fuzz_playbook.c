/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a playbook, through all that is checked before anything runs. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "playbook/fields.h"
#include "playbook/playbook.h"

enum { MEMORY_LIMIT = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that has no name, so that nothing is left behind. Returns its descriptor. */
static int make_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("playbook", MFD_CLOEXEC);
    if (fd < 0) {
        abort();
    }
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, data + done, size - done);
        if (n <= 0) {
            abort();
        }
        done += (size_t)n;
    }
    return fd;
}

static void check_step(const struct kl_playbook *playbook, const struct kl_step *step)
{
    assert(step->name && step->title && kl_playbook_chapter(playbook, step->chapter));
    assert(step->inputs && step->outputs && step->reads && step->needs);
    assert(step->timeout_ms > 0);
    assert(step->kind == KL_STEP_STATEMENT ? step->text && step->by : step->argv && step->command);
    assert((step->kind == KL_STEP_ASSESS) == (step->assess != NULL));
}

/* What is promised to those who use a playbook, even one with errors. */
static void check_playbook(const struct kl_playbook *p)
{
    assert(p->name && p->title && p->version && p->currency && p->file_count > 0);
    for (size_t i = 0; i < p->step_count; i++) {
        check_step(p, &p->steps[i]);
    }
    for (size_t i = 0; i < p->gate_count; i++) {
        const struct kl_gate *gate = &p->gates[i];
        assert(gate->name && gate->that && gate->that_node);
        assert(!gate->waiver || (gate->waiver->reason[0] && gate->waiver->by[0]));
    }
    for (size_t i = 0; i < p->chapter_count; i++) {
        assert(p->chapters[i].id && p->chapters[i].title);
        assert(p->chapters[i].number == (int32_t)i + 1);
    }
}

static void check_findings(const struct kl_findings *findings)
{
    size_t errors = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct kl_finding *finding = &findings->items[i];
        errors += finding->kind == KL_FINDING_ERROR;
        assert(finding->text[0] && finding->origin);
        json_t *text = json_string(finding->text); /* NULL when it is not UTF-8 */
        assert(text);
        json_decref(text);
    }
    assert(errors <= findings->errors && (errors > 0) == (findings->errors > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    struct kl_playbook *playbook = NULL;
    struct kl_findings findings;
    struct kl_diag diag = {0};
    char path[64];
    int fd = make_file(data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct kl_date today = {.year = 2026, .month = 11, .day = 23};
    enum kl_err err = kl_playbook_load(path, today, arena, &playbook, &findings, &diag);
    if (err == KL_OK) {
        check_playbook(playbook);
        check_findings(&findings);
    } else {
        assert(diag.err == err && diag.message[0]);
    }
    close(fd);
    kl_arena_free(arena);
    return 0;
}
