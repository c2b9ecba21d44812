/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trained models that the table runs, by name, and those that must be refused.
 */
#ifndef KINGLET_TESTS_MODEL_LIST_H
#define KINGLET_TESTS_MODEL_LIST_H

/*
 * Largest difference of a float model from the reference's output, relative to
 * max(1, |expected|). Sums are taken in the same order and agree in every bit; exp and tanh
 * come from the reference's C library there and from the engine's own functions here, and may
 * differ in the last bits. Measured over all models: 2.4e-7.
 */
#define FLOAT_TOLERANCE 1e-6f

/* Of models whose reference adds in another order than the definition (kernels of XNNPACK): two
 * such references differ by 6e-5 from each other, and by 4.5e-5 from this engine. */
#define OTHER_ORDER_TOLERANCE 1e-4f

struct listed_model {
    const char *name;
    float tolerance; /* 0: every bit */
};

/* Models with a TFLM reference whose operators are all supported; the last has no name. */
extern const struct listed_model supported_models[];

struct refused_model {
    const char *name;
    const char *op; /* must be among the operators that are refused */
};

extern const struct refused_model refused_models[];

/* A board with little memory, and the models that must fit it; the last is NULL. Every model must
 * fit every other board. */
extern const char *const small_board;
extern const char *const models_of_small_board[];

#endif
