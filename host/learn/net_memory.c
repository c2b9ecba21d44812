/* SPDX-License-Identifier: Apache-2.0 */
/* oneDNN's handles, layouts and memory of a net. */
#include <string.h>

#include "learn/net_internal.h"

/* oneDNN's kernels like whole cache lines. */
enum { ALIGNMENT = 64 };

enum kl_err net_check(struct kl_net *net, dnnl_status_t status, const char *what)
{
    if (status == dnnl_success) {
        return KL_OK;
    }
    if (status == dnnl_out_of_memory) {
        return KL_FAIL_MEMORY(net->diag);
    }
    return kl_fail(net->diag, KL_EUNSUPPORTED, "oneDNN cannot compute this network (%s: status %d)",
                   what, (int)status);
}

static struct handle *new_handle(struct kl_net *net)
{
    struct handle *handle = KL_NEW(net->arena, struct handle, 1);
    if (handle) {
        handle->next = net->handles;
        net->handles = handle;
    }
    return handle;
}

/* Dimensions and, if wanted, where each lies in dense NHWC. */
static int fill_dims(const struct kl_net *net, const struct kl_shape *shape, dnnl_dims_t dims,
                     dnnl_dims_t strides)
{
    static const int image[4] = {0, 2, 3, 1}; /* place of n, h, w, c among n, c, h, w */
    dnnl_dim_t stride = 1;
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        int place = shape->rank == 4 ? image[i] : i;
        dims[place] = i == 0 ? (dnnl_dim_t)shape->dim[0] * net->options.batch : shape->dim[i];
        strides[place] = stride;
        stride *= dims[place];
    }
    return shape->rank;
}

void net_plain(const struct kl_net *net, const struct kl_shape *shape, dnnl_memory_desc_t *md)
{
    dnnl_dims_t dims, strides;
    int rank = fill_dims(net, shape, dims, strides);
    dnnl_memory_desc_init_by_strides(md, rank, dims, dnnl_f32, strides);
}

void net_rows(const dnnl_memory_desc_t *md, bool image, dnnl_memory_desc_t *rows)
{
    dnnl_dim_t channels = md->ndims == 4 ? md->dims[1] : md->dims[md->ndims - 1];
    dnnl_dim_t count = 1;
    for (int i = 0; i < md->ndims; i++) {
        count *= md->dims[i];
    }
    dnnl_dims_t dims = {count / channels, channels, 1, 1};
    dnnl_dims_t strides = {channels, 1, channels, channels};
    dnnl_memory_desc_init_by_strides(rows, image ? 4 : 2, dims, dnnl_f32, strides);
}

void net_any(const dnnl_memory_desc_t *md, dnnl_memory_desc_t *any)
{
    dnnl_memory_desc_init_by_tag(any, md->ndims, md->dims, dnnl_f32, dnnl_format_tag_any);
}

/* Aligned memory of the arena, zeroed. */
static float *aligned(struct kl_arena *arena, size_t bytes)
{
    unsigned char *memory = kl_arena_alloc(arena, bytes + ALIGNMENT, 1);
    if (!memory) {
        return NULL;
    }
    return (float *)(void *)(memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT));
}

float *net_floats(struct kl_net *net, const dnnl_memory_desc_t *md)
{
    float *data = aligned(net->arena, dnnl_memory_desc_get_size(md));
    if (!data) {
        KL_FAIL_MEMORY(net->diag);
    }
    return data;
}

enum kl_err net_memory(struct kl_net *net, const dnnl_memory_desc_t *md, float *data,
                       dnnl_memory_t *memory)
{
    struct handle *handle = new_handle(net);
    if (!handle) {
        return KL_FAIL_MEMORY(net->diag);
    }
    DNN_TRY(net, dnnl_memory_create(&handle->memory, md, net->engine, data), "memory");
    *memory = handle->memory;
    return KL_OK;
}

enum kl_err net_pool_memory(struct kl_net *net, const dnnl_memory_desc_t *md, int32_t buffer,
                            dnnl_memory_t *memory)
{
    struct pool_user *user = KL_NEW(net->arena, struct pool_user, 1);
    if (!user) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(net_memory(net, md, NULL, memory));
    *user = (struct pool_user){net->pool_users, *memory, buffer};
    net->pool_users = user;
    return KL_OK;
}

/* A free buffer that is large enough and wastes least, else the largest free one grows. */
enum kl_err net_pool_take(struct kl_net *net, const dnnl_memory_desc_t *md, int32_t *buffer)
{
    size_t bytes = dnnl_memory_desc_get_size(md);
    int32_t best = -1;
    for (int32_t i = 0; i < net->pool_count; i++) {
        const struct pool_buffer *b = &net->pool[i];
        if (b->taken) {
            continue;
        }
        size_t had = best < 0 ? 0 : net->pool[best].bytes;
        bool better = b->bytes >= bytes ? (had < bytes || b->bytes < had) : b->bytes > had;
        best = best < 0 || (better && !(had >= bytes && b->bytes < bytes)) ? i : best;
    }
    if (best < 0) {
        if (net->pool_count == POOL_MAX) {
            return kl_fail(net->diag, KL_ELIMIT, "the network keeps too many gradients at once");
        }
        best = net->pool_count++;
    }
    net->pool[best].taken = true;
    net->pool[best].bytes = net->pool[best].bytes > bytes ? net->pool[best].bytes : bytes;
    *buffer = best;
    return KL_OK;
}

