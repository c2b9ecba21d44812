/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts of money are only added up when all of them are in one currency. */
#include <string.h>

#include "playbook/fields/tables.h"
#include "playbook/file/contradictions.h"

/* The currency that a text such as "12 EUR/a" names, or NULL. */
static const char *currency_in(const char *text, const char *known, size_t *length)
{
    while (*known) {
        size_t bytes = strcspn(known, " ");
        for (const char *at = text; (at = strchr(at, known[0])); at++) {
            if (strncmp(at, known, bytes) == 0) {
                *length = bytes;
                return at;
            }
        }
        known += bytes;
        known += strspn(known, " ");
    }
    return NULL;
}

static void check_amount(struct kl_loader *loader, const struct kl_yaml *node)
{
    const struct kl_field *field = kl_fields_find("product.currency");
    size_t length = 0;
    const char *currency = currency_in(node->text, field->choices, &length);
    const char *own = loader->playbook->currency;
    if (currency && (strlen(own) != length || strncmp(currency, own, length) != 0)) {
        kl_loader_error(loader, node,
                        "'%.40s' is not in %s, the currency of the product; convert it, or change "
                        "product.currency",
                        node->text, own);
    }
}

/* The parser limits how deep this goes. */
static void walk(struct kl_loader *loader, const struct kl_yaml *node, const struct kl_field *field)
{
    bool money = field->kind == KL_FIELD_QUANTITY && field->dimension->money != 0;
    if (node->kind == KL_YAML_SCALAR && money) {
        check_amount(loader, node);
    }
    for (size_t i = 0; i < node->count && !kl_findings_full(loader->findings); i++) {
        const struct kl_field *inner = field->item;
        if (field->kind == KL_FIELD_RECORD && node->kind == KL_YAML_MAP) {
            const char *key = node->keys[i]->text;
            inner = kl_fields_row(field->fields, key, strlen(key));
        }
        if (inner) {
            walk(loader, node->items[i], inner);
        }
    }
}

void kl_load_currency(struct kl_loader *loader)
{
    static const struct kl_field whole = {.kind = KL_FIELD_RECORD, .fields = kl_playbook_fields};
    walk(loader, loader->playbook->root, &whole);
}
