/* SPDX-License-Identifier: Apache-2.0 */
/* The model card of a release: what is known of a model from its pack and from evidence. What
 * people have to say belongs to the playbook's model card. */
#include <stdlib.h>
#include <string.h>

#include "flow/pack_engine.h"
#include "graph/graph.h"
#include "release/release_internal.h"

enum { CARD_LIMIT = 1 << 20 };

bool kl_evidence_is_of(const json_t *evidence, const struct kl_pack *pack)
{
    char hex[KL_SHA256_HEX_BYTES];
    const json_t *input;
    size_t i;
    kl_pack_source_hex(pack, hex);
    json_array_foreach(json_object_get(evidence, "inputs"), i, input)
    {
        if (strcmp(kl_manifest_text(input, "sha256"), hex) == 0) {
            return true;
        }
    }
    return false;
}

/* Text from a file of anyone, as a cell of a table. */
static void put_cell(struct kl_buffer *card, const char *text)
{
    for (const char *c = text; *c; c++) {
        bool is_plain = *c >= ' ' && *c != '|' && *c != '<' && *c != '`' && *c != '\177';
        kl_buffer_append(card, is_plain ? c : "_", 1);
    }
    kl_buffer_printf(card, " |");
}

static void put_tensors(struct kl_buffer *card, const char *role, const struct kl_pack *pack,
                        uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, first + i);
        kl_buffer_printf(card, "| %s %u | %s [", role, (unsigned)i,
                         kl_dtype_name((enum kl_dtype)tensor->dtype));
        for (uint32_t d = 0; d < tensor->rank; d++) {
            kl_buffer_printf(card, "%s%d", d ? ", " : "", kl_pack_dims(tensor)[d]);
        }
        kl_buffer_printf(card, "]");
        if (tensor->scale != 0.0f) {
            kl_buffer_printf(card, ", scale %.9g, zero point %d", (double)tensor->scale,
                             tensor->zero_point);
        }
        kl_buffer_printf(card, " |\n");
    }
}

static void put_facts(struct kl_buffer *card, const struct kl_release *release,
                      const struct kl_release_part *part)
{
    const struct kl_pack *pack = part->pack;
    char source[KL_SHA256_HEX_BYTES], version[KL_VERSION_TEXT_BYTES], date[KL_DATE_TEXT_BYTES];
    kl_pack_source_hex(pack, source);
    kl_version_text(&release->version, version);
    kl_date_text(release->made, date);
    kl_buffer_printf(card,
                     "# Model card: %s\n\n| | |\n|---|---|\n| Release | %s %s, made %s |\n"
                     "| Board | %s |\n| Model file, SHA-256 | `%s` |\n| Pack, SHA-256 | `%s` |\n"
                     "| Size | %u bytes |\n| Arena | %u bytes |\n| Steps | %u |\n",
                     part->spec.name, release->name, version, date, release->board, source,
                     part->source_sha256, (unsigned)pack->bytes, (unsigned)pack->arena_bytes,
                     pack->step_count);
    put_tensors(card, "Input", pack, 0, pack->input_count);
    put_tensors(card, "Output", pack, pack->input_count, pack->output_count);
}

static void put_metric(struct kl_buffer *card, const char *name, const json_t *metric)
{
    char *value = json_dumps(json_object_get(metric, "value"), JSON_ENCODE_ANY);
    kl_buffer_printf(card, "| ");
    put_cell(card, name);
    kl_buffer_printf(card, " ");
    put_cell(card, value ? value : "");
    kl_buffer_printf(card, " ");
    put_cell(card, kl_manifest_text(metric, "unit"));
    kl_buffer_printf(card, " ");
    put_cell(card, kl_manifest_text(metric, "provenance"));
    kl_buffer_printf(card, "\n");
    free(value);
}

static void put_inputs(struct kl_buffer *card, const json_t *evidence)
{
    const json_t *input;
    size_t i;
    kl_buffer_printf(card, "\n| Input | SHA-256 |\n|---|---|\n");
    json_array_foreach(json_object_get(evidence, "inputs"), i, input)
    {
        kl_buffer_printf(card, "| ");
        put_cell(card, kl_manifest_text(input, "path"));
        kl_buffer_printf(card, " ");
        put_cell(card, kl_manifest_text(input, "sha256"));
        kl_buffer_printf(card, "\n");
    }
}

static void put_evidence(struct kl_buffer *card, const char *path, json_t *evidence, bool is_of)
{
    json_t *metric;
    const char *name;
    kl_buffer_printf(card, "\n## Evidence: kinglet %s\n\n%s, kinglet %s.\n\n",
                     kl_manifest_text(evidence, "command"),
                     is_of ? "About exactly this model file"
                           : "About other files, such as the float model before quantisation",
                     kl_manifest_text(json_object_get(evidence, "tool"), "version"));
    kl_buffer_printf(card, "File: %s\n", path);
    put_inputs(card, evidence);
    kl_buffer_printf(card, "\n| Figure | Value | Unit | Provenance |\n|---|---|---|---|\n");
    json_object_foreach(json_object_get(evidence, "metrics"), name, metric)
    {
        put_metric(card, name, metric);
    }
}

enum kl_err kl_release_card(const struct kl_release *release, const struct kl_release_part *part,
                            json_t *const *evidence, struct kl_arena *arena, struct kl_bytes *text,
                            struct kl_diag *diag)
{
    struct kl_buffer card = KL_BUFFER(CARD_LIMIT);
    const struct kl_release_wish *wish = release->wish;
    put_facts(&card, release, part);
    for (int i = 0; i < wish->evidence_count; i++) {
        put_evidence(&card, wish->evidence[i], evidence[i],
                     kl_evidence_is_of(evidence[i], part->pack));
    }
    if (wish->evidence_count == 0) {
        kl_buffer_printf(&card, "\nThe release holds no evidence about this model: nobody gave any "
                                "with --evidence.\n");
    }
    return kl_take_buffer(&card, arena, text, diag);
}
