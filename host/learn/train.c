/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/train.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "learn/loss.h"
#include "learn/score.h"
#include "learn/train_internal.h"

/* Uses of the seed. */
enum { USE_ORDER = 1, USE_DROPOUT = 2, USE_MASK = 3 };

enum { OUTPUT_BATCH = 64 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum kl_err check_values(const float *values, int64_t count, int32_t item,
                                struct kl_diag *diag)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return kl_fail(diag, KL_EINPUT, "item %d of the data: value %lld is no finite number",
                           item, (long long)i);
        }
    }
    return KL_OK;
}

int32_t kl_learn_channels(const struct kl_learn_set *set)
{
    return set->channels > 0 ? set->channels : set->shape.dim[set->shape.rank - 1];
}

enum kl_err kl_normalisation_measure(const struct kl_learn_set *set, struct kl_arena *arena,
                                     struct kl_normalisation *n, struct kl_diag *diag)
{
    int32_t size = (int32_t)kl_shape_elements(&set->shape);
    int32_t channels = kl_learn_channels(set);
    double *sums = KL_NEW(arena, double, 2 * (size_t)channels);
    float *values = KL_NEW(arena, float, (size_t)size);
    n->channels = channels;
    n->mean = KL_NEW(arena, float, (size_t)channels);
    n->deviation = KL_NEW(arena, float, (size_t)channels);
    if (!sums || !values || !n->mean || !n->deviation) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t item = 0; item < set->count; item++) {
        KL_TRY(set->read(set->context, item, values, diag));
        KL_TRY(check_values(values, size, item, diag));
        for (int32_t i = 0; i < size; i++) {
            sums[2 * (i % channels)] += (double)values[i];
            sums[2 * (i % channels) + 1] += (double)values[i] * (double)values[i];
        }
    }
    double count = (double)set->count * (size / channels);
    for (int32_t c = 0; c < channels; c++) {
        double mean = sums[2 * c] / count;
        double variance = sums[2 * c + 1] / count - mean * mean;
        bool constant = !(variance > 1e-12 * (mean * mean + 1e-12));
        n->mean[c] = (float)mean;
        n->deviation[c] = constant ? 1.0f : (float)sqrt(variance);
    }
    return KL_OK;
}

enum kl_err train_load(const struct kl_net *net, const struct kl_learn_set *set,
                       const struct kl_normalisation *n, int32_t item, int32_t place,
                       struct kl_diag *diag)
{
    int32_t size = kl_net_item_size(net);
    float *values = kl_net_input(net) + (ptrdiff_t)place * size;
    KL_TRY(set->read(set->context, item, values, diag));
    KL_TRY(check_values(values, size, item, diag));
    for (int32_t i = 0; n->channels > 0 && i < size; i++) {
        int32_t c = i % n->channels;
        values[i] = (values[i] - n->mean[c]) / n->deviation[c];
    }
    return n->channels > 0 ? check_values(values, size, item, diag) : KL_OK;
}

/* What the outputs of an item are compared with goes to `place` of the batch. */
static void load_target(struct trainer *t, const struct kl_learn_set *set, int32_t item,
                        int32_t place)
{
    int32_t size = kl_net_output_size(t->net);
    const float *from = NULL;
    switch (t->options->task) {
    case KL_TASK_CLASSES: t->labels[place] = set->labels[item]; return;
    case KL_TASK_VALUES: from = set->targets + (ptrdiff_t)item * size; break;
    case KL_TASK_REPEAT: from = kl_net_input(t->net) + (ptrdiff_t)place * size; break;
    }
    memcpy(t->targets + (ptrdiff_t)place * size, from, (size_t)size * sizeof from[0]);
}

/* The loss of the first `items` of the batch. */
static double batch_loss(const struct trainer *t, int32_t items, double *weight, float *grad)
{
    const float *out = kl_net_output(t->net);
    int32_t size = kl_net_output_size(t->net);
    if (t->options->task == KL_TASK_CLASSES) {
        return kl_loss_classes(out, t->labels, items, size, grad ? t->options->smoothing : 0.0f,
                               t->options->class_weights, weight, grad);
    }
    *weight = items;
    return kl_loss_squares(out, t->targets, items, size, grad);
}

