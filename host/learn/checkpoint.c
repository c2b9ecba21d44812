/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"

#define MAGIC "kinglet.checkpoint/1\n"

enum { MAGIC_BYTES = sizeof MAGIC - 1, LENGTH_BYTES = 9, HEAD_LIMIT = 16 << 20 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are stored little-endian");

/* "blocks": [{"name": ..., "count": ...}] into the head. */
static bool describe_blocks(const struct kl_checkpoint *checkpoint)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < checkpoint->block_count; i++) {
        const struct kl_block *b = &checkpoint->blocks[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I}", "name", b->name, "count", (json_int_t)b->count));
    }
    return json_object_set_new(checkpoint->head, "blocks", list) == 0;
}

enum kl_err kl_checkpoint_write(const char *path, const struct kl_checkpoint *checkpoint,
                                struct kl_diag *diag)
{
    struct kl_buffer values = KL_BUFFER(KL_CHECKPOINT_LIMIT);
    struct kl_buffer file = KL_BUFFER(KL_CHECKPOINT_LIMIT);
    char hash[KL_SHA256_HEX_BYTES];
    for (int32_t i = 0; i < checkpoint->block_count; i++) {
        const struct kl_block *b = &checkpoint->blocks[i];
        kl_buffer_append(&values, b->values, (size_t)b->count * sizeof b->values[0]);
    }
    kl_sha256_hex(values.data ? values.data : "", values.size, hash);
    bool made = describe_blocks(checkpoint) &&
                json_object_set_new(checkpoint->head, "sha256", json_string(hash)) == 0;
    char *head = made ? json_dumps(checkpoint->head, JSON_COMPACT) : NULL;
    if (head) {
        kl_buffer_printf(&file, MAGIC "%08zx\n%s", strlen(head), head);
        kl_buffer_append(&file, values.data, values.size);
    }
    enum kl_err err = !head || values.failed || file.failed
                          ? KL_FAIL_MEMORY(diag)
                          : kl_file_write(path, file.data, file.size, diag);
    free(head);
    kl_buffer_free(&values);
    kl_buffer_free(&file);
    return err;
}

/* The JSON text behind the magic line and its length; *rest are the values. */
static enum kl_err parse_head(const unsigned char *data, size_t bytes, const char *origin,
                              json_t **head, size_t *used, struct kl_diag *diag)
{
    char digits[LENGTH_BYTES];
    char *end;
    *head = NULL;
    if (bytes < MAGIC_BYTES + LENGTH_BYTES || memcmp(data, MAGIC, MAGIC_BYTES) != 0 ||
        data[MAGIC_BYTES + LENGTH_BYTES - 1] != '\n') {
        return kl_fail(diag, KL_EINPUT, "%s: not a checkpoint of a training", origin);
    }
    memcpy(digits, data + MAGIC_BYTES, LENGTH_BYTES);
    digits[LENGTH_BYTES - 1] = '\0';
    size_t length = strtoul(digits, &end, 16);
    if (*end || length > HEAD_LIMIT || length > bytes - MAGIC_BYTES - LENGTH_BYTES) {
        return kl_fail(diag, KL_EINPUT, "%s: the checkpoint was cut", origin);
    }
    *used = MAGIC_BYTES + LENGTH_BYTES + length;
    *head = json_loadb((const char *)data + MAGIC_BYTES + LENGTH_BYTES, length,
                       JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(*head)
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%s: the checkpoint's head is no JSON object", origin);
}

/* One block's values, copied; *used of `bytes` were taken before. */
static enum kl_err parse_block(const json_t *entry, const unsigned char *data, size_t bytes,
                               size_t *used, struct kl_arena *arena, struct kl_block *block,
                               const char *origin, struct kl_diag *diag)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    json_int_t count = json_integer_value(json_object_get(entry, "count"));
    if (!name || count < 0 || (size_t)count > (bytes - *used) / sizeof(float)) {
        return kl_fail(diag, KL_EINPUT, "%s: the checkpoint was cut, or its blocks make no sense",
                       origin);
    }
    block->name = kl_arena_printf(arena, "%s", name);
    block->count = count;
    block->values = kl_arena_copy(arena, data + *used, (size_t)count * sizeof(float));
    *used += (size_t)count * sizeof(float);
    return block->name && block->values ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err parse_blocks(const unsigned char *data, size_t bytes, const char *origin,
                                struct kl_arena *arena, struct kl_checkpoint *checkpoint,
                                struct kl_diag *diag)
{
    const json_t *list = json_object_get(checkpoint->head, "blocks");
    const char *stated = json_string_value(json_object_get(checkpoint->head, "sha256"));
    char hash[KL_SHA256_HEX_BYTES];
    size_t used = 0;
    if (!json_is_array(list) || json_array_size(list) > KL_CHECKPOINT_BLOCKS) {
        return kl_fail(diag, KL_EINPUT, "%s: the checkpoint has no list of up to %d blocks", origin,
                       KL_CHECKPOINT_BLOCKS);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        KL_TRY(parse_block(json_array_get(list, i), data, bytes, &used, arena,
                           &checkpoint->blocks[checkpoint->block_count++], origin, diag));
    }
    kl_sha256_hex(data, bytes, hash);
    if (used != bytes || !stated || strcmp(stated, hash) != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the checkpoint's values do not match its hash: the file is damaged",
                       origin);
    }
    return KL_OK;
}

