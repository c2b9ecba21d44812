/* SPDX-License-Identifier: Apache-2.0 */
/* Losses, optimisers, scores, and the training loop with its checkpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "folder.h"
#include "learn/checkpoint.h"
#include "learn/loss.h"
#include "learn/network.h"
#include "learn/optimiser_loops.h"
#include "learn/score.h"
#include "learn/train.h"
#include "random.h"
#include "test_job.h"

static void test_cross_entropy(void **state)
{
    const float logits[] = {1, 2, 3, 0, 0, 0};
    const int32_t labels[] = {2, 0};
    const float weights[] = {3, 1, 1};
    float grad[6];
    double weight;
    (void)state;
    /* -log softmax: 0.40760596 and log 3. */
    double plain = kl_loss_classes(logits, labels, 2, 3, 0, NULL, &weight, grad);
    assert_true(fabs(plain - (0.40760596 + 1.09861229) / 2) < 1e-7);
    assert_true(weight == 2.0);
    assert_true(fabs((double)grad[2] - (0.66524096 - 1) / 2) < 1e-7);
    assert_true(fabs((double)grad[3] - (1.0 / 3 - 1) / 2) < 1e-7);
    double weighted = kl_loss_classes(logits, labels, 2, 3, 0, weights, &weight, NULL);
    assert_true(fabs(weighted - (0.40760596 + 3 * 1.09861229) / 4) < 1e-7);
    /* The gradient of each logit is the difference that it makes, with weights and smoothing, too.
     */
    for (int i = 0; i < 6; i++) {
        float moved[6];
        const float step = 1.0f / 1024;
        double losses[2];
        for (int k = 0; k < 2; k++) {
            memcpy(moved, logits, sizeof moved);
            moved[i] += k ? step : -step;
            losses[k] = kl_loss_classes(moved, labels, 2, 3, 0.1f, weights, &weight, NULL);
        }
        kl_loss_classes(logits, labels, 2, 3, 0.1f, weights, &weight, grad);
        assert_true(weight == 4.0);
        assert_true(fabs((losses[1] - losses[0]) / (2.0 / 1024) - (double)grad[i]) < 1e-6);
    }
    /* Smoothing of 0.3: the other classes count 0.1 each. */
    double smooth = kl_loss_classes(logits, labels, 1, 3, 0.3f, NULL, &weight, grad);
    assert_true(fabs(smooth - (0.8 * 0.40760596 + 0.1 * 1.40760596 + 0.1 * 2.40760596)) < 1e-7);
    assert_true(fabs((double)grad[0] - (0.09003057 - 0.1)) < 1e-7);
    const float wrong[] = {NAN, 1, 1};
    assert_true(isnan(kl_loss_classes(wrong, labels, 1, 3, 0, NULL, &weight, NULL)));
}

static void test_squares(void **state)
{
    const float values[] = {1, 2, 3, 4}, targets[] = {1, 0, 3, 7};
    float grad[4];
    (void)state;
    assert_true(kl_loss_squares(values, targets, 2, 2, grad) == 13.0 / 4);
    assert_true(grad[0] == 0.0f && grad[1] == 1.0f && grad[3] == -1.5f);
}

static void test_scores(void **state)
{
    double scores[] = {0.1, 0.4, 0.35, 0.8};
    int32_t labels[] = {0, 0, 1, 1};
    double ties[] = {1, 1, 1};
    int32_t tied[] = {0, 1, 0};
    double alone[] = {1, 2};
    int32_t normal[] = {0, 0};
    const int64_t confusion[] = {3, 1, 2, 4};
    int64_t all;
    (void)state;
    assert_true(kl_score_auc(scores, labels, 4) == 0.75);
    assert_true(kl_score_auc(ties, tied, 3) == 0.5);
    assert_true(isnan(kl_score_auc(alone, normal, 2)));
    scores[1] = NAN;
    assert_true(isnan(kl_score_auc(scores, labels, 4)));
    assert_int_equal(kl_score_right(confusion, 2, &all), 7);
    assert_int_equal(all, 10);
}

