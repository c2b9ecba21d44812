/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors in files: raw little-endian, or NumPy .npy (format versions 1 to 3) by content. */
#ifndef KINGLET_FLOW_TENSOR_FILE_H
#define KINGLET_FLOW_TENSOR_FILE_H

#include "base/file.h"
#include "graph/graph.h"

/*
 * Read a tensor of exactly `tensor`'s size into `data` (tensor->bytes bytes). A .npy file
 * must hold the same element type in C order, and as many elements; its shape may differ by
 * dimensions of 1. The file's SHA-256 goes to `sha256` (KL_SHA256_HEX_BYTES).
 */
enum kl_err kl_tensor_read(const char *path, const struct kl_tensor *tensor, void *data,
                           char *sha256, struct kl_diag *diag) KL_MUST_CHECK;

/* Write a tensor: .npy when the path ends so, else raw. */
enum kl_err kl_tensor_write(const char *path, const struct kl_tensor *tensor, const void *data,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
