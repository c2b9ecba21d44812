/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a release share. */
#ifndef KINGLET_RELEASE_RELEASE_INTERNAL_H
#define KINGLET_RELEASE_RELEASE_INTERNAL_H

#include "release/release.h"

#define KL_RELEASE_SCHEMA "kinglet.release/1"
#define KL_MANIFEST_FILE "manifest.json"
#define KL_SIGNATURE_FILE "manifest.sig"

/* The manifest of a collected release, without its lists of images and files. NULL: no memory. */
json_t *kl_release_manifest(const struct kl_release *release);

/* A row of the manifest's images. */
json_t *kl_release_image_row(const struct kl_release_part *part);

/* Put the manifest, with hashes of `files`, and its signature before them. */
enum kl_err kl_release_finish(json_t *manifest, const struct kl_tar *files,
                              const struct kl_key *signer, struct kl_arena *arena,
                              struct kl_tar *tar, struct kl_diag *diag) KL_MUST_CHECK;

/* Text of a member of the manifest; "" when it is none. */
const char *kl_manifest_text(const json_t *object, const char *name);

/* The kernels and the ABI of an engine in a manifest; false: there is none. */
bool kl_manifest_engine(const json_t *manifest, struct kl_engine_claim *claim);

/* Append JSON as text; takes `value`, NULL means that memory ran out. */
enum kl_err kl_json_text(json_t *value, struct kl_arena *arena, struct kl_bytes *text,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/) of a release. `evidence`: one parsed
 * envelope for each path. */
enum kl_err kl_release_sbom(const struct kl_release *release, json_t *const *evidence,
                            struct kl_arena *arena, struct kl_bytes *text,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* A model card in Markdown. */
enum kl_err kl_release_card(const struct kl_release *release, const struct kl_release_part *part,
                            json_t *const *evidence, struct kl_arena *arena, struct kl_bytes *text,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Is one of the envelope's inputs the model that the pack was made from? */
bool kl_evidence_is_of(const json_t *evidence, const struct kl_pack *pack);

/* The hash of the model file that a pack was made from. */
void kl_pack_source_hex(const struct kl_pack *pack, char hex[KL_SHA256_HEX_BYTES]);

/* Bytes of a buffer, in the arena; frees the buffer. */
enum kl_err kl_take_buffer(struct kl_buffer *buffer, struct kl_arena *arena, struct kl_bytes *bytes,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* PATH below FOLDER, unless it is absolute or there is no folder. NULL: no memory. */
const char *kl_release_path(struct kl_arena *arena, const char *folder, const char *path);

#endif