/* Loss and accuracy over a set, by inference. */
static enum kl_err evaluate(struct trainer *t, const struct kl_learn_set *set,
                            struct kl_epoch *epoch, struct kl_diag *diag)
{
    int32_t batch = kl_net_batch(t->net), size = kl_net_output_size(t->net), right = 0;
    double loss = 0, weights = 0;
    for (int32_t first = 0; first < set->count; first += batch) {
        int32_t items = set->count - first < batch ? set->count - first : batch;
        double weight;
        for (int32_t i = 0; i < items; i++) {
            KL_TRY(train_load(t->net, set, t->normalisation, first + i, i, diag));
            load_target(t, set, first + i, i);
        }
        KL_TRY(kl_net_infer(t->net, diag));
        loss += batch_loss(t, items, &weight, NULL) * weight;
        weights += weight;
        for (int32_t i = 0; t->options->task == KL_TASK_CLASSES && i < items; i++) {
            const float *out = kl_net_output(t->net) + (ptrdiff_t)i * size;
            right += kl_score_class(out, size) == t->labels[i];
        }
    }
    epoch->validation_loss = weights > 0 ? loss / weights : NAN;
    epoch->accuracy = t->options->task == KL_TASK_CLASSES ? (double)right / set->count : NAN;
    return KL_OK;
}

/* Fisher and Yates, by a stream of the epoch. */
static void shuffle(struct trainer *t)
{
    uint64_t stream =
        kl_random_stream(kl_random_stream(t->options->seed, USE_ORDER), (uint64_t)t->epoch);
    for (int32_t i = 0; i < t->training->count; i++) {
        t->order[i] = i;
    }
    for (int32_t i = t->training->count - 1; i > 0; i--) {
        int32_t other = (int32_t)kl_random_below(stream, (uint64_t)i, (uint32_t)i + 1);
        int32_t kept = t->order[i];
        t->order[i] = t->order[other];
        t->order[other] = kept;
    }
}

/* Mask the item at `place` of the batch; an autoencoder still has to repeat all of it. */
static void mask_item(struct trainer *t, int32_t item, int32_t place)
{
    const struct kl_shape *shape = &t->training->shape;
    uint64_t number = (uint64_t)t->epoch * (uint64_t)t->training->count + (uint64_t)item;
    uint64_t stream = kl_random_stream(kl_random_stream(t->options->seed, USE_MASK), number);
    float *values = kl_net_input(t->net) + (ptrdiff_t)place * kl_net_item_size(t->net);
    train_mask(shape, &t->options->mask, stream, values);
}

static enum kl_err train_step(struct trainer *t, int32_t step, double *loss, double *rate,
                              struct kl_diag *diag)
{
    int32_t batch = kl_net_batch(t->net);
    int64_t number = (int64_t)t->epoch * t->steps + step;
    double weight;
    for (int32_t i = 0; i < batch; i++) {
        int32_t item = t->order[step * batch + i];
        KL_TRY(train_load(t->net, t->training, t->normalisation, item, i, diag));
        load_target(t, t->training, item, i);
        mask_item(t, item, i);
    }
    uint64_t stream =
        kl_random_stream(kl_random_stream(t->options->seed, USE_DROPOUT), (uint64_t)number);
    KL_TRY(kl_net_forward(t->net, stream, diag));
    *loss = batch_loss(t, batch, &weight, kl_net_output_grad(t->net));
    KL_TRY(kl_net_backward(t->net, diag));
    *rate = kl_schedule_rate(&t->options->optimiser, number, t->steps, t->options->epochs);
    if (!isfinite(*loss) || !kl_optimiser_step(&t->optimiser, t->net, *rate, number)) {
        return kl_fail(diag, KL_ECHECK,
                       "epoch %d, step %d: the loss is no longer a number; try a lower --rate, "
                       "or --clip 1",
                       t->epoch + 1, step + 1);
    }
    return KL_OK;
}

static void show(const struct trainer *t, int32_t step, double loss)
{
    struct kl_train_progress *p = t->progress;
    if (!p || !p->show) {
        return;
    }
    double done = t->epoch - t->before + (double)step / t->steps;
    double left = t->options->epochs - t->epoch - (double)step / t->steps;
    p->epoch = t->epoch;
    p->epochs = t->options->epochs;
    p->share = (double)step / t->steps;
    p->loss = loss;
    p->seconds_left = done > 0 ? (now() - t->started) / done * left : NAN;
    p->last = t->epoch > 0 ? &t->result->history[t->epoch - 1] : NULL;
    p->show(p->user, p);
}

static bool stopped(const struct trainer *t)
{
    return t->options->stop && *t->options->stop;
}

/* Is epoch `a` better than `b`? */
static bool better(const struct trainer *t, const struct kl_epoch *a, const struct kl_epoch *b)
{
    if (!t->validation) {
        return true;
    }
    if (t->options->task == KL_TASK_CLASSES && a->accuracy != b->accuracy) {
        return a->accuracy > b->accuracy;
    }
    return a->validation_loss < b->validation_loss;
}

