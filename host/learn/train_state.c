/* SPDX-License-Identifier: Apache-2.0 */
/* A training's state in a checkpoint. */
#include <math.h>
#include <string.h>

#include "learn/train_internal.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static json_t *shape_json(const struct kl_tensor *tensor)
{
    json_t *shape = json_array();
    for (int32_t i = 0; i < tensor->shape.rank; i++) {
        json_array_append_new(shape, json_integer(tensor->shape.dim[i]));
    }
    return json_pack("{s:s, s:o}", "name", tensor->name, "shape", shape);
}

static json_t *weights_json(const struct kl_net *net)
{
    int32_t count;
    const struct kl_net_parameter *parameters = kl_net_parameters(net, &count);
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, shape_json(parameters[i].tensor));
    }
    return list;
}

static json_t *statistics_json(const struct kl_net *net)
{
    int32_t count;
    const struct kl_net_parameter *statistics = kl_net_running(net, &count);
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, shape_json(statistics[i].tensor));
    }
    return list;
}

static json_t *history_json(const struct kl_train_result *result)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < result->epochs; i++) {
        const struct kl_epoch *e = &result->history[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "loss", number(e->loss),
                                              "rate", number(e->rate), "validation_loss",
                                              number(e->validation_loss), "accuracy",
                                              number(e->accuracy)));
    }
    return list;
}

static void list_blocks(const struct trainer *t, struct kl_checkpoint *c)
{
    int64_t weights = kl_net_weight_count(t->net);
    int64_t statistics = kl_net_statistic_count(t->net);
    const struct kl_block blocks[] = {
        {"best.weights", t->best_weights, weights},
        {"best.statistics", t->best_statistics, statistics},
        {"now.weights", kl_net_weights(t->net), weights},
        {"now.statistics", kl_net_statistics(t->net), statistics},
        {"moment.1", t->optimiser.moment[0], weights},
        {"moment.2", t->optimiser.moment[1], weights},
        {"input.mean", t->normalisation->mean, t->normalisation->channels},
        {"input.deviation", t->normalisation->deviation, t->normalisation->channels},
    };
    _Static_assert(sizeof blocks / sizeof blocks[0] == KL_CHECKPOINT_BLOCKS, "all blocks");
    memcpy(c->blocks, blocks, sizeof blocks);
    c->block_count = KL_CHECKPOINT_BLOCKS;
}

enum kl_err train_save(const struct trainer *t, struct kl_diag *diag)
{
    const struct kl_train_options *o = t->options;
    struct kl_checkpoint c = {0};
    json_t *data =
        json_pack("{s:s?, s:s?, s:s?, s:I}", "content", o->data_content, "version", o->data_version,
                  "split", o->split, "split_seed", (json_int_t)o->split_seed);
    c.head = json_pack("{s:s, s:s, s:I, s:o, s:i, s:i, s:s, s:o, s:o, s:o}", "network",
                       o->network ? o->network : "", "identity", o->identity ? o->identity : "",
                       "seed", (json_int_t)o->seed, "data", data, "epoch", t->epoch, "best",
                       t->best, "isa", kl_net_isa(), "weights", weights_json(t->net), "statistics",
                       statistics_json(t->net), "history", history_json(t->result));
    if (!c.head) {
        return KL_FAIL_MEMORY(diag);
    }
    list_blocks(t, &c);
    enum kl_err err = kl_checkpoint_write(t->options->checkpoint, &c, diag);
    kl_checkpoint_free(&c);
    return err;
}

static enum kl_err check_same(const struct trainer *t, const struct kl_checkpoint *c,
                              struct kl_diag *diag)
{
    const char *identity = json_string_value(json_object_get(c->head, "identity"));
    const char *network = json_string_value(json_object_get(c->head, "network"));
    json_int_t seed = json_integer_value(json_object_get(c->head, "seed"));
    bool same = identity && network && seed == (json_int_t)t->options->seed &&
                strcmp(identity, t->options->identity ? t->options->identity : "") == 0 &&
                strcmp(network, t->options->network ? t->options->network : "") == 0;
    return same ? KL_OK
                : kl_fail(diag, KL_EUSAGE,
                          "%s: belongs to another training (network, data, seed or options "
                          "differ); leave out --resume to begin anew, or use --from to begin with "
                          "its weights",
                          t->options->checkpoint);
}

static enum kl_err take_history(struct trainer *t, const struct kl_checkpoint *c,
                                struct kl_diag *diag)
{
    const json_t *list = json_object_get(c->head, "history");
    json_int_t epoch = json_integer_value(json_object_get(c->head, "epoch"));
    json_int_t best = json_integer_value(json_object_get(c->head, "best"));
    if (epoch < 1 || epoch > t->options->epochs || best < 0 || best >= epoch ||
        json_array_size(list) != (size_t)epoch) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: the checkpoint's history makes no sense, or it has "
                       "more epochs than asked for",
                       t->options->checkpoint);
    }
    t->epoch = t->result->epochs = (int32_t)epoch;
    t->best = (int32_t)best;
    for (size_t i = 0; i < (size_t)epoch; i++) {
        const json_t *e = json_array_get(list, i);
        t->result->history[i] =
            (struct kl_epoch){.loss = number_of(json_object_get(e, "loss")),
                              .rate = number_of(json_object_get(e, "rate")),
                              .validation_loss = number_of(json_object_get(e, "validation_loss")),
                              .accuracy = number_of(json_object_get(e, "accuracy"))};
    }
    return KL_OK;
}

enum kl_err train_restore(struct trainer *t, struct kl_diag *diag)
{
    struct kl_checkpoint c, mine = {0};
    KL_TRY(kl_checkpoint_read(t->options->checkpoint, t->arena, &c, diag));
    list_blocks(t, &mine);
    enum kl_err err = check_same(t, &c, diag);
    err = err == KL_OK ? take_history(t, &c, diag) : err;
    for (int32_t i = 0; err == KL_OK && i < mine.block_count; i++) {
        const struct kl_block *from = kl_checkpoint_block(&c, mine.blocks[i].name);
        if (!from || from->count != mine.blocks[i].count) {
            err = kl_fail(diag, KL_EINPUT, "%s: the checkpoint does not suit the network",
                          t->options->checkpoint);
        } else if (from->count > 0) {
            memcpy(mine.blocks[i].values, from->values, (size_t)from->count * sizeof(float));
        }
    }
    kl_checkpoint_free(&c);
    return err;
}
