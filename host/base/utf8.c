/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character at `text`, and its code; 0 when it is not UTF-8. */
static size_t decode(const unsigned char *text, size_t bytes, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = text[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    size_t length = lead >= 0xf0 && lead < 0xf8   ? 4
                    : lead >= 0xe0 && lead < 0xf0 ? 3
                    : lead >= 0xc0 && lead < 0xe0 ? 2
                                                  : 0;
    if (length == 0 || length > bytes) {
        return 0;
    }
    *code = lead & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < least[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

/* What is wrong with a character, or NULL. */
static const char *fault_of(uint32_t code)
{
    if (code == 0) {
        return "a NUL byte";
    }
    bool space = code == '\t' || code == '\n' || code == '\r';
    if ((code < 0x20 && !space) || (code >= 0x7f && code < 0xa0)) {
        return "a control character";
    }
    if (code == 0x2028 || code == 0x2029) {
        return "a line separator of Unicode";
    }
    if (code == 0xfeff || code == 0xfffe || code == 0xffff) {
        return "a byte-order mark or a code that is no character";
    }
    return NULL;
}

size_t kl_utf8_check(const char *text, size_t bytes, const char **fault)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t good = 0;
    while (good < bytes) {
        uint32_t code = 0;
        size_t length = decode(at + good, bytes - good, &code);
        const char *wrong = length ? fault_of(code) : "a byte that is not UTF-8";
        if (wrong) {
            *fault = wrong;
            return good;
        }
        good += length;
    }
    return bytes;
}

size_t kl_utf8_cut(const char *text, size_t limit)
{
    size_t length = strnlen(text, limit + 1);
    if (length <= limit) {
        /* The text may have been cut before. Step back over a character that is not complete. */
        limit = length;
    }
    size_t start = limit;
    while (start > 0 && limit - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)text[start - 1] < 0xc0) {
        return limit;
    }
    uint32_t code;
    const unsigned char *lead = (const unsigned char *)text + start - 1;
    return decode(lead, limit - (start - 1), &code) ? limit : start - 1;
}
