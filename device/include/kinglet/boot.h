/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot: which firmware starts, and every step on the way there. docs/design/boot.md explains
 * it.
 *
 * kl_boot_decide is a function without side effects, a table of rules; kl_boot_run looks, decides,
 * acts, and looks again, until an image is to be started or nothing can be. Power may fail at any
 * moment: the next boot goes on where this one was.
 *
 * The primary slot, map->image[0], holds what runs. An update lies in the secondary slot,
 * map->image[1], from its second sector on; when it is swapped in, what ran before it goes to the
 * secondary slot, from its first sector on ("swap using offset"). Both slots have the same number
 * of equal sectors.
 */
#ifndef KINGLET_BOOT_H
#define KINGLET_BOOT_H

#include "kinglet/trailer.h"
#include "kinglet/verify.h"

/* How often an image that is not confirmed may be started: power may fail without its fault. */
enum { KL_BOOT_TRIES = 3 };

/* What the boot sees. Images are valid when kl_verify says so, and when they leave room for a swap.
 */
struct kl_boot_view {
    struct kl_journal_entry journal;
    enum kl_swap_type request;
    bool is_ok; /* the running image has set image_ok */
    bool primary_valid;
    bool update_valid; /* at the second sector of the secondary slot */
    bool backup_valid; /* at its first sector: what ran before */
};

enum kl_boot_action {
    KL_BOOT_RESUME,  /* go on with the swap that the journal describes */
    KL_BOOT_CONFIRM, /* the image in the primary slot stays */
    KL_BOOT_TRY,     /* start it, with the watchdog, and count that */
    KL_BOOT_REVERT,  /* begin to swap back */
    KL_BOOT_TEST,    /* begin to swap the update in, on trial */
    KL_BOOT_REPLACE, /* ... for good */
    KL_BOOT_DROP,    /* forget the request: its image is not valid */
    KL_BOOT_START,
    KL_BOOT_HALT, /* there is nothing to start */
};

/* What to do next, by the first rule that fits. */
enum kl_boot_action kl_boot_decide(const struct kl_boot_view *view);

/* The rules, to print them and to test that they are complete. */
enum { KL_BOOT_ANY = -1 };
struct kl_boot_rule {
    int8_t state;   /* enum kl_boot_state */
    int8_t request; /* 0: none, 1: test, 2: permanent; KL_BOOT_ANY */
    int8_t is_ok, is_tried, primary_valid, update_valid, backup_valid; /* 0, 1, KL_BOOT_ANY */
    uint8_t action;
};
enum kl_boot_state {
    KL_BOOT_STATE_STILL,    /* nothing is under way: no journal, or confirmed */
    KL_BOOT_STATE_SWAPPING, /* between the slots */
    KL_BOOT_STATE_DECIDED,  /* swapped for good, or back */
    KL_BOOT_STATE_TRIAL,    /* swapped in on trial */
};
extern const struct kl_boot_rule kl_boot_rules[];
extern const uint32_t kl_boot_rule_count;

enum kl_boot_error {
    KL_BOOT_OK = 0,
    KL_BOOT_NO_IMAGE = -64, /* no slot holds an image that may be started */
    KL_BOOT_FLASH = -65,    /* the flash fails, or the map makes no sense */
};

/* What the boot needs from its surroundings. */
struct kl_boot_port {
    void *context;
    /* Decrypt bytes of the body of an encrypted image in the secondary slot; NULL: none is taken.
     */
    kl_image_read_fn *read_update;
    void (*watchdog_start)(void *context); /* before an image on trial; may be NULL */
    void (*note)(void *context, enum kl_boot_action action, int error); /* progress; may be NULL */
};

struct kl_boot {
    const struct kl_flash_map *map;
    const struct kl_public_key *keys;
    uint32_t key_count;
    const struct kl_device_class *device;
    const struct kl_boot_port *port;
};

/*
 * Bring the slots in order, and say which image to start: *image is then in the primary slot and
 * valid. 0, or an enum kl_boot_error.
 */
int kl_boot_run(const struct kl_boot *boot, struct kl_image *image);

#endif
