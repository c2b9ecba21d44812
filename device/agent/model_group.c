/* SPDX-License-Identifier: Apache-2.0 */
/* The model group; see kinglet/model_group.h and docs/spec/model-protocol.md. */
#include "kinglet/model_group.h"

#include <string.h>

/* Numbers of a request by name; all must be there. */
static bool get_uints(const struct kl_smp_request *request, const char *const *keys,
                      uint32_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!kl_cbor_map_uint(request->body, request->body_bytes, keys[i], &values[i])) {
            return false;
        }
    }
    return true;
}

/* Does offset .. offset+bytes-1 lie inside `size` bytes? */
static bool is_inside(uint32_t offset, uint32_t bytes, uint32_t size)
{
    return offset <= size && bytes <= size - offset;
}

/* {name: [offset, bytes, offset, bytes, ...]} */
static void put_tensors(struct kl_cbor_writer *response, const char *name,
                        const struct kl_tensor_info *tensors, uint32_t count)
{
    kl_cbor_put_text(response, name);
    kl_cbor_put_array(response, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        kl_cbor_put_uint(response, tensors[i].offset);
        kl_cbor_put_uint(response, tensors[i].bytes);
    }
}

static void put_uint(struct kl_cbor_writer *response, const char *name, uint32_t value)
{
    kl_cbor_put_text(response, name);
    kl_cbor_put_uint(response, value);
}