/* Against the area counted pair by pair. */
static void test_auc_of_random_scores(void **state)
{
    enum { COUNT = 300 };
    struct kt_random random = {3};
    double scores[COUNT], pairs = 0, right = 0;
    int32_t labels[COUNT];
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = kt_random_between(&random, 0, 1);
        scores[i] = kt_random_between(&random, 0, 40) + 5 * labels[i];
    }
    for (int i = 0; i < COUNT * COUNT; i++) {
        int a = i % COUNT, b = i / COUNT;
        if (labels[a] == 1 && labels[b] == 0) {
            pairs++;
            right += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
        }
    }
    assert_true(fabs(kl_score_auc(scores, labels, COUNT) - right / pairs) < 1e-12);
}

static void test_schedules(void **state)
{
    struct kl_optimiser_options o = {.rate = 1.0f, .schedule = KL_RATE_COSINE, .warmup = 2};
    (void)state;
    assert_true(fabs(kl_schedule_rate(&o, 0, 10, 12) - 0.05) < 1e-12);
    assert_true(fabs(kl_schedule_rate(&o, 19, 10, 12) - 1.0) < 1e-12);
    assert_true(fabs(kl_schedule_rate(&o, 20, 10, 12) - 1.0) < 1e-12);
    assert_true(fabs(kl_schedule_rate(&o, 70, 10, 12) - 0.5) < 1e-12);
    assert_true(kl_schedule_rate(&o, 119, 10, 12) < 0.001);
    o = (struct kl_optimiser_options){.rate = 1.0f, .schedule = KL_RATE_STEP, .drop = 3};
    assert_true(fabs(kl_schedule_rate(&o, 29, 10, 12) - 1.0) < 1e-12);
    assert_true(fabs(kl_schedule_rate(&o, 30, 10, 12) - 0.1) < 1e-12);
}

static struct kl_graph *make_graph(const char *text, uint64_t seed)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = seed};
    must_work(kl_network_read(text, strlen(text), "n", &options, arena, &network, &diag));
    return network.graph;
}

enum { WEIGHTS = 6, PARAMETERS = 9 }; /* of the dense layer below: its weights, then its biases */

/* One step by hand, of parameters `w` with their moments, by gradients `g`. */
static void step_by_hand(const struct kl_optimiser_options *o, const double *g, int step, double *w,
                         double *m, double *v)
{
    double length = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        length += g[i] * g[i];
    }
    length = sqrt(length);
    double clip = o->clip > 0 && length > (double)o->clip ? (double)o->clip / length : 1;
    for (int i = 0; i < PARAMETERS; i++) {
        double decay = i < WEIGHTS ? (double)o->weight_decay : 0; /* biases do not decay */
        double gradient = clip * g[i] + (o->kind == KL_ADAMW ? 0 : decay * w[i]);
        if (o->kind == KL_SGD) {
            v[i] = (double)o->momentum * v[i] - 0.1 * gradient;
            w[i] += v[i];
            continue;
        }
        m[i] = 0.9 * m[i] + 0.1 * gradient;
        v[i] = 0.999 * v[i] + 0.001 * gradient * gradient;
        double way =
            m[i] / (1 - pow(0.9, step + 1)) / (sqrt(v[i] / (1 - pow(0.999, step + 1))) + 1e-8);
        w[i] -= 0.1 * (way + (o->kind == KL_ADAMW ? decay * w[i] : 0));
    }
}

