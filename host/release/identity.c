/* SPDX-License-Identifier: Apache-2.0 */
#include "release/identity.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "base/command.h"

/* The last second of the year 9999: what follows has no four-digit year. */
#define LAST_SECOND UINT64_C(253402300799)

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The form 8-4-4-4-12 of RFC 9562. */
static bool parse_uuid(const char *text, uint8_t uuid[KL_IMAGE_UUID_BYTES])
{
    if (strlen(text) != KL_UUID_TEXT_BYTES - 1) {
        return false;
    }
    for (size_t i = 0; i < KL_IMAGE_UUID_BYTES; i++) {
        bool is_dash = i == 4 || i == 6 || i == 8 || i == 10;
        if (is_dash && *text++ != '-') {
            return false;
        }
        int high = hex_digit(text[0]), low = hex_digit(text[1]);
        if (high < 0 || low < 0) {
            return false;
        }
        uuid[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return true;
}

static enum kl_err name_uuid(const char *text, const uint8_t space[KL_IMAGE_UUID_BYTES],
                             uint8_t uuid[KL_IMAGE_UUID_BYTES], struct kl_diag *diag)
{
    uint8_t data[KL_IMAGE_UUID_BYTES + 255], digest[SHA_DIGEST_LENGTH];
    size_t length = strlen(text);
    if (parse_uuid(text, uuid)) {
        return KL_OK;
    }
    if (length == 0 || length > 255) {
        return kl_fail(diag, KL_EUSAGE,
                       "a vendor is a domain name and a product a name, or each a UUID");
    }
    memcpy(data, space, KL_IMAGE_UUID_BYTES);
    memcpy(data + KL_IMAGE_UUID_BYTES, text, length);
    SHA1(data, KL_IMAGE_UUID_BYTES + length, digest);
    memcpy(uuid, digest, KL_IMAGE_UUID_BYTES);
    uuid[6] = (uint8_t)(0x50 | (uuid[6] & 0x0f)); /* version 5 */
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f)); /* variant */
    return KL_OK;
}

enum kl_err kl_vendor_uuid(const char *text, uint8_t uuid[KL_IMAGE_UUID_BYTES],
                           struct kl_diag *diag)
{
    /* 6ba7b810-9dad-11d1-80b4-00c04fd430c8: names of DNS (RFC 9562, section 6.6) */
    static const uint8_t dns[KL_IMAGE_UUID_BYTES] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad,
                                                     0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
                                                     0x4f, 0xd4, 0x30, 0xc8};
    return name_uuid(text, dns, uuid, diag);
}

enum kl_err kl_product_uuid(const char *text, const uint8_t vendor[KL_IMAGE_UUID_BYTES],
                            uint8_t uuid[KL_IMAGE_UUID_BYTES], struct kl_diag *diag)
{
    return name_uuid(text, vendor, uuid, diag);
}

void kl_uuid_text(const uint8_t u[KL_IMAGE_UUID_BYTES], char text[KL_UUID_TEXT_BYTES])
{
    snprintf(text, KL_UUID_TEXT_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
             u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
             u[15]);
}

static bool parse_seconds(const char *text, uint64_t *seconds)
{
    char *end;
    errno = 0;
    *seconds = strtoull(text, &end, 10);
    return errno == 0 && end != text && *text >= '0' && *text <= '9' &&
           (*end == '\0' || *end == '\n') && *seconds <= LAST_SECOND;
}

static bool commit_time(const char *folder, uint64_t *seconds)
{
    const char *const argv[] = {"git", "-C", folder, "log", "-1", "--format=%ct", NULL};
    struct kl_buffer output = KL_BUFFER(4096);
    struct kl_diag ignored = {0}; /* without git there is no commit */
    int status = -1;
    bool found = kl_command_run(argv, &output, &status, &ignored) == KL_OK && status == 0 &&
                 output.data && parse_seconds(output.data, seconds);
    kl_buffer_free(&output);
    return found;
}

enum kl_err kl_made_time(const char *folder, uint64_t *seconds, struct kl_diag *diag)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    if (text && !parse_seconds(text, seconds)) {
        return kl_fail(diag, KL_EUSAGE, "SOURCE_DATE_EPOCH is not a number of seconds: '%.40s'",
                       text);
    }
    if (!text && !commit_time(folder, seconds)) {
        return kl_fail(
            diag, KL_EUSAGE,
            "no date for the release: give --made 2026-12-01, set SOURCE_DATE_EPOCH to the "
            "seconds since 1970, or build in a git work tree, whose last commit has one");
    }
    return KL_OK;
}

enum kl_err kl_made_parse(const char *text, uint64_t *seconds, struct kl_diag *diag)
{
    struct tm day = {0};
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (end && *end == '\0' && strlen(text) == 10 && text[4] == '-') {
        int asked = day.tm_mday;
        time_t time = timegm(&day); /* makes the 3rd of March of the 31st of February */
        *seconds = (uint64_t)time;
        if (time >= 0 && asked == day.tm_mday) {
            return KL_OK;
        }
    } else if (parse_seconds(text, seconds)) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EUSAGE, "'%.40s': a date is 2026-12-01, or seconds since 1970", text);
}

void kl_date_text(uint64_t seconds, char text[KL_DATE_TEXT_BYTES])
{
    time_t time = (time_t)(seconds <= LAST_SECOND ? seconds : LAST_SECOND);
    struct tm parts;
    gmtime_r(&time, &parts);
    strftime(text, KL_DATE_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
