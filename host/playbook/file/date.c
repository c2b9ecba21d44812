/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "playbook/playbook.h"

enum { FIRST_YEAR = 1970, LAST_YEAR = 2199 };

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Exactly `digits` decimal digits as a number, or -1. */
static int read_digits(const char *text, int digits)
{
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

bool kl_date_parse(const char *text, struct kl_date *date)
{
    int year = read_digits(text, 4);
    if (year < FIRST_YEAR || year > LAST_YEAR || text[4] != '-') {
        return false;
    }
    int month = read_digits(text + 5, 2);
    if (month < 1 || month > 12 || text[7] != '-') {
        return false;
    }
    int day = read_digits(text + 8, 2);
    if (day < 1 || day > days_of_month(year, month) || text[10] != '\0') {
        return false;
    }
    *date = (struct kl_date){.year = year, .month = month, .day = day};
    return true;
}

int32_t kl_date_days(struct kl_date date)
{
    int32_t days = date.day - 1;
    for (int month = 1; month < date.month; month++) {
        days += days_of_month(date.year, month);
    }
    for (int year = FIRST_YEAR; year < date.year; year++) {
        days += is_leap(year) ? 366 : 365;
    }
    return days;
}

struct kl_date kl_date_today(void)
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc)) {
        return (struct kl_date){.year = FIRST_YEAR, .month = 1, .day = 1};
    }
    return (struct kl_date){
        .year = utc.tm_year + 1900, .month = utc.tm_mon + 1, .day = utc.tm_mday};
}
