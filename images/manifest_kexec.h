/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's key "kexec", between the files that read and write a manifest. docs/image-format.md, "Kexec". */
#ifndef IMAGES_MANIFEST_KEXEC_H
#define IMAGES_MANIFEST_KEXEC_H

#include "core/json.h"
#include "images/manifest.h"

/* Into m->kexec, when the key is there. After index and payload: the files' names must differ from theirs. */
int manifest_kexec_parse(const json_t *root, struct manifest *m, struct err *err) _must_check_;
/* A new reference; NULL for want of memory. */
json_t *manifest_kexec_json(const struct manifest_kexec *kexec);
void manifest_kexec_free(struct manifest_kexec *kexec);
DEFINE_CLEANUP(struct manifest_kexec *, manifest_kexec_free);

#endif
