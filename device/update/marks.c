/* SPDX-License-Identifier: Apache-2.0 */
#include "update/marks.h"

#include <string.h>

#include "update/bytes.h"

static void make_mark(const struct kl_marks *marks, uint8_t mark[KL_MARK_BYTES])
{
    kl_put_u32(mark, marks->word);
    kl_put_u32(mark + 4, kl_check_word(marks->word, marks->seed));
}

int kl_marks_read(struct kl_marks *marks)
{
    uint8_t found[KL_MARK_BYTES], mark[KL_MARK_BYTES];
    marks->seen = 0;
    marks->used = 0;
    make_mark(marks, mark);
    for (uint32_t i = 0; i < marks->places; i++) {
        int error =
            kl_area_read(marks->area, marks->offset + i * KL_MARK_BYTES, found, sizeof found);
        if (error) {
            return error;
        }
        marks->seen += memcmp(found, mark, sizeof mark) == 0;
        if ((kl_get_u32(found) & kl_get_u32(found + 4)) != UINT32_MAX) {
            marks->used = i + 1;
        }
    }
    return KL_FLASH_OK;
}

int kl_marks_find(struct kl_marks *marks)
{
    for (uint32_t i = 0; i < marks->places; i++) {
        uint8_t found[KL_MARK_BYTES];
        int error =
            kl_area_read(marks->area, marks->offset + i * KL_MARK_BYTES, found, sizeof found);
        if (error) {
            return error;
        }
        marks->word = kl_get_u32(found);
        if (kl_get_u32(found + 4) == kl_check_word(marks->word, marks->seed)) {
            return kl_marks_read(marks);
        }
    }
    marks->word = 0;
    return kl_marks_read(marks);
}

int kl_marks_complete(struct kl_marks *marks)
{
    uint8_t mark[KL_MARK_BYTES], found[KL_MARK_BYTES];
    make_mark(marks, mark);
    /* Where power failed, a place may only seem erased. */
    while (marks->seen < KL_MARKS_NEEDED && marks->used < marks->places) {
        uint32_t at = marks->offset + marks->used++ * KL_MARK_BYTES;
        marks->seen += kl_area_write(marks->area, at, mark, sizeof mark) == KL_FLASH_OK &&
                       kl_area_read(marks->area, at, found, sizeof found) == KL_FLASH_OK &&
                       memcmp(found, mark, sizeof mark) == 0;
    }
    return marks->seen < KL_MARKS_NEEDED ? KL_FLASH_FAILED : KL_FLASH_OK;
}