void net_pool_give(struct kl_net *net, int32_t buffer)
{
    net->pool[buffer].taken = false;
}

/* The pool gets its memory, and memory objects their places in it. */
enum kl_err net_pool_place(struct kl_net *net)
{
    for (int32_t i = 0; i < net->pool_count; i++) {
        net->pool[i].data = aligned(net->arena, net->pool[i].bytes);
        if (!net->pool[i].data) {
            return KL_FAIL_MEMORY(net->diag);
        }
    }
    for (struct pool_user *user = net->pool_users; user; user = user->next) {
        DNN_TRY(net, dnnl_memory_set_data_handle(user->memory, net->pool[user->buffer].data),
                "memory");
    }
    return KL_OK;
}

enum kl_err net_describe(struct kl_net *net, const_dnnl_op_desc_t desc, dnnl_primitive_desc_t hint,
                         const struct kl_op *op, dnnl_primitive_desc_t *description)
{
    struct handle *handle = new_handle(net);
    if (!handle) {
        return KL_FAIL_MEMORY(net->diag);
    }
    DNN_TRY(net, dnnl_primitive_desc_create(&handle->description, desc, NULL, net->engine, hint),
            kl_op_name(op));
    *description = handle->description;
    return KL_OK;
}

/* Append to each of the lists. */
static enum kl_err append(struct kl_net *net, int32_t lists, struct step *step)
{
    for (int32_t i = 0; i < LISTS; i++) {
        struct step_list *list = &net->lists[i];
        if (!(lists & (1 << i))) {
            continue;
        }
        if (list->count == list->capacity) {
            int32_t capacity = list->capacity ? 2 * list->capacity : 64;
            struct step **steps = KL_NEW(net->arena, struct step *, (size_t)capacity);
            if (!steps) {
                return KL_FAIL_MEMORY(net->diag);
            }
            if (list->count) {
                memcpy(steps, list->steps, (size_t)list->count * sizeof steps[0]);
            }
            list->steps = steps;
            list->capacity = capacity;
        }
        list->steps[list->count++] = step;
    }
    return KL_OK;
}

enum kl_err net_step(struct kl_net *net, int32_t lists, dnnl_primitive_desc_t description,
                     bool is_layer, struct step **step)
{
    struct handle *handle = new_handle(net);
    *step = KL_NEW(net->arena, struct step, 1);
    if (!handle || !*step) {
        return KL_FAIL_MEMORY(net->diag);
    }
    DNN_TRY(net, dnnl_primitive_create(&handle->primitive, description), "primitive");
    (*step)->primitive = handle->primitive;
    (*step)->is_layer = is_layer;
    return append(net, lists, *step);
}

void net_arg(struct step *step, int arg, dnnl_memory_t memory)
{
    step->args[step->arg_count++] = (dnnl_exec_arg_t){arg, memory};
}

enum kl_err net_own_step(struct kl_net *net, int32_t lists,
                         void (*run)(const struct kl_net *net, const void *context),
                         const void *context)
{
    struct step *step = KL_NEW(net->arena, struct step, 1);
    if (!step) {
        return KL_FAIL_MEMORY(net->diag);
    }
    step->run = run;
    step->context = context;
    return append(net, lists, step);
}

enum kl_err net_reorder(struct kl_net *net, int32_t lists, const dnnl_memory_desc_t *from_md,
                        dnnl_memory_t from, const dnnl_memory_desc_t *to_md, dnnl_memory_t to)
{
    struct handle *handle = new_handle(net);
    struct step *step;
    if (!handle) {
        return KL_FAIL_MEMORY(net->diag);
    }
    DNN_TRY(net,
            dnnl_reorder_primitive_desc_create(&handle->description, from_md, net->engine, to_md,
                                               net->engine, NULL),
            "reorder");
    KL_TRY(net_step(net, lists, handle->description, false, &step));
    net_arg(step, DNNL_ARG_FROM, from);
    net_arg(step, DNNL_ARG_TO, to);
    return KL_OK;
}

enum kl_err net_form(struct kl_net *net, int32_t lists, struct form *form,
                     const dnnl_memory_desc_t *md, struct form **found)
{
    for (struct form *f = form; f; f = f->next) {
        if (dnnl_memory_desc_equal(&f->md, md)) {
            *found = f;
            return KL_OK;
        }
    }
    struct form *made = KL_NEW(net->arena, struct form, 1);
    if (!made) {
        return KL_FAIL_MEMORY(net->diag);
    }
    made->md = *md;
    made->data = net_floats(net, md);
    if (!made->data) {
        return net->diag->err;
    }
    KL_TRY(net_memory(net, md, made->data, &made->memory));
    KL_TRY(net_reorder(net, lists, &form->md, form->memory, md, made->memory));
    made->next = form->next;
    form->next = made;
    *found = made;
    return KL_OK;
}

void net_free_handles(struct kl_net *net)
{
    for (struct handle *h = net->handles; h; h = h->next) {
        dnnl_primitive_destroy(h->primitive);
        dnnl_primitive_desc_destroy(h->description);
        dnnl_memory_destroy(h->memory);
        dnnl_primitive_attr_destroy(h->attr);
    }
    dnnl_stream_destroy(net->stream);
    dnnl_engine_destroy(net->engine);
}
