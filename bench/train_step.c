/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a training step costs beside its layers: the whole step (loading, forward, loss, backward,
 * optimiser) against oneDNN's primitives of the layers alone, each run on its own. Prints a table,
 * and fails when a network's step takes more than LIMIT times its layers.
 *
 *     kinglet-bench-train [REPEATS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/builtin.h"
#include "base/random.h"
#include "learn/loss.h"
#include "learn/network.h"
#include "learn/optimiser.h"

#define LIMIT 1.5

/* With the batch that networks of its kind are trained with. */
static const struct {
    const char *name;
    int32_t batch;
} rows[] = {{"ds-cnn", 32},      {"mobilenet-v1", 32}, {"mobilenet-v2", 32},
            {"resnet-8", 32},    {"cnn-1d", 32},       {"inverted-bottlenecks", 32},
            {"autoencoder", 32}, {"autoencoder", 256}};

enum { BATCH_MAX = 256 };

/* A network of the zoo, ready to be trained. */
struct bench {
    struct kl_arena *arena;
    struct kl_net *net;
    struct kl_optimiser optimiser;
    float *items, *targets;
    int32_t batch;
    int32_t labels[BATCH_MAX];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* a busy machine takes turns */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum kl_err open_bench(struct bench *b, const char *name, struct kl_diag *diag)
{
    char path[64];
    snprintf(path, sizeof path, "zoo/%s.yaml", name);
    const struct kl_builtin *file = kl_builtin_find(path);
    struct kl_network network;
    const struct kl_network_options options = {.seed = 1};
    const struct kl_net_options net = {.batch = b->batch, .logits = true};
    const struct kl_optimiser_options adam = {.kind = KL_ADAMW, .rate = 1e-4f};
    if (!file) {
        return kl_fail(diag, KL_EUSAGE, "no network %s", name);
    }
    KL_TRY(kl_network_read((const char *)file->data, file->size, path, &options, b->arena, &network,
                           diag));
    KL_TRY(kl_net_create(network.graph, &net, b->arena, &b->net, diag));
    KL_TRY(kl_optimiser_create(&b->optimiser, &adam, kl_net_weight_count(b->net), b->arena, diag));
    size_t values = (size_t)b->batch * (size_t)kl_net_item_size(b->net);
    b->items = KL_NEW(b->arena, float, values);
    b->targets = KL_NEW(b->arena, float, (size_t)b->batch *(size_t)kl_net_output_size(b->net));
    if (!b->items || !b->targets) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < values; i++) {
        b->items[i] = kl_random_unit(1, i) - 0.5f;
    }
    return KL_OK;
}

static enum kl_err run_step(struct bench *b, bool classes, int64_t number, struct kl_diag *diag)
{
    float *grad = kl_net_output_grad(b->net);
    double weight;
    memcpy(kl_net_input(b->net), b->items,
           (size_t)b->batch * (size_t)kl_net_item_size(b->net) * sizeof b->items[0]);
    KL_TRY(kl_net_forward(b->net, (uint64_t)number, diag));
    if (classes) {
        kl_loss_classes(kl_net_output(b->net), b->labels, b->batch, kl_net_output_size(b->net), 0,
                        NULL, &weight, grad);
    } else {
        kl_loss_squares(kl_net_output(b->net), b->targets, b->batch, kl_net_output_size(b->net),
                        grad);
    }
    KL_TRY(kl_net_backward(b->net, diag));
    return kl_optimiser_step(&b->optimiser, b->net, 1e-4, number)
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "the gradient is no longer finite");
}

/* The best times of both, taken by turns so that a busy machine hits both alike. */
static enum kl_err measure(struct bench *b, bool classes, int32_t repeats, double *step,
                           double *layers, struct kl_diag *diag)
{
    *step = *layers = 1e9;
    for (int32_t i = 0; i < repeats; i++) {
        double seconds;
        double start = now();
        KL_TRY(run_step(b, classes, i, diag));
        double took = now() - start;
        *step = took < *step ? took : *step;
        if (i % 8 == 0) {
            KL_TRY(kl_net_layer_seconds(b->net, 8, &seconds, diag));
            *layers = seconds < *layers ? seconds : *layers;
        }
    }
    return KL_OK;
}

static enum kl_err bench_network(const char *name, int32_t batch, int32_t repeats, bool *slow,
                                 struct kl_diag *diag)
{
    struct bench b = {.arena = kl_arena_create((size_t)4 << 30), .batch = batch};
    double step, layers;
    bool classes = strcmp(name, "autoencoder") != 0;
    enum kl_err err = b.arena ? open_bench(&b, name, diag) : KL_FAIL_MEMORY(diag);
    err = err == KL_OK ? measure(&b, classes, repeats, &step, &layers, diag) : err;
    if (err == KL_OK) {
        printf("  %-20s %6d %10.3f %9.3f %7.2f\n", name, batch, layers * 1e3, step * 1e3,
               step / layers);
        *slow = *slow || step > LIMIT * layers;
    }
    kl_net_free(b.net);
    kl_arena_free(b.arena);
    return err;
}

int main(int argc, char **argv)
{
    int32_t repeats = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 60;
    bool slow = false;
    kl_net_threads(1);
    printf("\n  a training step, one thread, %s\n\n  %-20s %6s %10s %9s %7s\n", kl_net_isa(),
           "network", "batch", "layers ms", "step ms", "ratio");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kl_diag diag = {0};
        if (bench_network(rows[i].name, rows[i].batch, repeats, &slow, &diag) != KL_OK) {
            fprintf(stderr, "kinglet-bench-train: %s: %s\n", rows[i].name, diag.message);
            return 2;
        }
    }
    printf("\n  limit %.1f: %s\n", LIMIT, slow ? "exceeded" : "held");
    return slow ? 1 : 0;
}
