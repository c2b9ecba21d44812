/* SPDX-License-Identifier: Apache-2.0 */
/* Is a pack safe to execute? Bytes from outside: nothing is used before it was checked. */
#include <string.h>

#include "kinglet/dtype.h"
#include "nn/pack/check.h"

/* The pack under check, and how far it was read. */
struct cursor {
    const struct kl_pack *pack;
    uint32_t at; /* offset, a multiple of 4 */
};

/* The next `bytes` bytes, or NULL when they are not there. */
static const void *take(struct cursor *cursor, uint32_t bytes)
{
    const unsigned char *found = (const unsigned char *)cursor->pack + cursor->at;
    if (bytes > cursor->pack->bytes - cursor->at) {
        return 0;
    }
    cursor->at += bytes;
    return found;
}

static bool go_to(struct cursor *cursor, uint32_t offset)
{
    cursor->at = offset;
    return offset % 4 == 0 && offset >= sizeof(struct kl_pack) && offset <= cursor->pack->bytes;
}

static bool reserved_is_zero(const struct kl_pack *pack)
{
    return (pack->reserved[0] | pack->reserved[1]) == 0;
}

static bool name_ends(const struct kl_pack *pack)
{
    const char *text = (const char *)pack;
    if (pack->name == 0) {
        return true;
    }
    if (pack->name < sizeof *pack) {
        return false;
    }
    uint32_t at = pack->name;
    while (at < pack->bytes && text[at] != '\0') {
        at++;
    }
    return at < pack->bytes;
}

static bool next_is_inside(const struct kl_pack *pack)
{
    return pack->next_offset == KL_PACK_NO_BRANCHES ||
           (pack->next_offset % 4 == 0 && pack->arena_bytes >= 4 &&
            pack->next_offset <= pack->arena_bytes - 4);
}

static enum kl_pack_error check_header(const struct kl_pack *pack, uint32_t size,
                                       const struct kl_engine *engine)
{
    if ((uintptr_t)pack % KL_PACK_ALIGN != 0 || size < sizeof *pack) {
        return KL_PACK_ERROR_SIZE;
    }
    if (pack->magic != KL_PACK_MAGIC) {
        return KL_PACK_ERROR_MAGIC;
    }
    if (pack->version != KL_PACK_VERSION) {
        return KL_PACK_ERROR_VERSION;
    }
    if (pack->abi != engine->abi) {
        return KL_PACK_ERROR_ABI;
    }
    if (pack->bytes < sizeof *pack || pack->bytes > size || pack->bytes % 4 != 0 ||
        pack->bytes > KL_PACK_MAX_BYTES) {
        return KL_PACK_ERROR_SIZE;
    }
    if (pack->arena_bytes > engine->arena_bytes || pack->arena_bytes > KL_PACK_MAX_BYTES) {
        return KL_PACK_ERROR_ARENA;
    }
    return reserved_is_zero(pack) && name_ends(pack) && next_is_inside(pack) ? KL_PACK_OK
                                                                             : KL_PACK_ERROR_LAYOUT;
}

static bool check_tensor(struct cursor *cursor)
{
    const struct kl_pack_tensor *tensor = take(cursor, sizeof *tensor);
    const uint32_t arena = cursor->pack->arena_bytes;
    return tensor && tensor->reserved == 0 && tensor->rank <= KL_PACK_MAX_RANK &&
           tensor->dtype > KL_DTYPE_NONE && tensor->dtype < KL_DTYPE_COUNT &&
           tensor->offset % 4 == 0 && tensor->offset <= arena &&
           tensor->bytes <= arena - tensor->offset && take(cursor, 4u * tensor->rank);
}

static enum kl_pack_error check_tensors(const struct kl_pack *pack)
{
    struct cursor cursor = {pack, 0};
    if (!go_to(&cursor, pack->tensors)) {
        return KL_PACK_ERROR_LAYOUT;
    }
    for (uint32_t i = 0; i < (uint32_t)pack->input_count + pack->output_count; i++) {
        if (!check_tensor(&cursor)) {
            return KL_PACK_ERROR_TENSOR;
        }
    }
    return KL_PACK_OK;
}