/* The optimisers for some steps with gradients that change, of weights and of biases. */
static void check_optimiser(struct kl_optimiser_options options)
{
    struct kl_graph *graph = make_graph("format: kinglet.network/1\nname: n\ninput: [2]\n"
                                        "layers: [{dense: {units: 3}}]\n",
                                        1);
    struct kl_net *net;
    struct kl_optimiser optimiser;
    const struct kl_net_options net_options = {.batch = 1};
    double w[PARAMETERS], g[PARAMETERS], m[PARAMETERS] = {0}, v[PARAMETERS] = {0};
    must_work(kl_net_create(graph, &net_options, arena, &net, &diag));
    assert_int_equal(kl_net_weight_count(net), PARAMETERS);
    must_work(kl_optimiser_create(&optimiser, &options, PARAMETERS, arena, &diag));
    for (int i = 0; i < PARAMETERS; i++) {
        w[i] = 0.5 - 0.1 * i;
        kl_net_weights(net)[i] = (float)w[i];
    }
    for (int step = 0; step < 4; step++) {
        for (int i = 0; i < PARAMETERS; i++) {
            g[i] = (2.0 - step) * (1 + i % 4) * (i % 2 ? 1 : -0.3);
            kl_net_grads(net)[i] = (float)g[i];
        }
        assert_true(kl_optimiser_step(&optimiser, net, 0.1, step));
        step_by_hand(&options, g, step, w, m, v);
        for (int i = 0; i < PARAMETERS; i++) {
            assert_true(fabs((double)kl_net_weights(net)[i] - w[i]) < 1e-5);
        }
    }
    kl_net_grads(net)[PARAMETERS - 1] = NAN;
    assert_false(kl_optimiser_step(&optimiser, net, 0.1, 4));
    assert_true(fabs((double)kl_net_weights(net)[0] - w[0]) < 1e-5);
    kl_net_free(net);
}

static void test_optimisers(void **state)
{
    (void)state;
    check_optimiser((struct kl_optimiser_options){.kind = KL_SGD, .momentum = 0.9f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_SGD, .weight_decay = 0.1f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_ADAM, .weight_decay = 0.1f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_ADAMW, .weight_decay = 0.1f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_SGD, .clip = 3.5f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_ADAM, .clip = 0.5f});
    check_optimiser((struct kl_optimiser_options){.kind = KL_SGD, .clip = 1000});
}

/* The loops for this machine's vectors give the bits of those for any machine. */
static void test_loops_of_wide_vectors(void **state)
{
    enum { COUNT = 3 * OPTIMISER_BLOCK + 77 };
    static float values[2][4][COUNT];
    const struct optimiser_step s = {.rate = 0.01f,
                                     .clip = 0.7f,
                                     .decay = 0.001f,
                                     .decoupled = 0.02f,
                                     .momentum = 0.9f,
                                     .correct = {1.3f, 1.7f}};
    struct kt_random random = {8};
    const struct optimiser_loops *loops = optimiser_loops();
    double sum = 0;
    (void)state;
    for (int32_t i = 0; i < COUNT; i++) {
        for (int k = 0; k < 4; k++) {
            float value = kt_random_float(&random, -1, 1);
            values[0][k][i] = values[1][k][i] = k == 3 ? fabsf(value) : value;
        }
        sum += (double)values[0][1][i] * (double)values[0][1][i];
    }
    loops->adam(&s, values[0][0], values[0][1], values[0][2], values[0][3], COUNT);
    loop_adam(&s, values[1][0], values[1][1], values[1][2], values[1][3], COUNT);
    loops->sgd(&s, values[0][0], values[0][1], values[0][2], COUNT);
    loop_sgd(&s, values[1][0], values[1][1], values[1][2], COUNT);
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    double squares = loops->squares(values[0][1], COUNT);
    assert_true(squares == loop_squares(values[1][1], COUNT));
    assert_true(fabs(squares / sum - 1) < 1e-5);
    values[0][1][5] = INFINITY;
    assert_true(isinf(loops->squares(values[0][1], COUNT)));
}

/* Two rings in a plane: no straight line tells them apart. */
enum { RINGS = 200 };

struct rings {
    float values[RINGS][2], targets[RINGS];
    int32_t labels[RINGS];
    int32_t poisoned; /* an item that is no number; -1: none */
};

static enum kl_err read_ring(void *context, int32_t item, float *values, struct kl_diag *d)
{
    const struct rings *rings = context;
    (void)d;
    memcpy(values, rings->values[item], sizeof rings->values[item]);
    values[0] = item == rings->poisoned ? NAN : values[0];
    return KL_OK;
}

