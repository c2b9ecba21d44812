/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/gates/expression_lex.h"

#include <math.h>
#include <string.h>

/* Of the C locale, whatever the program's is. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

/* Bytes of the units' names: letters, "%", and the bytes of the micro and degree signs. */
static bool is_unit(char c)
{
    return is_letter(c) || c == '%' || (unsigned char)c >= 0x80;
}

static uint32_t skip(const char *text, uint32_t at, bool (*is)(char))
{
    while (is(text[at])) {
        at++;
    }
    return at;
}

/* Behind the digits at `at`; "_" may group them. */
static uint32_t skip_digits(const char *text, uint32_t at)
{
    while (is_digit(text[at]) || (text[at] == '_' && is_digit(text[at + 1]))) {
        at++;
    }
    return at;
}

static uint32_t number_end(const char *text, uint32_t at)
{
    if (text[at] == '0' && text[at + 1] == 'x' && is_hex(text[at + 2])) {
        return skip(text, at + 2, is_hex);
    }
    at = skip_digits(text, at);
    if (text[at] == '.' && is_digit(text[at + 1])) {
        at = skip_digits(text, at + 1);
    }
    if (text[at] == 'e' || text[at] == 'E') {
        uint32_t sign = text[at + 1] == '+' || text[at + 1] == '-' ? 1 : 0;
        if (is_digit(text[at + 1 + sign])) {
            at = skip(text, at + 1 + sign, is_digit);
        }
    }
    return at;
}

/* Does a name or a call go on here, so that the word before is no unit? */
static bool name_goes_on(const char *text, uint32_t at)
{
    return is_word(text[at]) || text[at] == '(' || (text[at] == '.' && is_word(text[at + 1])) ||
           (text[at] == '-' && is_word(text[at + 1]));
}

static bool is_keyword(const char *word, size_t length)
{
    return (length == 3 && memcmp(word, "and", 3) == 0) ||
           (length == 2 && memcmp(word, "or", 2) == 0);
}

/* "MHz", "%", "uA/MHz" or "/h": the longest that is known; else `at`. */
static uint32_t unit_end(const char *text, uint32_t at, struct kl_value *unit)
{
    uint32_t first = skip(text, at, is_unit);
    uint32_t both = first;
    if (text[first] == '/' && is_unit(text[first + 1])) {
        both = skip(text, first + 1, is_unit);
    }
    if (both > first && !name_goes_on(text, both) && kl_unit_parse(text + at, both - at, unit)) {
        return both;
    }
    if (first > at && !name_goes_on(text, first) && kl_unit_parse(text + at, first - at, unit)) {
        return first;
    }
    return at;
}

static enum kl_err read_number(const char *text, struct kl_token *token, struct kl_diag *diag)
{
    uint32_t end = number_end(text, token->begin);
    token->kind = KL_TOKEN_NUMBER;
    token->end = end;
    if (!kl_value_parse(text + token->begin, end - token->begin, &token->number)) {
        return kl_expression_fail(text, token->begin, end, KL_EINPUT, diag,
                                  "this is no number that can be used");
    }
    uint32_t word = skip(text, end, is_blank);
    struct kl_value unit;
    uint32_t unit_stop = unit_end(text, word, &unit);
    if (unit_stop > word) {
        token->number.value *= unit.value;
        if (!isfinite(token->number.value)) {
            return kl_expression_fail(text, token->begin, unit_stop, KL_EINPUT, diag,
                                      "this is more than a number can hold");
        }
        token->number.dimension = unit.dimension;
        token->end = unit_stop;
        return KL_OK;
    }
    uint32_t stop = skip(text, word, is_unit);
    if (stop > word && !is_keyword(text + word, stop - word)) {
        return kl_expression_fail(text, token->begin, stop, KL_EINPUT, diag,
                                  "unknown unit '%.*s'; a number stands alone or with a unit such "
                                  "as ms, KiB, mA, /h or %%",
                                  (int)(stop - word > 40 ? 40 : stop - word), text + word);
    }
    return KL_OK;
}