/* Is the record what the kernel expects, and does it end inside the pack? */
static bool check_record(const struct kl_pack_step *step, const struct kl_engine_kernel *kernel,
                         struct cursor *cursor)
{
    /* A branch without a condition has no input; its check knows. */
    const bool fewer = step->kernel == KL_KERNEL_BRANCH && step->inputs < kernel->inputs;
    if ((step->inputs != kernel->inputs && !fewer) || step->outputs < 1 ||
        step->outputs > KL_PACK_MAX_OUTPUTS || step->words != kernel->layout->words ||
        step->has_scratch > 1 || step->reserved != 0) {
        return false;
    }
    const uint32_t operands = (uint32_t)step->inputs + step->outputs;
    const struct kl_pack_rows *rows = take(
        cursor, (uint32_t)(operands * sizeof *rows +
                           step->has_scratch * sizeof(struct kl_pack_scratch) + 4u * step->words));
    for (uint32_t i = 0; rows && i < operands; i++) {
        if (rows[i].count < 1) {
            return false;
        }
    }
    return rows != 0;
}

/* The scratch memory lies in the arena, apart from what the step reads and writes there. */
static bool check_scratch(const struct kl_check *check, const struct kl_pack_scratch *scratch,
                          uint32_t operands)
{
    if (scratch->offset % 8 != 0 || scratch->offset > check->arena_bytes ||
        scratch->bytes > check->arena_bytes - scratch->offset) {
        return false;
    }
    for (uint32_t i = 0; i < operands; i++) {
        if (!(check->rows[i].place & KL_PACK_PLACE_CONSTANT) &&
            check->reach[i].first < scratch->offset + scratch->bytes &&
            scratch->offset < check->reach[i].end) {
            return false;
        }
    }
    return true;
}

/* Did the step's check name each operand? */
static bool names_all(const struct kl_check *check)
{
    for (uint32_t i = 0; i < check->inputs + check->outputs; i++) {
        if (check->reach[i].end == 0) {
            return false;
        }
    }
    return true;
}

/* Parameters against the rows, the scratch memory and the constants that they name. */
static bool check_params(const struct kl_pack *pack, const struct kl_pack_step *step,
                         const struct kl_engine_kernel *kernel)
{
    union kl_any_params params;
    struct kl_check check = {.pack = (const unsigned char *)pack,
                             .pack_bytes = pack->bytes,
                             .arena_bytes = pack->arena_bytes,
                             .kernel = (enum kl_kernel_id)step->kernel,
                             .inputs = step->inputs,
                             .outputs = step->outputs,
                             .rows = kl_step_rows(step)};
    if (step->has_scratch) {
        check.scratch_bytes = kl_step_scratch(step)->bytes;
    }
    return kl_params_unpack(kernel->layout, kl_step_params(step), check.pack, check.pack_bytes,
                            &params) &&
           kernel->check(&params, &check) && names_all(&check) &&
           (!step->has_scratch ||
            check_scratch(&check, kl_step_scratch(step), (uint32_t)step->inputs + step->outputs));
}

static enum kl_pack_error check_step(struct cursor *cursor, const struct kl_engine *engine)
{
    const struct kl_pack_step *step = take(cursor, sizeof *step);
    if (!step) {
        return KL_PACK_ERROR_LAYOUT;
    }
    if (step->kernel >= engine->kernel_count || !engine->kernels[step->kernel]) {
        return KL_PACK_ERROR_KERNEL;
    }
    const struct kl_engine_kernel *kernel = engine->kernels[step->kernel];
    if (!check_record(step, kernel, cursor)) {
        return KL_PACK_ERROR_STEP;
    }
    return check_params(cursor->pack, step, kernel) ? KL_PACK_OK : KL_PACK_ERROR_PARAMS;
}

static int result_of(enum kl_pack_error error, uint32_t step)
{
    return -(int)(step << 8 | (uint32_t)error);
}

int kl_pack_validate(const void *bytes, uint32_t size, const struct kl_engine *engine)
{
    const struct kl_pack *pack = bytes;
    enum kl_pack_error error = check_header(pack, size, engine);
    if (error == KL_PACK_OK) {
        error = check_tensors(pack);
    }
    if (error != KL_PACK_OK) {
        return result_of(error, 0);
    }
    struct cursor cursor = {pack, 0};
    if (!go_to(&cursor, pack->steps)) {
        return result_of(KL_PACK_ERROR_LAYOUT, 0);
    }
    for (uint32_t i = 0; i < (uint32_t)pack->step_count + pack->reset_count; i++) {
        error = check_step(&cursor, engine);
        if (error != KL_PACK_OK) {
            return result_of(error, i);
        }
    }
    return 0;
}
