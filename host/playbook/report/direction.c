/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/report/direction.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *const more_is_better[] = {
    "accuracy",     "precision", "recall",  "f1",     "auc",      "specificity", "sensitivity",
    "r2",           "iou",       "map",     "margin", "headroom", "coverage",    "life",
    "uptime",       "lifetime",  "exact",   "saved",  "score",    "npv",         "roi",
    "availability", "agreement", "correct", "done",   "shown",
};

static const char *const less_is_better[] = {
    "ram",     "flash",       "cycles",    "latency",    "energy",   "instructions", "bytes",
    "size",    "loss",        "error",     "errors",     "alarms",   "missed",       "misses",
    "current", "power",       "time",      "seconds",    "cost",     "payback",      "duration",
    "stack",   "arena",       "constants", "code",       "mse",      "mae",          "rmse",
    "faults",  "unsupported", "macs",      "memory",     "failures", "failed",       "branches",
    "duty",    "drift",       "missing",   "difference", "late",     "overruns",
};

static bool is_one_of(const char *word, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_word(char c)
{
    return c == '.' || c == '_' || c == '-';
}

int kl_metric_direction(const char *name)
{
    size_t end = strlen(name);
    while (end > 0) {
        size_t start = end;
        while (start > 0 && !ends_word(name[start - 1])) {
            start--;
        }
        if (is_one_of(name + start, end - start, more_is_better,
                      sizeof more_is_better / sizeof more_is_better[0])) {
            return 1;
        }
        if (is_one_of(name + start, end - start, less_is_better,
                      sizeof less_is_better / sizeof less_is_better[0])) {
            return -1;
        }
        end = start > 0 ? start - 1 : 0;
    }
    return 0;
}
