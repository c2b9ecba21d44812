/* SPDX-License-Identifier: Apache-2.0 */
/* main of the test harness for model packs. */
#include <stddef.h>

#include "agent/stack_paint.h"
#include "kinglet/harness_pack.h"
#include "kinglet/port.h"

enum { MAX_TENSORS = 32 }; /* inputs and outputs of a pack that can be served */

/* A pack in the form of a model that the group knows; only its steps are run otherwise. */
struct served {
    struct kl_model model; /* first: a pointer to it is one to the whole */
    struct kl_tensor_info tensors[MAX_TENSORS];
    const struct kl_pack *pack;
    struct kl_model_service service;
};

static uint32_t run_measured(const struct kl_model *model, unsigned char *arena, uint32_t first,
                             uint32_t count)
{
    const struct served *served = (const struct served *)(const void *)model;
    kl_stack_paint();
    kl_harness_run_pack(served->pack, arena, first, count);
    return kl_stack_used(kl_port_stack_pointer());
}

static struct served *served_by(struct kl_model_service *service)
{
    return (struct served *)(void *)((char *)service - offsetof(struct served, service));
}

static void describe(struct served *served, const struct kl_pack *pack)
{
    for (uint32_t i = 0; i < (uint32_t)pack->input_count + pack->output_count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, i);
        served->tensors[i] = (struct kl_tensor_info){.offset = tensor->offset,
                                                     .bytes = tensor->bytes,
                                                     .scale = tensor->scale,
                                                     .zero_point = tensor->zero_point,
                                                     .dim = kl_pack_dims(tensor),
                                                     .rank = tensor->rank,
                                                     .dtype = tensor->dtype};
    }
    served->pack = pack;
    served->model.arena_bytes = pack->arena_bytes;
    served->model.input_count = pack->input_count;
    served->model.output_count = pack->output_count;
    served->model.step_count = pack->step_count;
    served->model.next_offset = pack->next_offset == KL_PACK_NO_BRANCHES ? 0 : pack->next_offset;
    served->model.inputs = served->tensors;
    served->model.outputs = served->tensors + pack->input_count;
}

static void reset(struct kl_model_service *service)
{
    const struct served *served = served_by(service);
    if (served->model.arena_bytes > 0) {
        kl_pack_reset(served->pack, &kl_engine, service->arena);
    }
}

static int load(struct kl_model_service *service, const unsigned char *bytes, uint32_t size)
{
    struct served *served = served_by(service);
    const void *pack = size > 0 ? bytes : kl_harness_pack;
    const int result = kl_pack_validate(pack, size > 0 ? size : kl_harness_pack_bytes, &kl_engine);
    const struct kl_pack *header = pack;
    served->model.arena_bytes = 0;
    served->model.step_count = 0;
    served->model.input_count = 0;
    served->model.output_count = 0;
    if (result == 0) {
        if ((uint32_t)header->input_count + header->output_count > MAX_TENSORS) {
            return -KL_PACK_ERROR_TENSOR;
        }
        describe(served, header);
        reset(service);
    }
    return result;
}

int main(void)
{
    kl_port_init();
    struct kl_port_mailbox mailbox = kl_port_mailbox();
    struct served served = {.service = {.arena = kl_harness_arena,
                                        .mailbox = mailbox.base,
                                        .mailbox_bytes = mailbox.bytes,
                                        .run = run_measured,
                                        .load = load,
                                        .reset = reset}};
    served.service.model = &served.model;
    if (kl_harness_pack_bytes > 0) {
        load(&served.service, 0, 0);
    }
    return kl_harness_serve(&served.service);
}
