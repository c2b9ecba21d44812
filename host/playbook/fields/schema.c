/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields as JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12). Editors
 * complete and check with it; kl_fields_check knows more (dimensions, names, what fits together),
 * so that the schema accepts all that the check accepts.
 */
#include <string.h>

#include "playbook/fields/tables.h"

/* A number as base/units.h reads it: grouped digits, fraction, exponent, or hexadecimal. The
 * patterns mean the same to ECMAScript, which JSON Schema names, and to POSIX. */
#define EXPONENT "([eE][+-]?[0-9]+)?"
#define WHOLE "([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,3}(_[0-9]{3})+|[0-9]+)"
#define NUMBER "[+-]?(0x[0-9A-Fa-f]+|" WHOLE "(\\.[0-9]+)?" EXPONENT "|\\.[0-9]+" EXPONENT ")"
/* Units may be joined by "*" and "/" and raised by "^"; micro and degree signs are in them. */
#define UNIT " *[A-Za-z%/1\xc2\xb5\xce\xbc\xc2\xb0][A-Za-z0-9%/*^\xc2\xb5\xce\xbc\xc2\xb0]*"

static json_t *schema_of(const struct kl_field *field);

/* {"key": "value"} */
static json_t *word(const char *key, const char *value)
{
    return json_pack("{s:s}", key, value);
}

/* YAML reads plain texts such as 1.0 or true as something else; they are texts here. */
static json_t *text_schema(void)
{
    return json_pack("{s:[s,s,s], s:i}", "type", "string", "number", "boolean", "minLength", 1);
}

static json_t *name_schema(void)
{
    return json_pack("{s:[s,s], s:s, s:i}", "type", "string", "number", "pattern",
                     "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$", "maxLength", 79);
}

static json_t *number_schema(void)
{
    return json_pack("{s:[s,s], s:s}", "type", "number", "string", "pattern",
                     "^" NUMBER "(" UNIT ")?$");
}

static json_t *share_schema(void)
{
    json_t *schema = number_schema();
    json_object_set_new(schema, "minimum", json_integer(0));
    json_object_set_new(schema, "maximum", json_integer(1));
    json_object_set_new(schema, "examples", json_pack("[s, f]", "95 %", 0.95));
    return schema;
}

static json_t *quantity_schema(const struct kl_field *field)
{
    /* Shares per share, such as humidity, have no unit of their own. */
    if (kl_dimension_equal(*field->dimension, KL_PLAIN)) {
        return number_schema();
    }
    json_t *schema = json_pack("{s:s, s:s}", "type", "string", "pattern", "^" NUMBER UNIT "$");
    const char *example = strstr(kl_field_example(field), " such as ");
    if (example) {
        example += strlen(" such as ");
        const char *other = strstr(example, " or ");
        size_t length = other ? (size_t)(other - example) : strlen(example);
        json_object_set_new(schema, "examples", json_pack("[o]", json_stringn(example, length)));
    }
    return schema;
}

static json_t *range_schema(const struct kl_field *field)
{
    return json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items", quantity_schema(field),
                     "minItems", 2, "maxItems", 2);
}

static json_t *choice_schema(const struct kl_field *field)
{
    json_t *words = json_array();
    const char *at = field->choices;
    while (*at) {
        size_t length = strcspn(at, " ");
        if (length) {
            json_array_append_new(words, json_stringn(at, length));
        }
        at += length;
        at += strspn(at, " ");
    }
    return json_pack("{s:o}", "enum", words);
}

static json_t *command_schema(void)
{
    return json_pack("{s:[o, {s:s, s:o, s:i, s:i}]}", "anyOf", text_schema(), "type", "array",
                     "items", text_schema(), "minItems", 1, "maxItems", 256);
}

/* "key:" without a value counts as not stated. */
static json_t *or_null(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    json_t *words = json_object_get(schema, "enum");
    if (json_is_string(type)) {
        json_object_set_new(schema, "type", json_pack("[s, s]", json_string_value(type), "null"));
    } else if (json_is_array(type)) {
        json_array_append_new(type, json_string("null"));
    } else if (words) {
        json_array_append_new(words, json_null());
    } else if (json_object_get(schema, "anyOf")) {
        json_array_append_new(json_object_get(schema, "anyOf"), word("type", "null"));
    }
    return schema;
}