static struct kl_learn_set make_rings(struct rings *rings, uint64_t seed)
{
    struct kt_random random = {seed};
    rings->poisoned = -1;
    for (int i = 0; i < RINGS; i++) {
        float angle = kt_random_float(&random, 0, 6.2831853f);
        float radius = (i % 2 ? 10.0f : 4.0f) + kt_random_float(&random, -1, 1);
        rings->labels[i] = i % 2;
        rings->values[i][0] = 50 + radius * cosf(angle);
        rings->values[i][1] = radius * sinf(angle);
        rings->targets[i] = radius / 10;
    }
    return (struct kl_learn_set){.count = RINGS,
                                 .shape = {1, {2}},
                                 .classes = 2,
                                 .target_size = 1,
                                 .read = read_ring,
                                 .context = rings,
                                 .labels = rings->labels,
                                 .targets = rings->targets};
}

static const char ring_text[] =
    "format: kinglet.network/1\nname: n\ninput: [2]\nlayers:\n"
    "  [{dense: {units: 16}}, batch_norm, relu, dropout: 0.1, dense: 2, softmax]\n";

static struct kl_train_options ring_options(void)
{
    return (struct kl_train_options){
        .task = KL_TASK_CLASSES,
        .epochs = 12,
        .batch = 16,
        .seed = 5,
        .optimiser = {.kind = KL_ADAM, .rate = 0.02f, .schedule = KL_RATE_COSINE, .warmup = 1},
        .network = ring_text};
}

/* Train, and give a copy of all the graph's constants back to back. */
static float *trained(const struct kl_train_options *options, struct kl_train_result *result,
                      size_t *count)
{
    static struct rings rings[2];
    struct kl_learn_set sets[2] = {make_rings(&rings[0], 1), make_rings(&rings[1], 2)};
    struct kl_normalisation normalisation;
    struct kl_graph *graph = make_graph(ring_text, options->seed);
    must_work(kl_normalisation_measure(&sets[0], arena, &normalisation, &diag));
    must_work(
        kl_train(graph, options, &sets[0], &sets[1], &normalisation, NULL, arena, result, &diag));
    struct kl_buffer all = KL_BUFFER(1 << 20);
    for (int32_t i = 0; i < graph->subgraphs[0]->tensor_count; i++) {
        const struct kl_tensor *t = graph->subgraphs[0]->tensors[i];
        if (t->data && t->dtype == KL_F32) {
            kl_buffer_append(&all, t->data, t->bytes);
        }
    }
    *count = all.size;
    float *copy = kl_arena_copy(arena, all.data, all.size);
    kl_buffer_free(&all);
    return copy;
}

static void test_learns(void **state)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    size_t bytes;
    (void)state;
    options.epochs = 40;
    trained(&options, &result, &bytes);
    assert_int_equal(result.epochs, 40);
    assert_true(result.history[result.best].accuracy > 0.97);
    assert_true(result.history[39].loss < 0.5 * result.history[0].loss);
}

static void test_same_bits_twice(void **state)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    size_t bytes[3];
    float *weights[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        options.seed = i == 2 ? 6 : 5;
        weights[i] = trained(&options, &result, &bytes[i]);
    }
    assert_true(bytes[0] == bytes[1] && bytes[0] == bytes[2]);
    assert_memory_equal(weights[0], weights[1], bytes[0]);
    assert_memory_not_equal(weights[0], weights[2], bytes[0]);
}

/* Stops the training within epoch 7. */
struct stopper {
    bool stop;
};

static void stop_in_epoch_7(void *user, const struct kl_train_progress *progress)
{
    struct stopper *stopper = user;
    stopper->stop = stopper->stop || (progress->epoch == 6 && progress->share > 0.5);
}