static enum kl_smp_rc info(struct kl_model_service *service, const struct kl_smp_request *request,
                           struct kl_cbor_writer *response)
{
    (void)request;
    const struct kl_model *model = service->model;
    kl_cbor_put_map(response, 5);
    put_uint(response, "v", KL_MODEL_PROTOCOL_VERSION);
    put_uint(response, "arena", model->arena_bytes);
    put_uint(response, "steps", model->step_count);
    put_tensors(response, "inputs", model->inputs, model->input_count);
    put_tensors(response, "outputs", model->outputs, model->output_count);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc write_arena(struct kl_model_service *service,
                                  const struct kl_smp_request *request,
                                  struct kl_cbor_writer *response)
{
    (void)response;
    static const char *const keys[] = {"off"};
    uint32_t offset, bytes;
    const uint8_t *data;
    if (!get_uints(request, keys, &offset, 1) ||
        !kl_cbor_map_string(request->body, request->body_bytes, "data", KL_CBOR_BYTES, &data,
                            &bytes) ||
        !is_inside(offset, bytes, service->model->arena_bytes)) {
        return KL_SMP_RC_INVALID;
    }
    memcpy(service->arena + offset, data, bytes);
    return KL_SMP_RC_OK;
}

/* Where a model with branches goes on; without steps, none was chosen. */
static void put_next(const struct kl_model_service *service, uint32_t steps,
                     struct kl_cbor_writer *response)
{
    uint32_t next;
    if (service->model->next_offset == 0 || steps == 0) {
        return;
    }
    memcpy(&next, service->arena + service->model->next_offset, sizeof next);
    kl_cbor_put_map(response, 1);
    put_uint(response, "next", next);
}

static enum kl_smp_rc run(struct kl_model_service *service, const struct kl_smp_request *request,
                          struct kl_cbor_writer *response)
{
    static const char *const keys[] = {"first", "count"};
    uint32_t range[2];
    if (!get_uints(request, keys, range, 2) ||
        !is_inside(range[0], range[1], service->model->step_count)) {
        return KL_SMP_RC_INVALID;
    }
    service->run_stack_bytes = service->run(service->model, service->arena, range[0], range[1]);
    put_next(service, range[1], response);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc read_arena(struct kl_model_service *service,
                                 const struct kl_smp_request *request,
                                 struct kl_cbor_writer *response)
{
    static const char *const keys[] = {"off", "len"};
    uint32_t range[2];
    if (!get_uints(request, keys, range, 2) ||
        !is_inside(range[0], range[1], service->model->arena_bytes)) {
        return KL_SMP_RC_INVALID;
    }
    kl_cbor_put_map(response, 1);
    kl_cbor_put_text(response, "data");
    kl_cbor_put_bytes(response, service->arena + range[0], range[1]);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc stats(struct kl_model_service *service, const struct kl_smp_request *request,
                            struct kl_cbor_writer *response)
{
    (void)request;
    kl_cbor_put_map(response, 1);
    put_uint(response, "stack", service->run_stack_bytes);
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc copy(struct kl_model_service *service, const struct kl_smp_request *request,
                           struct kl_cbor_writer *response)
{
    (void)response;
    static const char *const keys[] = {"off", "src", "len"};
    uint32_t value[3];
    if (!get_uints(request, keys, value, 3) ||
        !is_inside(value[0], value[2], service->model->arena_bytes) ||
        !is_inside(value[1], value[2], service->mailbox_bytes)) {
        return KL_SMP_RC_INVALID;
    }
    if (value[2] > 0) { /* without a mailbox there is no address to copy from */
        memcpy(service->arena + value[0], service->mailbox + value[1], value[2]);
    }
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc exit_program(struct kl_model_service *service,
                                   const struct kl_smp_request *request,
                                   struct kl_cbor_writer *response)
{
    (void)response;
    static const char *const keys[] = {"status"};
    uint32_t status;
    if (!get_uints(request, keys, &status, 1) || status > UINT8_MAX) {
        return KL_SMP_RC_INVALID;
    }
    service->exit_requested = true;
    service->exit_status = (uint8_t)status;
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc reset(struct kl_model_service *service, const struct kl_smp_request *request,
                            struct kl_cbor_writer *response)
{
    (void)request;
    (void)response;
    if (service->reset) {
        service->reset(service);
    } else {
        kl_model_reset(service->model, service->arena);
    }
    return KL_SMP_RC_OK;
}

static enum kl_smp_rc load(struct kl_model_service *service, const struct kl_smp_request *request,
                           struct kl_cbor_writer *response)
{
    static const char *const keys[] = {"src", "len"};
    uint32_t range[2];
    if (!service->load || !get_uints(request, keys, range, 2) ||
        !is_inside(range[0], range[1], service->mailbox_bytes)) {
        return KL_SMP_RC_INVALID;
    }
    const unsigned char *bytes = range[1] > 0 ? service->mailbox + range[0] : 0;
    kl_cbor_put_map(response, 1);
    put_uint(response, "err", (uint32_t)-service->load(service, bytes, range[1]));
    return KL_SMP_RC_OK;
}

enum kl_smp_rc kl_model_group(void *context, const struct kl_smp_request *request,
                              struct kl_cbor_writer *response)
{
    static const struct {
        enum kl_smp_op op;
        enum kl_smp_rc (*handler)(struct kl_model_service *, const struct kl_smp_request *,
                                  struct kl_cbor_writer *);
    } commands[] = {
        [KL_MODEL_INFO] = {KL_SMP_READ, info},
        [KL_MODEL_WRITE] = {KL_SMP_WRITE, write_arena},
        [KL_MODEL_RUN] = {KL_SMP_WRITE, run},
        [KL_MODEL_READ] = {KL_SMP_READ, read_arena},
        [KL_MODEL_STATS] = {KL_SMP_READ, stats},
        [KL_MODEL_COPY] = {KL_SMP_WRITE, copy},
        [KL_MODEL_EXIT] = {KL_SMP_WRITE, exit_program},
        [KL_MODEL_RESET] = {KL_SMP_WRITE, reset},
        [KL_MODEL_LOAD] = {KL_SMP_WRITE, load},
    };
    if (request->command >= sizeof commands / sizeof commands[0] ||
        !commands[request->command].handler || request->op != commands[request->command].op) {
        return KL_SMP_RC_UNSUPPORTED;
    }
    return commands[request->command].handler(context, request, response);
}
