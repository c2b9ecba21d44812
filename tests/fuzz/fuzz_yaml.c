/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as YAML, and the promises of base/yaml.h about what comes out. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/yaml.h"

enum { MEMORY_LIMIT = 16 << 20 };

static const struct kl_yaml_limits limits = {.bytes = 8192, .nodes = 5000, .depth = 20};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_scalar(const struct kl_yaml *node)
{
    const char *fault = NULL;
    bool flag;
    size_t length = strlen(node->text);
    require(kl_utf8_check(node->text, length, &fault) == length);
    require(!strchr(node->text, '\r'));
    require(kl_yaml_text(node, NULL) == node->text);
    require(!kl_yaml_flag(node, &flag) || node->plain);
}

/* Check a node and all below it; returns their number. */
static size_t check_node(const struct kl_yaml *node, size_t depth)
{
    size_t nodes = 1;
    require(depth <= limits.depth && node->line >= 1 && node->line <= limits.bytes + 1);
    if (node->kind == KL_YAML_SCALAR) {
        check_scalar(node);
        return nodes;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == KL_YAML_MAP) {
            require(node->keys[i]->text[0] != '\0');
            require(kl_yaml_get(node, node->keys[i]->text) == node->items[i]);
            nodes += check_node(node->keys[i], depth + 1);
        }
        nodes += check_node(node->items[i], depth + 1);
    }
    return nodes;
}

static void check_tree(const struct kl_yaml *root)
{
    require(check_node(root, 1) <= limits.nodes);
    json_t *json = kl_yaml_json(root);
    char *text = json_dumps(json, JSON_ENCODE_ANY);
    require(text != NULL);
    free(text);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    struct kl_diag diag = {0};
    const struct kl_yaml *root = NULL;
    /* Its own allocation, so that the sanitizer sees every byte beyond it. */
    char *text = malloc(size ? size : 1);
    if (arena && text) {
        memcpy(text, data, size);
        enum kl_err err = kl_yaml_parse(text, size, "fuzz.yaml", &limits, arena, &root, &diag);
        require(err == KL_OK || (diag.err == err && strncmp(diag.message, "fuzz.yaml:", 10) == 0));
        require(err == KL_OK || !strchr(diag.message, '\n'));
        require(err == KL_OK || !root);
    }
    free(text);
    if (root) {
        check_tree(root);
    }
    kl_arena_free(arena);
    return 0;
}
