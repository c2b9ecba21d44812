/* SPDX-License-Identifier: Apache-2.0 */
/* An application as one writes it for TensorFlow Lite Micro, over a pack: tflm_app PACK INPUT
 * prints the outputs as raw bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/tflm.hpp"

extern "C" {
static const struct kl_engine_kernel *const kernels[] = {
#define KL_KERNEL(id, function, params, inputs, header) &kl_engine_kernel_##id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
};
extern const struct kl_engine kl_engine = {KL_ENGINE_MAGIC, KL_ENGINE_ABI, KL_KERNEL_COUNT,
                                           1 << 20, kernels};
}

alignas(16) static unsigned char model_data[1 << 20];
alignas(16) static uint8_t tensor_arena[1 << 20];

static size_t read_file(const char *path, void *to, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(to, 1, room, file) : 0;
    if (file) {
        fclose(file);
    }
    return size;
}

int main(int argc, char **argv)
{
    if (argc != 3 || read_file(argv[1], model_data, sizeof model_data) < sizeof(kl_pack)) {
        return 2;
    }
    const tflite::Model *model = tflite::GetModel(model_data);
    if (model->version() != TFLITE_SCHEMA_VERSION) {
        return 2;
    }
    static tflite::MicroMutableOpResolver<4> resolver;
    if (resolver.AddConv2D() != kTfLiteOk || resolver.AddSoftmax() != kTfLiteOk) {
        return 2;
    }
    static tflite::MicroInterpreter small(model, resolver, tensor_arena, 16);
    if (small.AllocateTensors() == kTfLiteOk || small.Invoke() == kTfLiteOk || small.input(0)) {
        return 3; /* an arena that is too small must be refused */
    }
    static tflite::MicroInterpreter interpreter(model, resolver, tensor_arena,
                                                sizeof tensor_arena);
    if (interpreter.AllocateTensors() != kTfLiteOk) {
        return 4;
    }
    TfLiteTensor *input = interpreter.input(0);
    if (read_file(argv[2], input->data.raw, input->bytes) != input->bytes ||
        input->dims->size < 1 || interpreter.input(1) || interpreter.Invoke() != kTfLiteOk) {
        return 5;
    }
    const TfLiteTensor *output = interpreter.output(0);
    return fwrite(output->data.raw, 1, output->bytes, stdout) == output->bytes ? 0 : 6;
}
