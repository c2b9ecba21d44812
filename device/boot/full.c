/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "boot/firmware.h"
#include "kinglet/decrypt.h"
#include "kinglet/identity.h"
#include "kinglet/keyset.h"
#include "kinglet/port_device.h"

_Static_assert(KL_DECRYPT_SECRET_BYTES == KL_IDENTITY_SECRET_BYTES, "the same secret");

/* The key of the update's body, from the first time that it is read. */
struct update_key {
    struct kl_decrypt decrypt;
    bool is_open;
};

static int open_update(struct update_key *key, const struct kl_image *image)
{
    struct kl_identity identity;
    int error = kl_identity_read(&kl_port_flash_map.security, &identity);
    if (!error) {
        error = kl_decrypt_open(image, identity.secret, &key->decrypt);
    }
    memset(&identity, 0, sizeof identity);
    key->is_open = !error;
    return error;
}

static int read_update(void *context, const struct kl_image *image, uint32_t offset, void *data,
                       uint32_t bytes)
{
    struct update_key *key = context;
    int error = key->is_open ? 0 : open_update(key, image);
    return error ? error : kl_decrypt_read(&key->decrypt, image, offset, data, bytes);
}

/* Apart from the rest, so that its stack is free again when the boot runs. */
static __attribute__((noinline)) uint32_t load_keys(struct kl_public_key keys[KL_KEY_SET_MAX])
{
    struct kl_key_set set;
    /* Where the flash fails, the set that is built in is as good as it gets. */
    (void)kl_key_set_load(&kl_port_flash_map.security, kl_boot_config.key_set, &set);
    return kl_key_set_keys(&set, KL_ROLE_FIRMWARE, keys);
}

int kl_boot_firmware(struct kl_image *image)
{
    struct kl_public_key keys[KL_KEY_SET_MAX];
    struct update_key key = {.is_open = false};
    const struct kl_boot_port port = {
        .context = &key, .read_update = read_update, .watchdog_start = kl_boot_start_watchdog};
    const struct kl_boot boot = {&kl_port_flash_map, keys, load_keys(keys), &kl_boot_config.device,
                                 &port};
    int error = kl_boot_run(&boot, image);
    memset(&key, 0, sizeof key);
    return error;
}
