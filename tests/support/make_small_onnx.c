/* SPDX-License-Identifier: Apache-2.0 */
/* kinglet-make-onnx DIR: the small ONNX models as DIR/NAME.onnx; their names go to standard output.
 */
#include <stdio.h>

#include "onnx_models.h"

int main(int argc, char **argv)
{
    char path[1024];
    struct kl_diag diag = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: kinglet-make-onnx DIR\n");
        return 2;
    }
    for (const char *const *name = kt_onnx_model_names; *name; name++) {
        struct kt_onnx *m = kt_onnx_model(*name);
        struct kl_bytes file = kt_onnx_pack(m);
        snprintf(path, sizeof path, "%s/%s.onnx", argv[1], *name);
        enum kl_err err = kl_file_write(path, file.data, file.size, &diag);
        kt_onnx_free(m);
        if (err != KL_OK) {
            fprintf(stderr, "%s\n", diag.message);
            return 1;
        }
        printf("%s\n", *name);
    }
    return 0;
}
