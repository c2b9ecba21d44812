/* SPDX-License-Identifier: Apache-2.0 */
/* Images, key sets and releases: anything is read or refused with a message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "release/image_file.h"
#include "release/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_message(enum kl_err err, struct kl_diag *diag)
{
    if ((err == KL_OK) != (diag->message[0] == '\0')) {
        abort();
    }
    kl_diag_clear(diag);
}

static void read_image(struct kl_bytes bytes, struct kl_arena *arena)
{
    struct kl_image_file file;
    struct kl_diag diag = {0};
    struct kl_release_trust *trust = KL_NEW(arena, struct kl_release_trust, 1);
    int code;
    enum kl_err err = kl_image_file_open(bytes, "fuzz", &file, &diag);
    expect_message(err, &diag);
    if (err == KL_OK) {
        json_decref(kl_image_file_json(&file));
    }
    expect_message(kl_key_set_read(bytes, "fuzz", &trust->keys, &diag), &diag);
    trust->keys.count = 0;
    if (kl_release_verify_image(bytes, "fuzz", trust, arena, &code, &diag) == KL_OK) {
        abort(); /* nobody is trusted */
    }
}

static void read_release(struct kl_bytes bytes, struct kl_arena *arena)
{
    struct kl_release_file *release = KL_NEW(arena, struct kl_release_file, 1);
    struct kl_diag diag = {0};
    enum kl_err err = kl_release_open(bytes, "fuzz", release, &diag);
    expect_message(err, &diag);
    if (err == KL_OK) {
        kl_release_file_free(release);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)16 << 20);
    const struct kl_bytes bytes = {data, size};
    if (!arena) {
        return 0;
    }
    if (kl_is_image(bytes)) {
        read_image(bytes, arena);
    } else {
        read_release(bytes, arena);
    }
    kl_arena_free(arena);
    return 0;
}
