/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused in the JSON of classical models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "classical_try.h"

#define HEAD "{\"kinglet_classical\":1,\"features\":2,\"model\":{"
#define TREES HEAD "\"kind\":\"trees\",\"outputs\":1,\"leaf_width\":1,\"trees\":"

static void test_refuses_what_is_no_model(void **state)
{
    (void)state;
    classical_refuse("{", "line 1");
    classical_refuse("{}", "kinglet_classical: is missing");
    classical_refuse("{\"kinglet_classical\":2}", "whole number of 1 to 1");
    classical_refuse("{\"kinglet_classical\":1,\"colour\":3}", "no member 'colour'");
    classical_refuse("{\"kinglet_classical\":1,\"kinglet_classical\":1}", "duplicate");
    classical_refuse("{\"kinglet_classical\":1}", "features: is missing");
    classical_refuse("{\"kinglet_classical\":1,\"features\":0}",
                     "features: must be a whole number");
    classical_refuse("{\"kinglet_classical\":1,\"features\":1,\"model\":{}}",
                     "model.kind: is missing");
    classical_refuse(HEAD "\"kind\":\"oracle\"}}", "model.kind: must be one of: trees, linear");
}

static void test_refuses_lists_that_do_not_fit(void **state)
{
    (void)state;
    classical_refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1]],\"bias\":[1]}}",
                     "model.weights[0]: must be a list of 2 numbers");
    classical_refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,\"a\"]],\"bias\":[1]}}",
                     "model.weights[0][1]: must be a number");
    classical_refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,1e39]],\"bias\":[1]}}",
                     "fit float32");
    classical_refuse(HEAD "\"kind\":\"linear\",\"weights\":[[1,1]],\"bias\":[1],\"link\":\"x\"}}",
                     "none, logistic, softmax");
    classical_refuse(
        HEAD "\"kind\":\"knn\",\"k\":2,\"classes\":1,\"labels\":[0],\"prototypes\":[[1,2]]}}",
        "model.k: must be a whole number of 1 to 1");
    classical_refuse(
        HEAD "\"kind\":\"knn\",\"k\":1,\"classes\":1,\"labels\":[1],\"prototypes\":[[1,2]]}}",
        "model.labels[0]");
    classical_refuse(HEAD
                     "\"kind\":\"gmm\",\"means\":[[1,2]],\"weights\":[0],\"variances\":[[1,1]]}}",
                     "model.weights: entry 0 is not above 0");
    classical_refuse(HEAD
                     "\"kind\":\"gmm\",\"means\":[[1,2]],\"weights\":[1],\"variances\":[[1,0]]}}",
                     "not above 0");
    classical_refuse(HEAD "\"kind\":\"svm\",\"kernel\":{\"type\":\"rbf\"},\"vectors\":[[1,2]],"
                          "\"coefficients\":[[1]],\"intercept\":[1]}}",
                     "model.kernel.gamma: is missing");
    classical_refuse(HEAD
                     "\"kind\":\"svm\",\"kernel\":{},\"vectors\":[[1,2]],\"coefficients\":[[1]],"
                     "\"intercept\":[1],\"classes\":2,\"pairs\":[[0,2]]}}",
                     "model.pairs[0][1]");
}

static void test_refuses_what_is_no_tree(void **state)
{
    (void)state;
    classical_refuse(TREES "[]}}", "model.trees: must be a list");
    classical_refuse(TREES "[{\"feature\":[2],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                           "\"value\":[1]}]}}",
                     "model.trees[0].feature[0]");
    classical_refuse(TREES "[{\"feature\":[-1],\"threshold\":[0,1],\"left\":[0],\"right\":[0],"
                           "\"value\":[1]}]}}",
                     "has 2 entries, 'feature' has 1");
    classical_refuse(TREES "[{\"feature\":[-1],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                           "\"value\":[[1,2]]}]}}",
                     "a list of 1 numbers");
    classical_refuse(TREES "[{\"feature\":[0],\"threshold\":[0],\"left\":[0],\"right\":[0],"
                           "\"value\":[1]}]}}",
                     "no leaf");
    classical_refuse(TREES
                     "[{\"feature\":[0,-1],\"threshold\":[0,0],\"left\":[1,0],\"right\":[1,0],"
                     "\"value\":[1,1]}]}}",
                     "node 1 is reached twice");
    classical_refuse(TREES "[{\"feature\":[0,-1,0],\"threshold\":[0,0,1],\"left\":[1,0,1],"
                           "\"right\":[2,0,1],\"value\":[1,1,1]}]}}",
                     "node 1 is reached twice");
    classical_refuse(TREES
                     "[{\"feature\":[0,-1],\"threshold\":[0,0],\"left\":[0,0],\"right\":[1,0],"
                     "\"value\":[1,1]}]}}",
                     "node 0 is reached twice");
    classical_refuse(TREES
                     "[{\"feature\":[-1,-1],\"threshold\":[0,0],\"left\":[0,0],\"right\":[1,0],"
                     "\"value\":[1,1]}]}}",
                     "node 1 belongs to no tree");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_model),
        cmocka_unit_test(test_refuses_lists_that_do_not_fit),
        cmocka_unit_test(test_refuses_what_is_no_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