static void keep_best(struct trainer *t)
{
    memcpy(t->best_weights, kl_net_weights(t->net),
           (size_t)kl_net_weight_count(t->net) * sizeof(float));
    memcpy(t->best_statistics, kl_net_statistics(t->net),
           (size_t)kl_net_statistic_count(t->net) * sizeof(float));
}

/* The epoch is over: judge it, keep it, save it. */
static enum kl_err end_epoch(struct trainer *t, struct kl_epoch *epoch, struct kl_diag *diag)
{
    if (t->validation) {
        KL_TRY(evaluate(t, t->validation, epoch, diag));
        if (!isfinite(epoch->validation_loss)) {
            return kl_fail(diag, KL_ECHECK,
                           "epoch %d: the loss of the validation part is no number; try a lower "
                           "--rate, or --clip 1",
                           t->epoch + 1);
        }
    }
    if (t->best < 0 || better(t, epoch, &t->result->history[t->best])) {
        keep_best(t);
        t->best = t->epoch;
    }
    t->epoch++;
    t->result->epochs = t->epoch;
    return t->options->checkpoint ? train_save(t, diag) : KL_OK;
}

static enum kl_err run_epoch(struct trainer *t, struct kl_diag *diag)
{
    struct kl_epoch *epoch = &t->result->history[t->epoch];
    double sum = 0;
    *epoch = (struct kl_epoch){.validation_loss = NAN, .accuracy = NAN};
    shuffle(t);
    for (int32_t step = 0; step < t->steps; step++) {
        double loss;
        if (stopped(t)) {
            t->result->stopped = true;
            return KL_OK;
        }
        KL_TRY(train_step(t, step, &loss, &epoch->rate, diag));
        sum += loss;
        show(t, step + 1, sum / (step + 1));
    }
    epoch->loss = sum / t->steps;
    return end_epoch(t, epoch, diag);
}

static enum kl_err check_sets(const struct trainer *t, struct kl_diag *diag)
{
    const struct kl_learn_set *sets[2] = {t->training, t->validation};
    int32_t size = kl_net_output_size(t->net);
    for (int k = 0; k < 2 && sets[k]; k++) {
        const struct kl_learn_set *s = sets[k];
        if (s->count < 1 || kl_shape_elements(&s->shape) != kl_net_item_size(t->net)) {
            return kl_fail(diag, KL_EINPUT,
                           "a set of the data is empty, or its items do not have "
                           "the network's shape");
        }
        for (int32_t i = 0; t->options->task == KL_TASK_CLASSES && i < s->count; i++) {
            if (!s->labels || s->labels[i] < 0 || s->labels[i] >= size) {
                return kl_fail(diag, KL_EINPUT,
                               "the network has %d outputs, too few for the data's "
                               "classes, or items have no label",
                               size);
            }
        }
        if (t->options->task == KL_TASK_VALUES && (!s->targets || s->target_size != size)) {
            return kl_fail(diag, KL_EINPUT,
                           "the network has %d outputs and the data has %d targets "
                           "an item",
                           size, s->target_size);
        }
    }
    return t->options->task != KL_TASK_REPEAT || size == kl_net_item_size(t->net)
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "an autoencoder must have as many outputs as inputs, and "
                         "it has %d and %d",
                         size, kl_net_item_size(t->net));
}

static enum kl_err open_trainer(struct trainer *t, struct kl_diag *diag)
{
    size_t weights = (size_t)kl_net_weight_count(t->net);
    size_t statistics = (size_t)kl_net_statistic_count(t->net);
    size_t batch = (size_t)kl_net_batch(t->net);
    t->steps = t->training->count / kl_net_batch(t->net);
    t->best = -1;
    t->order = KL_NEW(t->arena, int32_t, (size_t)t->training->count);
    t->labels = KL_NEW(t->arena, int32_t, batch);
    t->targets = KL_NEW(t->arena, float, batch *(size_t)kl_net_output_size(t->net));
    t->best_weights = KL_NEW(t->arena, float, weights);
    t->best_statistics = KL_NEW(t->arena, float, statistics);
    t->result->history = KL_NEW(t->arena, struct kl_epoch, (size_t)t->options->epochs);
    if (!t->order || !t->labels || !t->targets || !t->best_weights || !t->best_statistics ||
        !t->result->history) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(check_sets(t, diag));
    KL_TRY(train_check_mask(&t->training->shape, &t->options->mask, diag));
    KL_TRY(kl_optimiser_create(&t->optimiser, &t->options->optimiser, (int64_t)weights, t->arena,
                               diag));
    if (t->options->resume) {
        KL_TRY(train_restore(t, diag));
    }
    t->before = t->epoch;
    t->started = now();
    return KL_OK;
}

