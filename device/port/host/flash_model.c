/* SPDX-License-Identifier: Apache-2.0 */
#include "port/host/flash_model.h"

#include <string.h>

/* Splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t draw(struct kl_flash_model *model)
{
    uint64_t z = model->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Does the operation that begins now happen: not, in part, or wholly? Power may be off behind it.
 */
static enum kl_cut_place begin_operation(struct kl_flash_model *model, uint32_t offset)
{
    uint64_t number = model->operations++;
    if (!model->is_cutting || number != model->cut_at) {
        return KL_CUT_AFTER;
    }
    model->is_off = true;
    model->cut_offset = offset;
    return model->cut_place;
}

static int read_bytes(void *context, uint32_t offset, void *data, uint32_t bytes)
{
    struct kl_flash_model *model = context;
    uint8_t *to = data;
    if (model->is_off) {
        return KL_FLASH_FAILED;
    }
    memcpy(to, model->data + offset, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t unstable = model->unstable[offset + i];
        if (unstable) {
            to[i] ^= (uint8_t)(unstable & draw(model));
        }
    }
    return KL_FLASH_OK;
}

/* How far an operation had come: from hardly begun to all but done. At both ends few bits are
 * unstable, so that the whole may well read as it was, or as it was to be, at one time and not at
 * another. */
enum { TORN_STAGES = 5 };

/* The bits that have arrived at a stage, of random ones. */
static uint8_t arrived(uint32_t stage, uint64_t random)
{
    uint8_t half = (uint8_t)random, other = (uint8_t)(random >> 8);
    return stage == 0   ? 0
           : stage == 1 ? half & other
           : stage == 2 ? half
           : stage == 3 ? half | other
                        : 0xff;
}

/* A torn byte: bits on their way from one value to another have arrived, or not, or are unstable.
 */
static void tear(struct kl_flash_model *model, uint32_t at, uint8_t target, uint32_t stage)
{
    uint64_t random = draw(model);
    uint8_t moving = (uint8_t)(model->data[at] ^ target);
    uint8_t some = (uint8_t)(random >> 16 & random >> 24 & random >> 32);
    uint8_t few = (uint8_t)(random >> 40 & random >> 48);
    bool is_end = stage == 0 || stage == TORN_STAGES - 1;
    model->data[at] ^= moving & arrived(stage, random);
    model->unstable[at] |= moving & some & (is_end ? few : 0xff);
}

static void write_unit(struct kl_flash_model *model, uint32_t offset, const uint8_t *data)
{
    uint32_t unit = model->flash.write_bytes;
    enum kl_cut_place done = begin_operation(model, offset);
    if (done == KL_CUT_BEFORE) {
        return;
    }
    uint32_t stage = (uint32_t)(draw(model) % TORN_STAGES);
    model->written[offset / unit] = 1;
    for (uint32_t i = 0; i < unit; i++) {
        uint8_t target = model->data[offset + i] & data[i];
        if (done == KL_CUT_MIDDLE) {
            tear(model, offset + i, target, stage);
        } else {
            model->data[offset + i] = target;
        }
    }
}

static int write_bytes(void *context, uint32_t offset, const void *data, uint32_t bytes)
{
    struct kl_flash_model *model = context;
    const uint8_t *from = data;
    if (model->is_worn && !model->is_off) {
        return KL_FLASH_OK;
    }
    for (uint32_t i = 0; i < bytes; i += model->flash.write_bytes) {
        if (model->is_off) {
            return KL_FLASH_FAILED;
        }
        if (model->written[(offset + i) / model->flash.write_bytes]) {
            model->violations++;
            return KL_FLASH_FAILED;
        }
        write_unit(model, offset + i, from + i);
    }
    return model->is_off ? KL_FLASH_FAILED : KL_FLASH_OK;
}

static void erase_sector(struct kl_flash_model *model, uint32_t offset)
{
    const struct kl_flash *f = &model->flash;
    enum kl_cut_place done = begin_operation(model, offset);
    if (done == KL_CUT_BEFORE) {
        return;
    }
    model->wear[offset / f->sector_bytes]++;
    if (done == KL_CUT_MIDDLE) {
        /* No unit of it can be trusted or written before it is erased again. */
        memset(model->written + offset / f->write_bytes, 1, f->sector_bytes / f->write_bytes);
        uint32_t stage = (uint32_t)(draw(model) % TORN_STAGES);
        for (uint32_t i = 0; i < f->sector_bytes; i++) {
            tear(model, offset + i, 0xff, stage);
        }
        return;
    }
    memset(model->written + offset / f->write_bytes, 0, f->sector_bytes / f->write_bytes);
    memset(model->unstable + offset, 0, f->sector_bytes);
    memset(model->data + offset, 0xff, f->sector_bytes);
}

static int erase_bytes(void *context, uint32_t offset, uint32_t bytes)
{
    struct kl_flash_model *model = context;
    for (uint32_t i = 0; i < bytes; i += model->flash.sector_bytes) {
        if (model->is_off) {
            return KL_FLASH_FAILED;
        }
        erase_sector(model, offset + i);
    }
    return model->is_off ? KL_FLASH_FAILED : KL_FLASH_OK;
}

uint32_t kl_flash_model_bytes(uint32_t bytes, uint32_t sector_bytes, uint32_t write_bytes)
{
    return bytes / sector_bytes * (uint32_t)sizeof(uint32_t) + 2 * bytes + bytes / write_bytes;
}

void kl_flash_model_init(struct kl_flash_model *model, void *memory, uint32_t bytes,
                         uint32_t sector_bytes, uint32_t write_unit_bytes, uint64_t seed)
{
    uint32_t sectors = bytes / sector_bytes;
    *model = (struct kl_flash_model){
        .flash = {.bytes = bytes,
                  .sector_bytes = sector_bytes,
                  .write_bytes = write_unit_bytes,
                  .context = model,
                  .read = read_bytes,
                  .write = write_bytes,
                  .erase = erase_bytes},
        .wear = memory,
        .data = (uint8_t *)memory + sectors * sizeof(uint32_t),
        .random = seed,
    };
    model->unstable = model->data + bytes;
    model->written = model->unstable + bytes;
    memset(memory, 0, kl_flash_model_bytes(bytes, sector_bytes, write_unit_bytes));
    memset(model->data, 0xff, bytes);
}

void kl_flash_model_cut(struct kl_flash_model *model, uint64_t after, enum kl_cut_place place)
{
    model->cut_at = model->operations + after;
    model->cut_place = place;
    model->is_cutting = true;
}

void kl_flash_model_power_on(struct kl_flash_model *model)
{
    model->is_off = false;
    model->is_cutting = false;
}
