/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: edits of valid model packs, through the validator and the engine. */
#include "pack_attack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pack_attack_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pack_attack(data, size);
    return 0;
}