static enum kl_err read_text(const char *text, struct kl_token *token, struct kl_diag *diag)
{
    char mark = text[token->begin];
    const char *close = strchr(text + token->begin + 1, mark);
    token->kind = KL_TOKEN_TEXT;
    if (!close) {
        return kl_expression_fail(text, token->begin, (uint32_t)strlen(text), KL_EINPUT, diag,
                                  "the text has no closing %c", mark);
    }
    token->end = (uint32_t)(close - text) + 1;
    return KL_OK;
}

/* Parts joined by dots; "-" only between letters or digits. */
static uint32_t name_end(const char *text, uint32_t at)
{
    for (;;) {
        at = skip(text, at, is_word);
        bool joined =
            (text[at] == '.' || (text[at] == '-' && text[at - 1] != '_')) && is_word(text[at + 1]);
        if (!joined) {
            return at;
        }
        at++;
    }
}

static void read_word(const char *text, struct kl_token *token)
{
    static const struct {
        const char *word;
        enum kl_token_kind kind;
    } keywords[] = {{"and", KL_TOKEN_AND},
                    {"or", KL_TOKEN_OR},
                    {"not", KL_TOKEN_NOT},
                    {"true", KL_TOKEN_TRUE},
                    {"false", KL_TOKEN_FALSE}};
    token->end = name_end(text, token->begin);
    size_t length = token->end - token->begin;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strlen(keywords[i].word) == length &&
            memcmp(keywords[i].word, text + token->begin, length) == 0) {
            token->kind = keywords[i].kind;
            return;
        }
    }
    token->kind = text[token->end] == '(' ? KL_TOKEN_CALL : KL_TOKEN_NAME;
}

struct sign {
    const char *text;
    enum kl_token_kind kind;
    int op;
};

static enum kl_err read_sign(const char *text, struct kl_token *token, struct kl_diag *diag)
{
    /* The longer ones first. */
    static const struct sign signs[] = {{"<=", KL_TOKEN_COMPARE, KL_NOT_GREATER},
                                        {">=", KL_TOKEN_COMPARE, KL_NOT_LESS},
                                        {"==", KL_TOKEN_COMPARE, KL_EQUAL},
                                        {"!=", KL_TOKEN_COMPARE, KL_NOT_EQUAL},
                                        {"<", KL_TOKEN_COMPARE, KL_LESS},
                                        {">", KL_TOKEN_COMPARE, KL_GREATER},
                                        {"+", KL_TOKEN_PLUS, 0},
                                        {"-", KL_TOKEN_MINUS, 0},
                                        {"*", KL_TOKEN_TIMES, 0},
                                        {"/", KL_TOKEN_OVER, 0},
                                        {"(", KL_TOKEN_OPEN, 0},
                                        {")", KL_TOKEN_CLOSE, 0},
                                        {",", KL_TOKEN_COMMA, 0}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i].text);
        if (strncmp(text + token->begin, signs[i].text, length) == 0) {
            token->kind = signs[i].kind;
            token->op = signs[i].op;
            token->end = token->begin + (uint32_t)length;
            return KL_OK;
        }
    }
    uint32_t end = token->begin + 1;
    while (((unsigned char)text[end] & 0xc0) == 0x80) {
        end++;
    }
    const char *remedy = text[token->begin] == '='   ? "; equality is =="
                         : text[token->begin] == '&' ? "; write 'and'"
                         : text[token->begin] == '|' ? "; write 'or'"
                         : text[token->begin] == '!' ? "; write 'not'"
                                                     : "; it has no meaning here";
    return kl_expression_fail(text, token->begin, end, KL_EINPUT, diag, "unexpected sign%s",
                              remedy);
}

enum kl_err kl_token_read(const char *text, uint32_t at, struct kl_token *token,
                          struct kl_diag *diag)
{
    *token = (struct kl_token){.kind = KL_TOKEN_END};
    token->begin = token->end = skip(text, at, is_blank);
    char c = text[token->begin];
    if (c == '\0') {
        return KL_OK;
    }
    if (is_digit(c)) {
        return read_number(text, token, diag);
    }
    if (c == '"' || c == '\'') {
        return read_text(text, token, diag);
    }
    if (is_letter(c) || c == '_') {
        read_word(text, token);
        return KL_OK;
    }
    return read_sign(text, token, diag);
}
