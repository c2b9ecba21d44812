/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release: firmware, model packs, or both, for one board of one product, as one file that can be
 * verified, unpacked and built again (docs/spec/release.md).
 */
#ifndef KINGLET_RELEASE_RELEASE_H
#define KINGLET_RELEASE_RELEASE_H

#include <jansson.h>

#include "flow/pack_file.h"
#include "release/identity.h"
#include "release/image_write.h"
#include "release/key_set.h"
#include "release/model_body.h"
#include "release/tar.h"
#include "target/board.h"

enum {
    KL_RELEASE_MODELS_MAX = 16,
    KL_RELEASE_FILES_MAX = 16, /* of evidence, and of components */
    KL_FIRMWARE_HEADER_BYTES = 512
};

/* What a release is made of, as asked for. Texts and arrays are the caller's; NULL or 0: none. */
struct kl_release_wish {
    const char *name, *version, *vendor, *product, *board;
    int64_t security_counter;
    int64_t header_bytes; /* of the firmware's image; 0: the board's, or KL_FIRMWARE_HEADER_BYTES */
    const char *firmware; /* ELF file or raw bytes */
    const char *engine;   /* what a raw firmware executes: JSON of `pack engine` */
    const char *for_bundle;   /* without firmware: the release that the models are for */
    const char *const *packs; /* packs, or images of packs */
    int pack_count;
    const char *const *evidence; /* JSON envelopes of kinglet's commands */
    int evidence_count;
    const char *const *components; /* NAME@VERSION:LICENCE, for the bill of materials */
    int component_count;
    const char *notes; /* a text file */
    bool is_encrypted;
    bool has_made;
    uint64_t made;      /* with has_made; else kl_made_time says it */
    const char *folder; /* where relative paths of inputs begin; NULL: here */
};

/* One image of a release. */
struct kl_release_part {
    char file[KL_TAR_NAME_MAX + 1]; /* its name in the release */
    const char *source;             /* path as asked for */
    char source_sha256[KL_SHA256_HEX_BYTES];
    struct kl_image_spec spec;
    struct kl_bytes hashed;      /* header, body, protected TLVs */
    const struct kl_pack *pack;  /* of a model */
    struct kl_bytes source_file; /* of the firmware */
    bool is_linked;              /* its file says for which address: */
    uint32_t linked_at;
};

struct kl_release {
    const struct kl_release_wish *wish;
    const char *name, *vendor_text, *product_text, *board;
    const struct kl_board *facts; /* of the board; NULL: nobody described it */
    struct kl_image_version version;
    uint8_t vendor[KL_IMAGE_UUID_BYTES], product[KL_IMAGE_UUID_BYTES];
    uint32_t security_counter;
    uint64_t made;
    bool has_engine;
    struct kl_engine_claim engine;
    char base_sha256[KL_SHA256_HEX_BYTES]; /* of the release that models are for; or empty */
    int part_count;
    struct kl_release_part parts[KL_RELEASE_MODELS_MAX + 1]; /* the firmware first, if any */
};

/*
 * Read all inputs, check that they belong together, and make the images up to their hash. KL_ECHECK
 * when a pack needs what the firmware does not have, or something is for another board or product.
 * All memory is the arena's.
 */
enum kl_err kl_release_collect(const struct kl_release_wish *wish, struct kl_arena *arena,
                               struct kl_release *release, struct kl_diag *diag) KL_MUST_CHECK;

/* Where the board runs a firmware from: the first byte behind the header of the image in the
 * primary slot. 0: the board has no slots that are known. */
uint32_t kl_release_slot_address(const struct kl_release *release);

/* The files of a collected release: images, bill of materials, model cards, evidence, notes, and
 * the manifest, which comes first. Signed unless `signer` is NULL. `reader`: to whom images are
 * encrypted. */
enum kl_err kl_release_bundle(const struct kl_release *release, const struct kl_key *signer,
                              const struct kl_public_key *reader, struct kl_arena *arena,
                              struct kl_tar *tar, struct kl_diag *diag) KL_MUST_CHECK;

/* A release as it is read: checked to be whole, and not to be genuine. */
struct kl_release_file {
    struct kl_tar tar;
    json_t *manifest; /* kl_release_file_free */
};

/* Read a release: every file is in its manifest with its hash, and every image is one. */
enum kl_err kl_release_open(struct kl_bytes file, const char *name, struct kl_release_file *release,
                            struct kl_diag *diag) KL_MUST_CHECK;
void kl_release_file_free(struct kl_release_file *release);

/* Sign an unsigned release, or one anew: its images and its manifest. */
enum kl_err kl_release_sign(struct kl_release_file *release, const struct kl_key *signer,
                            struct kl_arena *arena, struct kl_tar *tar,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* What a device, or who acts for one, asks of a release or an image. NULL: anything. */
struct kl_release_trust {
    struct kl_key_set keys; /* by roles */
    const char *vendor, *product, *board;
    int64_t least_counter;
    const struct kl_key *reader; /* that decrypts; NULL: none */
};

/* Verify an image of any kind as a device would. KL_ECHECK; *code is the device's code. */
enum kl_err kl_release_verify_image(struct kl_bytes image, const char *name,
                                    const struct kl_release_trust *trust, struct kl_arena *arena,
                                    int *code, struct kl_diag *diag) KL_MUST_CHECK;

/* Verify manifest and images of a release, that they belong together, and each self-test. */
enum kl_err kl_release_verify(const struct kl_release_file *release, const char *name,
                              const struct kl_release_trust *trust, struct kl_arena *arena,
                              int *code, struct kl_diag *diag) KL_MUST_CHECK;

/* Build the images anew from the inputs that the manifest records, below `folder` (NULL: here), and
 * compare header, body and protected TLVs. KL_ECHECK says which part differs first, and where. */
enum kl_err kl_release_rebuild(const struct kl_release_file *release, const char *folder,
                               struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

#endif
