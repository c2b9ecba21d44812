/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"

enum { ARENA_BYTES = 256 << 20, TEXT_BYTES = 4 << 20 };

int playbook_check_open(void **state)
{
    struct playbook_check *c = calloc(1, sizeof *c);
    assert_non_null(c);
    assert_true(kt_make_folder(c->folder));
    c->today = (struct kl_date){.year = 2026, .month = 11, .day = 23};
    *state = c;
    return 0;
}

int playbook_check_close(void **state)
{
    struct playbook_check *c = *state;
    kl_arena_free(c->arena);
    kt_remove_folder(c->folder);
    free(c);
    return 0;
}

void playbook_check_write(const struct playbook_check *c, const char *name, const char *text)
{
    struct kl_diag diag = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(kl_dir_create(path, &diag), KL_OK);
    *slash = '/';
    assert_int_equal(kl_file_write(path, text, strlen(text), &diag), KL_OK);
}

void playbook_check_load(struct playbook_check *c)
{
    kl_arena_free(c->arena);
    c->arena = kl_arena_create(ARENA_BYTES);
    assert_non_null(c->arena);
    kl_diag_clear(&c->diag);
    c->playbook = NULL;
    c->err = kl_playbook_load(c->folder, c->today, c->arena, &c->playbook, &c->findings, &c->diag);
}

void playbook_check_text(struct playbook_check *c, const char *text)
{
    struct kl_buffer file = KL_BUFFER(TEXT_BYTES);
    kl_buffer_printf(&file,
                     "playbook: 1\n"
                     "product: {name: demo, title: Demo, version: 1, owner: me, description: d}\n"
                     "%s",
                     text);
    assert_false(file.failed);
    playbook_check_write(c, "playbook.yaml", file.data);
    kl_buffer_free(&file);
    playbook_check_load(c);
    if (c->err != KL_OK) {
        fail_msg("%s", c->diag.message);
    }
}

static void show(const struct playbook_check *c)
{
    for (size_t i = 0; i < c->findings.count; i++) {
        const struct kl_finding *f = &c->findings.items[i];
        print_message("%d %s:%u: %s\n", (int)f->kind, f->origin, f->line, f->text);
    }
}

void playbook_check_finds(const struct playbook_check *c, int kind, uint32_t line, const char *part)
{
    for (size_t i = 0; i < c->findings.count; i++) {
        const struct kl_finding *f = &c->findings.items[i];
        if ((int)f->kind == kind && (line == 0 || f->line == line) && strstr(f->text, part)) {
            return;
        }
    }
    show(c);
    fail_msg("no finding of kind %d in line %u says '%s'", kind, line, part);
}

void playbook_check_sound(const struct playbook_check *c)
{
    if (c->findings.errors > 0) {
        show(c);
        fail_msg("%zu errors", c->findings.errors);
    }
}
