/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model packs: a plan as position-independent bytes, validated once and then executed in
 * place. docs/spec/model-pack.md describes the bytes; the structs below are the same, as a
 * little-endian machine sees them.
 *
 * Order of use: kl_pack_validate once, whenever the bytes may have changed; then
 * kl_pack_run as often as wanted, which cannot fail. Nothing allocates or keeps state.
 */
#ifndef KINGLET_PACK_H
#define KINGLET_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/kernels.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packs are read in place");

enum {
    KL_PACK_MAGIC = 0x504d4c4b,  /* "KLMP" */
    KL_PACK_VERSION = 1,         /* of the bytes */
    KL_ENGINE_ABI = 1,           /* of what kernel ids and parameters mean */
    KL_PACK_ALIGN = 16,          /* of a pack in memory */
    KL_PACK_MAX_BYTES = 1 << 28, /* of a pack, and of its arena */
    KL_PACK_MAX_INPUTS = 8,      /* of one step */
    KL_PACK_MAX_OUTPUTS = 4,
    KL_PACK_MAX_RANK = 8
};

/*
 * kl_pack.next_offset of a pack whose steps always run in order. Else each step begins with its
 * successor's number at that place in the arena, may change it, and is followed by the step
 * whose number it leaves there; a number that is no step of the run ends the run. Above step_count,
 * it ends a run without new outputs.
 */
#define KL_PACK_NO_BRANCHES UINT32_MAX

/* Begins a pack. All offsets are bytes from here, and multiples of 4. */
struct kl_pack {
    uint32_t magic;
    uint16_t version;
    uint16_t abi;
    uint32_t bytes; /* of the whole pack */
    uint32_t arena_bytes;
    uint16_t input_count, output_count;
    uint16_t step_count;       /* of a run */
    uint16_t reset_count;      /* steps behind these, which set the initial state */
    uint32_t next_offset;      /* uint32 in the arena: see KL_PACK_NO_BRANCHES */
    uint32_t tensors;          /* offset of the inputs' and outputs' records */
    uint32_t steps;            /* offset of the step records */
    uint32_t name;             /* offset of the name, which ends with a zero; 0: none */
    uint8_t source_sha256[32]; /* of the model file */
    uint32_t reserved[2];      /* 0 */
};

/* An input or output, followed by its `rank` dimensions (int32_t, outermost first). */
struct kl_pack_tensor {
    uint32_t offset; /* in the arena */
    uint32_t bytes;
    float scale;        /* 0: not quantised */
    int32_t zero_point; /* 0 when not quantised */
    uint8_t dtype;      /* enum kl_dtype */
    uint8_t rank;
    uint16_t reserved; /* 0 */
};

/* In kl_pack_rows.place: the rows lie in the pack, not in the arena. */
#define KL_PACK_PLACE_CONSTANT 0x80000000u

/* Rows of an input or output of a step; see struct kl_rows. */
struct kl_pack_rows {
    uint32_t place; /* offset in the arena or, with KL_PACK_PLACE_CONSTANT, in the pack */
    int32_t stride;
    int32_t count;
};

/* Memory that a step may use in any way; not kept from step to step. */
struct kl_pack_scratch {
    uint32_t offset; /* in the arena */
    uint32_t bytes;
};

/*
 * One step, followed by the rows of its inputs, of its outputs, its scratch memory if it has
 * any, and `words` words of parameters. These are the kernel's parameter struct as a 32-bit
 * machine lays it out, with an offset in the pack for each pointer (0: none).
 */
struct kl_pack_step {
    uint16_t kernel; /* enum kl_kernel_id */
    uint8_t inputs, outputs;
    uint8_t words;
    uint8_t has_scratch; /* 0 or 1 */
    uint16_t reserved;   /* 0 */
};

_Static_assert(sizeof(struct kl_pack) == 80 && sizeof(struct kl_pack_tensor) == 20 &&
                   sizeof(struct kl_pack_rows) == 12 && sizeof(struct kl_pack_scratch) == 8 &&
                   sizeof(struct kl_pack_step) == 8,
               "the structs are the format");