enum kl_err kl_checkpoint_parse(const unsigned char *data, size_t bytes, const char *origin,
                                struct kl_arena *arena, struct kl_checkpoint *checkpoint,
                                struct kl_diag *diag)
{
    size_t used = 0;
    *checkpoint = (struct kl_checkpoint){0};
    enum kl_err err = parse_head(data, bytes, origin, &checkpoint->head, &used, diag);
    if (err == KL_OK) {
        err = parse_blocks(data + used, bytes - used, origin, arena, checkpoint, diag);
    }
    if (err != KL_OK) {
        kl_checkpoint_free(checkpoint);
    }
    return err;
}

enum kl_err kl_checkpoint_read(const char *path, struct kl_arena *arena,
                               struct kl_checkpoint *checkpoint, struct kl_diag *diag)
{
    struct kl_bytes file;
    *checkpoint = (struct kl_checkpoint){0};
    KL_TRY(kl_file_read(path, KL_CHECKPOINT_LIMIT, arena, &file, diag));
    return kl_checkpoint_parse(file.data, file.size, path, arena, checkpoint, diag);
}

void kl_checkpoint_free(struct kl_checkpoint *checkpoint)
{
    json_decref(checkpoint->head);
    *checkpoint = (struct kl_checkpoint){0};
}

const struct kl_block *kl_checkpoint_block(const struct kl_checkpoint *checkpoint, const char *name)
{
    for (int32_t i = 0; i < checkpoint->block_count; i++) {
        if (strcmp(checkpoint->blocks[i].name, name) == 0) {
            return &checkpoint->blocks[i];
        }
    }
    return NULL;
}

static bool same_shape(const json_t *list, const struct kl_shape *shape)
{
    bool same = json_array_size(list) == (size_t)shape->rank;
    for (int32_t i = 0; same && i < shape->rank; i++) {
        same = json_integer_value(json_array_get(list, (size_t)i)) == shape->dim[i];
    }
    return same;
}

/* The values of a tensor in a block whose parts `list` describes; NULL: not there. */
static const float *find_values(const json_t *list, const struct kl_block *block,
                                const struct kl_tensor *tensor)
{
    int64_t at = 0;
    for (size_t i = 0; block && i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *shape = json_object_get(entry, "shape");
        const char *name = json_string_value(json_object_get(entry, "name"));
        int64_t count = 1;
        for (size_t k = 0; k < json_array_size(shape); k++) {
            json_int_t dim = json_integer_value(json_array_get(shape, k));
            if (dim < 1 || dim > block->count) {
                return NULL;
            }
            count = count <= block->count ? count * dim : count;
        }
        if (count > block->count - at) {
            return NULL;
        }
        if (name && strcmp(name, tensor->name) == 0 && same_shape(shape, &tensor->shape)) {
            return block->values + at;
        }
        at += count;
    }
    return NULL;
}

enum kl_err kl_checkpoint_apply(const struct kl_checkpoint *checkpoint, struct kl_graph *graph,
                                int32_t *taken, int32_t *all, struct kl_diag *diag)
{
    static const char *const parts[2][2] = {{"weights", "best.weights"},
                                            {"statistics", "best.statistics"}};
    const struct kl_subgraph *g = graph->subgraphs[0];
    *taken = *all = 0;
    for (int32_t i = 0; i < g->tensor_count; i++) {
        struct kl_tensor *tensor = g->tensors[i];
        const float *values = NULL;
        if (!tensor->data || tensor->dtype != KL_F32) {
            continue;
        }
        (*all)++;
        for (int k = 0; k < 2 && !values; k++) {
            values = find_values(json_object_get(checkpoint->head, parts[k][0]),
                                 kl_checkpoint_block(checkpoint, parts[k][1]), tensor);
        }
        if (values) {
            void *copy = kl_arena_copy(graph->arena, values, tensor->bytes);
            if (!copy) {
                return KL_FAIL_MEMORY(diag);
            }
            tensor->data = copy;
            (*taken)++;
        }
    }
    return KL_OK;
}