static enum kl_err run_epochs(struct trainer *t, struct kl_diag *diag)
{
    while (t->epoch < t->options->epochs && !t->result->stopped) {
        bool waited = t->options->patience > 0 && t->validation && t->best >= 0 &&
                      t->epoch - 1 - t->best >= t->options->patience;
        if (waited) {
            t->result->early = true;
            return KL_OK;
        }
        KL_TRY(run_epoch(t, diag));
    }
    return KL_OK;
}

/* The best weights into the net, and from there into the graph. */
static enum kl_err give_best(struct trainer *t, struct kl_diag *diag)
{
    if (t->best < 0) {
        return kl_net_store(t->net, diag);
    }
    memcpy(kl_net_weights(t->net), t->best_weights,
           (size_t)kl_net_weight_count(t->net) * sizeof(float));
    memcpy(kl_net_statistics(t->net), t->best_statistics,
           (size_t)kl_net_statistic_count(t->net) * sizeof(float));
    return kl_net_store(t->net, diag);
}

enum kl_err kl_train(struct kl_graph *graph, const struct kl_train_options *options,
                     const struct kl_learn_set *training, const struct kl_learn_set *validation,
                     const struct kl_normalisation *normalisation,
                     struct kl_train_progress *progress, struct kl_arena *arena,
                     struct kl_train_result *result, struct kl_diag *diag)
{
    static const struct kl_normalisation none;
    struct trainer t = {.options = options,
                        .training = training,
                        .validation = validation,
                        .normalisation = normalisation ? normalisation : &none,
                        .progress = progress,
                        .result = result,
                        .arena = arena};
    struct kl_net_options net = {.logits = options->task == KL_TASK_CLASSES};
    *result = (struct kl_train_result){0};
    if (options->epochs < 1 || options->batch < 1 || training->count < 1) {
        return kl_fail(diag, KL_EUSAGE, "training needs items, epochs and a batch of at least 1");
    }
    net.batch = options->batch < training->count ? options->batch : training->count;
    KL_TRY(kl_net_create(graph, &net, arena, &t.net, diag));
    enum kl_err err = open_trainer(&t, diag);
    err = err == KL_OK ? run_epochs(&t, diag) : err;
    err = err == KL_OK ? give_best(&t, diag) : err;
    result->best = t.best;
    result->seconds = now() - t.started;
    kl_net_free(t.net);
    return err;
}

static enum kl_err infer_all(struct kl_net *net, const struct kl_learn_set *set,
                             const struct kl_normalisation *normalisation, float *outputs,
                             struct kl_diag *diag)
{
    int32_t batch = kl_net_batch(net), size = kl_net_output_size(net);
    for (int32_t first = 0; first < set->count; first += batch) {
        int32_t items = set->count - first < batch ? set->count - first : batch;
        for (int32_t i = 0; i < items; i++) {
            KL_TRY(train_load(net, set, normalisation, first + i, i, diag));
        }
        KL_TRY(kl_net_infer(net, diag));
        memcpy(outputs + (ptrdiff_t)first * size, kl_net_output(net),
               (size_t)items * (size_t)size * sizeof outputs[0]);
    }
    return KL_OK;
}

enum kl_err kl_train_outputs(struct kl_graph *graph, const struct kl_learn_set *set,
                             const struct kl_normalisation *normalisation, bool logits,
                             struct kl_arena *arena, float **outputs, int32_t *size,
                             struct kl_diag *diag)
{
    static const struct kl_normalisation none;
    const struct kl_net_options options = {
        .batch = set->count < OUTPUT_BATCH ? set->count : OUTPUT_BATCH, .logits = logits};
    struct kl_net *net;
    KL_TRY(kl_net_create(graph, &options, arena, &net, diag));
    *size = kl_net_output_size(net);
    *outputs = KL_NEW(arena, float, (size_t)set->count *(size_t)*size);
    enum kl_err err =
        !*outputs ? KL_FAIL_MEMORY(diag)
        : kl_shape_elements(&set->shape) != kl_net_item_size(net)
            ? kl_fail(diag, KL_EINPUT, "items do not have the network's shape")
            : infer_all(net, set, normalisation ? normalisation : &none, *outputs, diag);
    kl_net_free(net);
    return err;
}
