/* SPDX-License-Identifier: Apache-2.0 */
/* One test of the ONNX conformance suite: a model, and files of inputs and outputs. */
#ifndef KINGLET_TESTS_ONNX_CASE_H
#define KINGLET_TESTS_ONNX_CASE_H

#include "flow/model_job.h"

enum onnx_verdict {
    ONNX_PASSED,
    ONNX_PASSED_BOUND, /* with inputs fixed that the importer must know */
    ONNX_REFUSED,      /* by name: not supported */
    ONNX_FAILED        /* wrong results, or any other error */
};

struct onnx_result {
    enum onnx_verdict verdict;
    char message[400];
    bool used[KL_OP_KIND_COUNT]; /* operators of the graph that was run */
};

/* Run the test in `folder` (model.onnx, test_data_set_N/input_I.pb, output_I.pb). */
void onnx_case_run(const char *folder, struct onnx_result *result);

#endif
