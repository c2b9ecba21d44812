/* SPDX-License-Identifier: Apache-2.0 */
/* Signed packs and their self-test; see kinglet/model_runner.h. */
#include <string.h>

#include "kinglet/model_runner.h"
#include "update/bytes.h"

enum { VECTOR_ENTRY_BYTES = 8 };

static bool has_kernel(const struct kl_engine *engine, uint32_t kernel)
{
    return kernel < engine->kernel_count && engine->kernels[kernel] != NULL;
}

/* The entry that says what the pack needs: an ABI, then a bit for each kernel. */
static int check_engine(const struct kl_engine *engine, const struct kl_image *image)
{
    struct kl_tlv tlv;
    uint8_t bytes[2];
    if (kl_image_find(image, KL_TLV_ENGINE, true, &tlv) || tlv.bytes < sizeof bytes ||
        kl_area_read(image->area, tlv.offset, bytes, sizeof bytes) ||
        kl_get_u16(bytes) != engine->abi) {
        return KL_MODEL_RUNNER_ABI;
    }
    for (uint32_t i = 2; i < tlv.bytes; i++) {
        if (kl_area_read(image->area, tlv.offset + i, bytes, 1)) {
            return KL_MODEL_RUNNER_PLACE;
        }
        for (uint32_t bit = 0; bit < 8; bit++) {
            if ((bytes[0] >> bit & 1) && !has_kernel(engine, (i - 2) * 8 + bit)) {
                return KL_MODEL_RUNNER_KERNEL;
            }
        }
    }
    return 0;
}

/* The image's body in memory; NULL: it is not there, or not aligned. */
static const uint8_t *map_body(const struct kl_image *image)
{
    const uint8_t *start = kl_area_mapped(image->area);
    const uint8_t *body = start ? start + image->header.header_bytes : NULL;
    return (uintptr_t)body % KL_PACK_ALIGN == 0 ? body : NULL;
}

int kl_model_runner_open(const struct kl_model_runner *runner, const struct kl_image *image,
                         const struct kl_pack **pack)
{
    const uint8_t *body = map_body(image);
    uint32_t bytes = image->header.body_bytes;
    int error = body ? check_engine(runner->engine, image) : KL_MODEL_RUNNER_PLACE;
    if (error) {
        return error;
    }
    *pack = (const struct kl_pack *)(const void *)body;
    if (bytes < sizeof **pack || (*pack)->bytes > bytes ||
        kl_pack_validate(body, (*pack)->bytes, runner->engine)) {
        return KL_MODEL_RUNNER_PACK;
    }
    return 0;
}

/* Bytes of all inputs, and of all outputs. */
static void count_bytes(const struct kl_pack *pack, uint64_t *inputs, uint64_t *outputs)
{
    *inputs = *outputs = 0;
    for (uint32_t i = 0; i < (uint32_t)pack->input_count + pack->output_count; i++) {
        *(i < pack->input_count ? inputs : outputs) += kl_pack_tensor(pack, i)->bytes;
    }
}

/* The self-test behind the pack; NULL: there is none of the right length. */
static const uint8_t *find_vector(const struct kl_image *image, const struct kl_pack *pack)
{
    uint8_t entry[VECTOR_ENTRY_BYTES];
    uint64_t inputs, outputs;
    if (kl_image_get(image, KL_TLV_SELF_TEST, entry, sizeof entry)) {
        return NULL;
    }
    uint32_t offset = kl_get_u32(entry), bytes = kl_get_u32(entry + 4);
    count_bytes(pack, &inputs, &outputs);
    bool fits = offset >= pack->bytes && offset <= image->header.body_bytes &&
                bytes <= image->header.body_bytes - offset && bytes == inputs + outputs;
    return fits ? map_body(image) + offset : NULL;
}

int kl_model_runner_test(void *context, const struct kl_image *image)
{
    const struct kl_model_runner *runner = context;
    const struct kl_pack *pack;
    int error = kl_model_runner_open(runner, image, &pack);
    if (error) {
        return error;
    }
    const uint8_t *vector = find_vector(image, pack);
    if (!vector) {
        return KL_MODEL_RUNNER_VECTOR;
    }
    if (pack->reset_count > 0) {
        kl_pack_reset(pack, runner->engine, runner->arena);
    }
    for (uint32_t i = 0; i < pack->input_count; i++) {
        const struct kl_pack_tensor *input = kl_pack_tensor(pack, i);
        memcpy(runner->arena + input->offset, vector, input->bytes);
        vector += input->bytes;
    }
    kl_pack_run(pack, runner->engine, runner->arena);
    for (uint32_t i = pack->input_count; i < (uint32_t)pack->input_count + pack->output_count;
         i++) {
        const struct kl_pack_tensor *output = kl_pack_tensor(pack, i);
        if (memcmp(runner->arena + output->offset, vector, output->bytes) != 0) {
            return KL_MODEL_RUNNER_RESULT;
        }
        vector += output->bytes;
    }
    return 0;
}
