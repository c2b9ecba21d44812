/* SPDX-License-Identifier: Apache-2.0 */
#include "data/dataset.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

const char *const kl_data_kind_names[3] = {"series", "image", "table"};
const char *const kl_data_split_names[4] = {"", "train", "validation", "test"};

enum { PATH_BYTES = 4096 };

static enum kl_err map_samples(const char *path, struct kl_dataset *dataset, struct kl_diag *diag)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot open: %s", path, strerror(errno));
    }
    void *map = NULL;
    int error = fstat(fd, &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (!error && status.st_size > 0) {
        map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
        error = map == MAP_FAILED ? errno : 0;
    }
    close(fd);
    if (error) {
        return kl_fail(diag, KL_EIO, "%s: cannot map: %s", path, strerror(error));
    }
    dataset->samples = map;
    dataset->samples_bytes = (uint64_t)status.st_size;
    return KL_OK;
}

static enum kl_err open_parts(const char *path, struct kl_arena *arena, struct kl_dataset *dataset,
                              struct kl_diag *diag)
{
    char name[PATH_BYTES];
    struct kl_bytes facts;
    struct kl_bytes rows;
    struct kl_dataset parsed = {.path = NULL};
    snprintf(name, sizeof name, "%.4000s/samples.bin", path);
    KL_TRY(map_samples(name, dataset, diag));
    snprintf(name, sizeof name, "%.4000s/dataset.json", path);
    KL_TRY(kl_file_read(name, KL_DATA_FACTS_BYTES, arena, &facts, diag));
    snprintf(name, sizeof name, "%.4000s/items.tsv", path);
    KL_TRY(kl_file_read(name, KL_DATA_ROWS_BYTES, arena, &rows, diag));
    KL_TRY(kl_dataset_parse(facts, rows, dataset->samples_bytes, arena, &parsed, diag));
    parsed.samples = dataset->samples;
    parsed.samples_bytes = dataset->samples_bytes;
    *dataset = parsed;
    dataset->path = kl_arena_copy(arena, path, strlen(path) + 1);
    return dataset->path ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_dataset_open(const char *path, struct kl_arena *arena, struct kl_dataset *dataset,
                            struct kl_diag *diag)
{
    struct stat status;
    char name[PATH_BYTES];
    memset(dataset, 0, sizeof *dataset);
    snprintf(name, sizeof name, "%.4000s/dataset.json", path);
    if (stat(name, &status) != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: no data set: it has no dataset.json; `kinglet data import` makes one",
                       path);
    }
    struct kl_diag part = {0};
    enum kl_err err = open_parts(path, arena, dataset, &part);
    if (err) {
        kl_dataset_close(dataset);
        bool named = strncmp(part.message, path, strlen(path)) == 0;
        return kl_fail(diag, err, "%s%s%s", named ? "" : path, named ? "" : "/", part.message);
    }
    return KL_OK;
}

void kl_dataset_close(struct kl_dataset *dataset)
{
    if (dataset->samples) {
        munmap((void *)(uintptr_t)dataset->samples, (size_t)dataset->samples_bytes);
    }
    memset(dataset, 0, sizeof *dataset);
}

size_t kl_data_value_bytes(enum kl_data_kind kind)
{
    return kind == KL_DATA_IMAGE ? 1 : sizeof(float);
}

const struct kl_data_item **kl_dataset_sorted(const struct kl_dataset *dataset,
                                              int (*compare)(const void *, const void *),
                                              struct kl_arena *arena)
{
    const struct kl_data_item **sorted =
        KL_NEW(arena, const struct kl_data_item *, (size_t)dataset->count);
    for (int32_t i = 0; sorted && i < dataset->count; i++) {
        sorted[i] = &dataset->items[i];
    }
    if (sorted) {
        qsort(sorted, (size_t)dataset->count, sizeof *sorted, compare);
    }
    return sorted;
}