/* A kernel of the engine; nn/pack/kernels.c defines one for each id. */
struct kl_engine_kernel;
#define KL_KERNEL(id, function, params, inputs, header) \
    extern const struct kl_engine_kernel kl_engine_kernel_##id;
#include "kinglet/kernels.def"
#undef KL_KERNEL

enum { KL_ENGINE_MAGIC = 0x454e4c4b }; /* "KLNE" */

/*
 * What a firmware can execute. A firmware defines one, with the symbol kl_engine so that
 * kinglet finds it in the firmware's file. The linker keeps only the kernels named in it.
 */
struct kl_engine {
    uint32_t magic;        /* KL_ENGINE_MAGIC */
    uint16_t abi;          /* KL_ENGINE_ABI */
    uint16_t kernel_count; /* length of `kernels` */
    uint32_t arena_bytes;  /* the largest arena that the firmware has room for */
    const struct kl_engine_kernel *const *kernels; /* by id; NULL: not linked */
};

/* Why a pack was refused. */
enum kl_pack_error {
    KL_PACK_OK,
    KL_PACK_ERROR_SIZE,    /* truncated, too large, or not aligned to KL_PACK_ALIGN */
    KL_PACK_ERROR_MAGIC,   /* not a pack */
    KL_PACK_ERROR_VERSION, /* another version of the format */
    KL_PACK_ERROR_ABI,     /* for another engine */
    KL_PACK_ERROR_ARENA,   /* needs a larger arena than the firmware has */
    KL_PACK_ERROR_LAYOUT,  /* a part lies outside the pack, or a reserved field is not 0 */
    KL_PACK_ERROR_TENSOR,  /* an input or output is malformed or outside the arena */
    KL_PACK_ERROR_KERNEL,  /* a step needs a kernel that the firmware does not have */
    KL_PACK_ERROR_STEP,    /* a step's record is malformed */
    KL_PACK_ERROR_PARAMS   /* a step's parameters are out of range, or reach out of bounds */
};

/*
 * Check every offset, size, id and parameter of `size` bytes at `bytes`. Returns 0, or a
 * negative number: kl_pack_error_of and kl_pack_error_step tell what and where. After 0, no
 * step reads or writes outside the pack and an arena of pack->arena_bytes. Time is linear in
 * `size`.
 */
int kl_pack_validate(const void *bytes, uint32_t size, const struct kl_engine *engine);

static inline enum kl_pack_error kl_pack_error_of(int result)
{
    return (enum kl_pack_error)(-result & 0xff);
}

/* The step at fault, when the error is about a step. */
static inline uint32_t kl_pack_error_step(int result)
{
    return (uint32_t)-result >> 8;
}

/*
 * The functions below take a pack that this engine's kl_pack_validate accepted, and an arena
 * of pack->arena_bytes bytes, aligned to KL_ARENA_ALIGN (kinglet/model.h).
 */

/* One inference. Inputs are written before, outputs read after, at their tensors' offsets. Returns
 * whether the outputs are new; see kl_model_run (kinglet/model.h). */
bool kl_pack_run(const struct kl_pack *pack, const struct kl_engine *engine, void *arena);

/* Step `step`, which exists. Returns the number of the step to go on with; one that is no step of
 * the run ends it. */
uint32_t kl_pack_step(const struct kl_pack *pack, const struct kl_engine *engine, void *arena,
                      uint32_t step);

/* Begin with step `first` and go on while the next step is one of first .. first+count-1, which
 * exist. Returns the number of the step to go on with. */
uint32_t kl_pack_run_steps(const struct kl_pack *pack, const struct kl_engine *engine, void *arena,
                           uint32_t first, uint32_t count);

/* Give a model with state (reset_count > 0) its initial values, before the first run. What else
 * the arena holds is lost. */
void kl_pack_reset(const struct kl_pack *pack, const struct kl_engine *engine, void *arena);

/* Input `index`, or output `index - input_count`. */
const struct kl_pack_tensor *kl_pack_tensor(const struct kl_pack *pack, uint32_t index);

static inline const int32_t *kl_pack_dims(const struct kl_pack_tensor *tensor)
{
    return (const int32_t *)(tensor + 1);
}

#endif
