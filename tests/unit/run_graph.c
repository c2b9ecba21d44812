/* SPDX-License-Identifier: Apache-2.0 */
#include "run_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/execute.h"

void run_graph(struct kl_graph *graph, const float *input, float *output)
{
    struct kl_diag diag = {0};
    struct kl_plan *plan;
    unsigned char *memory;
    const struct kl_plan_options options = {.kernels = KL_KERNELS_PORTABLE};
    assert_int_equal(kl_plan_create(graph, &options, graph->arena, &plan, &diag), KL_OK);
    assert_int_equal(kl_execute_arena(plan, graph->arena, &memory, &diag), KL_OK);
    kl_execute_load(plan, (const unsigned char *)input, memory);
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    kl_execute_store(plan, memory, (unsigned char *)output);
}