size_t kl_data_values(const struct kl_data_facts *facts, const struct kl_data_item *item)
{
    return (size_t)item->frames * (size_t)item->width * (size_t)facts->channel_count;
}

void kl_data_id(const struct kl_data_facts *facts, const struct kl_data_item *item,
                const void *samples, char id[KL_SHA256_HEX_BYTES])
{
    char shape[64];
    int length = snprintf(shape, sizeof shape, "%d %d %d\n", item->frames, item->width,
                          facts->channel_count);
    kl_sha256_hex_pair(shape, (size_t)length, samples,
                       kl_data_values(facts, item) * kl_data_value_bytes(facts->kind), id);
}

enum kl_err kl_dataset_verify(const struct kl_dataset *dataset, struct kl_diag *diag)
{
    for (int32_t i = 0; i < dataset->count; i++) {
        const struct kl_data_item *item = &dataset->items[i];
        char id[KL_SHA256_HEX_BYTES];
        kl_data_id(&dataset->facts, item, dataset->samples + item->offset, id);
        if (strcmp(id, item->id) != 0) {
            return kl_fail(diag, KL_ECHECK,
                           "%s: the samples of item '%s' are not those that were imported; import "
                           "them again",
                           dataset->path, item->name);
        }
    }
    return KL_OK;
}

const float *kl_dataset_values(const struct kl_dataset *dataset, const struct kl_data_item *item)
{
    assert(dataset->facts.kind != KL_DATA_IMAGE);
    return (const float *)(const void *)(dataset->samples + item->offset);
}

const uint8_t *kl_dataset_pixels(const struct kl_dataset *dataset, const struct kl_data_item *item)
{
    assert(dataset->facts.kind == KL_DATA_IMAGE);
    return dataset->samples + item->offset;
}

bool kl_data_tag(const char *tags, const char *key, char value[KL_DATA_TEXT])
{
    size_t length = strlen(key);
    while (*tags) {
        size_t whole = strcspn(tags, ",");
        if (whole > length && strncmp(tags, key, length) == 0 && tags[length] == '=') {
            snprintf(value, KL_DATA_TEXT, "%.*s", (int)(whole - length - 1), tags + length + 1);
            return true;
        }
        tags += whole + (tags[whole] == ',');
    }
    return false;
}

bool kl_data_is_text(const char *text)
{
    const char *fault;
    size_t length = strlen(text);
    return length < KL_DATA_TEXT && kl_utf8_check(text, length, &fault) == length &&
           strpbrk(text, "\t\n\r") == NULL;
}

int32_t kl_data_class(const struct kl_data_facts *facts, const char *name)
{
    for (int32_t c = 0; c < facts->class_count; c++) {
        if (strcmp(facts->classes[c], name) == 0) {
            return c;
        }
    }
    return -1;
}

int32_t kl_window_count(const struct kl_data_item *item, const struct kl_window_rule *rule)
{
    assert(rule->frames > 0 && rule->hop > 0);
    if (item->frames < rule->frames) {
        return rule->pad && item->frames > 0 ? 1 : 0;
    }
    int32_t rest = item->frames - rule->frames;
    return 1 + rest / rule->hop + (rule->pad && rest % rule->hop != 0);
}

void kl_window_read(const struct kl_dataset *dataset, const struct kl_data_item *item,
                    const struct kl_window_rule *rule, int32_t index, float *values)
{
    size_t channels = (size_t)dataset->facts.channel_count;
    int64_t first = (int64_t)index * rule->hop;
    assert(index >= 0 && first < item->frames);
    int64_t left = item->frames - first;
    size_t taken = (size_t)(left < rule->frames ? left : rule->frames) * channels;
    memcpy(values, kl_dataset_values(dataset, item) + (size_t)first * channels,
           taken * sizeof(float));
    memset(values + taken, 0, ((size_t)rule->frames * channels - taken) * sizeof(float));
}
