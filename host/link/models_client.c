/* SPDX-License-Identifier: Apache-2.0 */
#include "link/models_client.h"

#include "kinglet/models_group.h"
#include "link/upload.h"

static bool read_why(const struct kl_cbor_reader *map, int *why)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    bool is_there =
        kl_cbor_map_find(map->data + map->offset, map->bytes - map->offset, "why", &value) &&
        kl_cbor_next(&value, &item) && item.type == KL_CBOR_NEGATIVE && item.value < INT16_MAX;
    *why = is_there ? -1 - (int)item.value : 0;
    return is_there;
}

static bool read_model(void *context, const struct kl_cbor_reader *map)
{
    struct kl_device_models *models = context;
    struct kl_device_model model = {.active = reply_bool(map, "active")};
    if (models->count == KL_DEVICE_MODELS_MAX || !reply_uint(map, "slot", &model.slot)) {
        return false;
    }
    if (!read_why(map, &model.why)) {
        model.has_hash = reply_hash(map, model.hash);
        if (!reply_text(map, "name", model.name, sizeof model.name) ||
            !reply_text(map, "version", model.version, sizeof model.version) ||
            !reply_text(map, "test", model.test, sizeof model.test)) {
            return false;
        }
    }
    models->models[models->count++] = model;
    return true;
}

static enum kl_err call(struct kl_channel *channel, const struct request_kind *what,
                        struct request *request, struct kl_device_models *models,
                        struct kl_diag *diag)
{
    struct kl_smp_reply reply;
    enum kl_err err = request_call(channel, what, request, &reply, diag);
    *models = (struct kl_device_models){.refusal = err == KL_ECHECK ? reply.why : 0};
    return err == KL_OK ? reply_list(&reply, "models", read_model, models, diag) : err;
}

enum kl_err kl_device_models(struct kl_channel *channel, struct kl_device_models *models,
                             struct kl_diag *diag)
{
    const struct request_kind list = {"list models", KL_SMP_READ, KL_SMP_GROUP_MODELS,
                                      KL_SMP_MODELS_STATE};
    struct request request;
    (void)request_begin(&request, 0);
    return call(channel, &list, &request, models, diag);
}

static enum kl_err call_with_hash(struct kl_channel *channel, const struct request_kind *what,
                                  const uint8_t hash[KL_IMAGE_HASH_BYTES],
                                  struct kl_device_models *models, struct kl_diag *diag)
{
    struct request request;
    struct kl_cbor_writer *map = request_begin(&request, 1);
    kl_cbor_put_text(map, "hash");
    kl_cbor_put_bytes(map, hash, KL_IMAGE_HASH_BYTES);
    return call(channel, what, &request, models, diag);
}

enum kl_err kl_device_send_model(struct kl_channel *channel, const struct kl_model_upload *upload,
                                 const struct kl_upload_progress *progress,
                                 struct kl_device_models *models, struct kl_diag *diag)
{
    const struct request_kind run = {"run the model", KL_SMP_WRITE, KL_SMP_GROUP_MODELS,
                                     KL_SMP_MODELS_RUN};
    const struct upload_wish wish = {KL_SMP_GROUP_MODELS, KL_SMP_MODELS_UPLOAD, upload->file,
                                     upload->entry};
    struct kl_smp_reply reply;
    enum kl_err err = upload_file(channel, &wish, progress, &reply, diag);
    *models = (struct kl_device_models){.refusal = err == KL_ECHECK ? reply.why : 0};
    return err == KL_OK ? call_with_hash(channel, &run, upload->hash, models, diag) : err;
}

enum kl_err kl_device_fail_model(struct kl_channel *channel,
                                 const uint8_t hash[KL_IMAGE_HASH_BYTES],
                                 struct kl_device_models *models, struct kl_diag *diag)
{
    const struct request_kind fail = {"give the model up", KL_SMP_WRITE, KL_SMP_GROUP_MODELS,
                                      KL_SMP_MODELS_FAIL};
    return call_with_hash(channel, &fail, hash, models, diag);
}