static json_t *described(const struct kl_field *field)
{
    json_t *schema = schema_of(field);
    json_object_set_new(schema, "title", json_string(field->label));
    json_object_set_new(schema, "description", json_string(field->help));
    return field->required ? schema : or_null(schema);
}

static void add_fields(json_t *schema, const struct kl_field *fields)
{
    json_t *properties = json_object_get(schema, "properties");
    json_t *required = json_object_get(schema, "required");
    for (; fields && fields->name; fields++) {
        json_object_set_new(properties, fields->name, described(fields));
        if (fields->required) {
            json_array_append_new(required, json_string(fields->name));
        }
    }
}

/* What all chapters share is written once, and referred to. */
static void add_common(json_t *schema)
{
    json_t *properties = json_object_get(schema, "properties");
    for (const struct kl_field *row = kl_chapter_common_fields; row->name; row++) {
        json_t *reference = json_sprintf("#/$defs/%s", row->name);
        json_object_set_new(properties, row->name, json_pack("{s:o}", "$ref", reference));
    }
}

static json_t *record_schema(const struct kl_field *fields)
{
    json_t *schema = json_pack("{s:s, s:{}, s:[], s:b}", "type", "object", "properties", "required",
                               "additionalProperties", 0);
    add_fields(schema, fields);
    if (kl_fields_are_chapter(fields)) {
        add_common(schema);
    }
    if (fields == kl_own_chapter_fields) {
        json_object_set_new(schema, "additionalProperties", json_true());
    } else if (fields == kl_chapter_records) {
        json_object_set_new(schema, "additionalProperties", record_schema(kl_own_chapter_fields));
    }
    return schema;
}

static json_t *map_schema(const struct kl_field *field)
{
    return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames", name_schema(),
                     "additionalProperties", or_null(schema_of(field->item)));
}

static json_t *schema_of(const struct kl_field *field)
{
    switch (field->kind) {
    case KL_FIELD_NAME: return name_schema();
    case KL_FIELD_TEXT:
    case KL_FIELD_PROSE:
    case KL_FIELD_PATH:
    case KL_FIELD_EXPRESSION: return text_schema();
    case KL_FIELD_NUMBER: return number_schema();
    case KL_FIELD_SHARE: return share_schema();
    case KL_FIELD_QUANTITY: return quantity_schema(field);
    case KL_FIELD_DATE:
        return json_pack("{s:s, s:s}", "type", "string", "pattern",
                         "^(19[7-9]|20[0-9]|21[0-9])[0-9]-[01][0-9]-[0-3][0-9]$");
    case KL_FIELD_FLAG: return word("type", "boolean");
    case KL_FIELD_CHOICE: return choice_schema(field);
    case KL_FIELD_COMMAND: return command_schema();
    case KL_FIELD_RECORD: return record_schema(field->fields);
    case KL_FIELD_LIST:
        return json_pack("{s:s, s:o}", "type", "array", "items", schema_of(field->item));
    case KL_FIELD_MAP: return map_schema(field);
    case KL_FIELD_RANGE: return range_schema(field);
    case KL_FIELD_ANY: break;
    }
    return json_object();
}

json_t *kl_fields_json_schema(void)
{
    json_t *schema = record_schema(kl_playbook_fields);
    json_t *definitions = json_object();
    for (const struct kl_field *row = kl_chapter_common_fields; row->name; row++) {
        json_object_set_new(definitions, row->name, described(row));
    }
    json_object_set_new(schema, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(schema, "title", json_string("kinglet playbook"));
    json_object_set_new(schema, "description",
                        json_string("A playbook.yaml, or a file that one includes."));
    json_object_set_new(schema, "$defs", definitions);
    /* An included file says only some things; the main file is the one with its format. */
    json_t *required = json_incref(json_object_get(schema, "required"));
    json_object_del(schema, "required");
    json_object_set_new(schema, "if", json_pack("{s:[s]}", "required", "playbook"));
    json_object_set_new(schema, "then", json_pack("{s:o}", "required", required));
    return schema;
}
