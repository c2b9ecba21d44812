/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the neural-network kernels, and the rows they work on: one header per subject in
 * kinglet/nn/. Those of kernels for some cores only (nn/armv7em.h, nn/mul32.h, nn/mve.h) are
 * apart.
 *
 * Every kernel has the same form:
 *
 *     void kl_NAME(const struct kl_PARAMS *p, const struct kl_rows *in,
 *                  const struct kl_rows *out, void *scratch);
 *
 * It computes the output rows out->first .. out->first + out->count - 1 and reads
 * whichever input rows these need. `in` is an array, one element per input in the
 * kernel's documented order. A kernel writes only the rows it was asked for and its
 * scratch. Unless its header says otherwise, input and output must not overlap.
 *
 * Layouts: feature maps are NHWC. A *row* of a feature map is one (n, y) line, W*C
 * elements; row index n*H + y. Of a matrix, a row is one vector. Elementwise kernels
 * take rows of `width` elements; the planner chooses the split.
 *
 * All structs hold plain integers, floats and pointers to constants; the code
 * generator writes them as constants into flash, so that a kernel that is inlined
 * with its parameters is specialised by the C compiler.
 */
#ifndef KINGLET_NN_H
#define KINGLET_NN_H

#include "kinglet/nn/along_axis.h"
#include "kinglet/nn/classical.h"
#include "kinglet/nn/control.h"
#include "kinglet/nn/convolve.h"
#include "kinglet/nn/elementwise.h"
#include "kinglet/nn/features.h"
#include "kinglet/nn/function.h"
#include "kinglet/nn/indexed.h"
#include "kinglet/nn/matmul.h"
#include "kinglet/nn/move.h"
#include "kinglet/nn/normalise.h"
#include "kinglet/nn/pool.h"
#include "kinglet/nn/recurrent.h"
#include "kinglet/nn/reduce.h"
#include "kinglet/nn/requant.h"
#include "kinglet/nn/resize.h"
#include "kinglet/nn/rows.h"
#include "kinglet/nn/signal.h"
#include "kinglet/nn/window.h"

#endif