static void test_resume_gives_the_same_bits(void **state)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    struct stopper stopper = {false};
    struct kl_train_progress progress = {.show = stop_in_epoch_7, .user = &stopper};
    static struct rings rings[2];
    struct kl_learn_set sets[2] = {make_rings(&rings[0], 1), make_rings(&rings[1], 2)};
    struct kl_normalisation normalisation;
    char folder[KT_FOLDER_BYTES];
    size_t bytes[2];
    (void)state;
    assert_true(kt_make_folder(folder));
    float *unmasked = trained(&options, &result, &bytes[0]);
    options.mask = (struct kl_shape){1, {1}};
    float *unbroken = trained(&options, &result, &bytes[0]);
    options.checkpoint = kl_arena_printf(arena, "%s/a.checkpoint", folder);
    options.stop = &stopper.stop;
    must_work(kl_normalisation_measure(&sets[0], arena, &normalisation, &diag));
    must_work(kl_train(make_graph(ring_text, 5), &options, &sets[0], &sets[1], &normalisation,
                       &progress, arena, &result, &diag));
    assert_true(result.stopped);
    assert_int_equal(result.epochs, 6);
    options.stop = NULL;
    options.resume = true;
    float *resumed = trained(&options, &result, &bytes[1]);
    assert_int_equal(result.epochs, 12);
    assert_int_equal(bytes[0], bytes[1]);
    assert_memory_equal(unbroken, resumed, bytes[0]);
    assert_memory_not_equal(unbroken, unmasked, bytes[0]);
    /* Another training does not go on from it. */
    options.identity = "other data";
    enum kl_err err = kl_train(make_graph(ring_text, 5), &options, &sets[0], &sets[1],
                               &normalisation, NULL, arena, &result, &diag);
    assert_int_equal(err, KL_EUSAGE);
    kt_remove_folder(folder);
}

/* Stops when the validation is no longer better, with the weights of the best epoch: those of a
 * training that ended there. */
static void test_early_stopping(void **state)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    size_t bytes[3];
    (void)state;
    options.optimiser.schedule = KL_RATE_CONSTANT;
    options.epochs = 400;
    options.patience = 5;
    float *kept = trained(&options, &result, &bytes[0]);
    assert_true(result.early);
    assert_int_equal(result.epochs, result.best + 1 + 5);
    int32_t best = result.best, all = result.epochs;
    options.epochs = best + 1;
    float *ended = trained(&options, &result, &bytes[1]);
    assert_false(result.early);
    assert_int_equal(result.best, best);
    assert_int_equal(bytes[0], bytes[1]);
    assert_memory_equal(kept, ended, bytes[0]);
    options.epochs = all;
    options.patience = 0;
    float *again = trained(&options, &result, &bytes[2]);
    assert_false(result.early);
    assert_int_equal(result.best, best);
    assert_memory_equal(kept, again, bytes[0]);
    options.epochs = best > 0 ? best : 1;
    float *before = trained(&options, &result, &bytes[2]);
    assert_true(best > 0);
    assert_memory_not_equal(kept, before, bytes[0]);
}

static void test_values_and_repeating(void **state)
{
    static struct rings rings;
    struct kl_learn_set set = make_rings(&rings, 1);
    struct kl_normalisation n;
    struct kl_train_result result;
    struct kl_train_options options = ring_options();
    (void)state;
    must_work(kl_normalisation_measure(&set, arena, &n, &diag));
    assert_true(fabsf(n.mean[0] - 50) < 1 && n.deviation[0] > 3 && n.deviation[0] < 10);
    options.epochs = 60;
    options.task = KL_TASK_VALUES;
    struct kl_graph *graph =
        make_graph("format: kinglet.network/1\nname: n\ninput: [2]\n"
                   "layers: [{dense: {units: 24, init: he}}, relu, dense: 1]\n",
                   1);
    must_work(kl_train(graph, &options, &set, &set, &n, NULL, arena, &result, &diag));
    assert_true(result.history[result.best].validation_loss < 0.01);
    float *outputs;
    int32_t size;
    must_work(kl_train_outputs(graph, &set, &n, false, arena, &outputs, &size, &diag));
    assert_int_equal(size, 1);
    assert_true(fabs(kl_loss_squares(outputs, rings.targets, RINGS, 1, NULL) -
                     result.history[result.best].validation_loss) < 1e-6);
    options.task = KL_TASK_REPEAT;
    graph = make_graph("format: kinglet.network/1\nname: n\ninput: [2]\n"
                       "layers: [dense: 4, relu, dense: 2]\n",
                       1);
    must_work(kl_train(graph, &options, &set, NULL, &n, NULL, arena, &result, &diag));
    assert_int_equal(result.best, 59);
    assert_true(result.history[59].loss < 0.1);
}

