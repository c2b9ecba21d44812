/* SPDX-License-Identifier: Apache-2.0 */
/* A strict check of the structure of .tflite files that the importer's leniency would not see. */
#ifndef KINGLET_TESTS_TFLITE_CHECK_H
#define KINGLET_TESTS_TFLITE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

enum { KT_CHECK_BYTES = 256 };

/*
 * Follow every reference from the root by the schema's tables: inside the file, aligned to its
 * type, vtables and tables sound, texts ended by a zero. Content of buffers lies at multiples of 16
 * and is there once; buffer 0 is empty; operator codes differ from each other and have both fields
 * by the schema's rule. False: `message` says what is wrong, and where.
 */
bool kt_tflite_check(struct kl_bytes file, char message[KT_CHECK_BYTES]);

/* Version of the one operator code with that builtin code in a sound file; -1: none has it. */
int32_t kt_tflite_version(struct kl_bytes file, int32_t builtin);

#endif
