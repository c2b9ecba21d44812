/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated test cases: small models around one operator each, over shapes, options, types,
 * scales and zero points. The same cases on every machine.
 */
#ifndef KINGLET_TESTS_CASES_H
#define KINGLET_TESTS_CASES_H

#include "base/file.h"
#include "build.h"

enum { KT_CASE_LABEL_BYTES = 160 };

struct kt_case {
    int32_t code; /* the operator under test, enum kt_builtin */
    char label[KT_CASE_LABEL_BYTES];
    struct kt_model *model; /* freed after the call that received the case */
    /* Inputs run through all int8 values, or evenly through [-span, span], instead of being
     * random in [-2, 2]. */
    float span;
    /* 0: every bit must agree. Else |difference| <= tolerance * max(1, |expected|). */
    float tolerance;
    int32_t runs; /* that follow each other without a reset, to see state change; 0 counts as 1 */
};

/* Receives one case after the other. */
typedef void kt_case_fn(void *context, const struct kt_case *c);

/* Where a family of cases delivers to. */
struct kt_sink {
    kt_case_fn *receive;
    void *context;
    struct kt_random random;
};

struct kt_family {
    const char *name;
    void (*generate)(struct kt_sink *sink);
};

/* All families; the last has no name. */
extern const struct kt_family kt_families[];

/* Generate all cases of a family. */
void kt_family_each(const struct kt_family *family, kt_case_fn *receive, void *context);

/* The same with other random numbers. */
void kt_family_each_seeded(const struct kt_family *family, uint64_t seed, kt_case_fn *receive,
                           void *context);

/* For generators: start a model; deliver the case (marks `output` as the output unless outputs
 * are set already) and free it. */
struct kt_build kt_case_begin(struct kt_sink *sink, struct kt_case *c, int32_t code);
void kt_case_end(struct kt_sink *sink, struct kt_case *c, int32_t input, int32_t output);

/* Inputs of the case, in memory of its model. */
void kt_case_inputs(const struct kt_case *c, uint64_t seed, struct kl_bytes *inputs);

/* Difference of two tensors of that type, element by element; `where` gets the first element that
 * is too far off. Returns the number of such elements. */
int64_t kt_compare(int32_t type, struct kl_bytes expected, struct kl_bytes actual, float tolerance,
                   int64_t *where);

void kt_generate_conv(struct kt_sink *sink);
void kt_generate_depthwise(struct kt_sink *sink);
void kt_generate_transpose_conv(struct kt_sink *sink);
void kt_generate_fully_connected(struct kt_sink *sink);
void kt_generate_elementwise(struct kt_sink *sink);
void kt_generate_unary(struct kt_sink *sink);
void kt_generate_reduce(struct kt_sink *sink);
void kt_generate_move(struct kt_sink *sink);
void kt_generate_normalise(struct kt_sink *sink);
void kt_generate_sums(struct kt_sink *sink);
void kt_generate_space(struct kt_sink *sink);
void kt_generate_join(struct kt_sink *sink);
void kt_generate_chain(struct kt_sink *sink);
void kt_generate_state(struct kt_sink *sink);
void kt_generate_recurrent(struct kt_sink *sink);
void kt_generate_signal(struct kt_sink *sink);
void kt_generate_stream(struct kt_sink *sink);
void kt_generate_control(struct kt_sink *sink);
void kt_generate_sparse(struct kt_sink *sink);
void kt_generate_number(struct kt_sink *sink);
void kt_generate_quantised(struct kt_sink *sink);

/* One case: a block of a transformer in int8, its layer normalisation and attention written out. */
void kt_generate_transformer(struct kt_sink *sink);

#endif