static void refused(const char *text, struct kl_learn_set *set, const char *why)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    kl_diag_clear(&diag);
    assert_int_not_equal(
        kl_train(make_graph(text, 1), &options, set, NULL, NULL, NULL, arena, &result, &diag),
        KL_OK);
    if (!strstr(diag.message, why)) {
        fail_msg("%s", diag.message);
    }
}

static void refused_mask(struct kl_shape mask, const struct kl_learn_set *set)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    kl_diag_clear(&diag);
    options.mask = mask;
    assert_int_equal(
        kl_train(make_graph(ring_text, 1), &options, set, NULL, NULL, NULL, arena, &result, &diag),
        KL_EUSAGE);
    assert_non_null(strstr(diag.message, "larger than items of [2]"));
}

static void test_refusals(void **state)
{
    static struct rings rings;
    struct kl_learn_set set = make_rings(&rings, 1);
    (void)state;
    rings.poisoned = 17;
    refused(ring_text, &set, "item 17 of the data: value 0 is no finite number");
    rings.poisoned = -1;
    refused("format: kinglet.network/1\nname: n\ninput: [2]\nlayers: [dense: 1]\n", &set,
            "too few for the data's classes");
    refused_mask((struct kl_shape){1, {3}}, &set);
    refused_mask((struct kl_shape){2, {1, 1}}, &set);
    refused("format: kinglet.network/1\nname: n\ninput: [3]\nlayers: [dense: 2]\n", &set,
            "network's shape");
}

static void test_damaged_checkpoints(void **state)
{
    struct kl_train_options options = ring_options();
    struct kl_train_result result;
    struct kl_checkpoint c;
    struct kl_bytes file;
    char folder[KT_FOLDER_BYTES];
    size_t bytes;
    (void)state;
    assert_true(kt_make_folder(folder));
    options.epochs = 1;
    options.checkpoint = kl_arena_printf(arena, "%s/a.checkpoint", folder);
    float *weights = trained(&options, &result, &bytes);
    must_work(kl_checkpoint_read(options.checkpoint, arena, &c, &diag));
    /* Another graph of the text gets all of it. */
    struct kl_graph *graph = make_graph(ring_text, 99);
    int32_t taken, all;
    must_work(kl_checkpoint_apply(&c, graph, &taken, &all, &diag));
    assert_int_equal(taken, all);
    assert_memory_equal(graph->subgraphs[0]->ops[0]->inputs[1]->data, weights, 32 * sizeof(float));
    kl_checkpoint_free(&c);
    must_work(kl_file_read(options.checkpoint, 1 << 20, arena, &file, &diag));
    unsigned char *copy = kl_arena_copy(arena, file.data, file.size);
    for (size_t cut = 0; cut < file.size; cut += 7) {
        kl_diag_clear(&diag);
        assert_int_equal(kl_checkpoint_parse(copy, cut, "c", arena, &c, &diag), KL_EINPUT);
    }
    copy[file.size - 1] ^= 1;
    kl_diag_clear(&diag);
    assert_int_equal(kl_checkpoint_parse(copy, file.size, "c", arena, &c, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "damaged"));
    kt_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_squares),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_auc_of_random_scores),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test_setup_teardown(test_optimisers, open_job, close_job),
        cmocka_unit_test(test_loops_of_wide_vectors),
        cmocka_unit_test_setup_teardown(test_learns, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_same_bits_twice, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_resume_gives_the_same_bits, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_early_stopping, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_values_and_repeating, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_refusals, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_damaged_checkpoints, open_job, close_job),
    };
    kl_net_threads(1); /* threads that wait for each other are slow on a busy machine */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
