/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform keys that a site has had. A new one is signed with the one before it, and the bundle keeps those payloads: a machine that
 * missed any number of changes goes from its own to the present one, link by link. No former private key is needed for that.
 */
#ifndef EFI_SB_FORMER_H
#define EFI_SB_FORMER_H

#include <jansson.h>

#include "efi/sb_bundle.h"

#define SB_FORMER_FILE_SIZE 24 /* with the NUL */

/* "PK-from-1.auth" for n 0: what leads on from the oldest. */
void sb_former_file(unsigned n, char file[SB_FORMER_FILE_SIZE]);
/* The document's part "former": an array, oldest first, or NULL. */
int sb_former_read(const json_t *list, struct sb_bundle *bundle, struct err *err) _must_check_;
json_t *sb_former_to_json(const struct sb_bundle *bundle) _must_check_;
/* As sb_bundle_take(), for n < n_former. */
int sb_former_take(struct sb_bundle *bundle, unsigned n, void *bytes, size_t len,
		   struct err *err) _must_check_;
/* Does each lead to the one after it, and the last to the bundle's PK? For a bundle that is all there. -EBADMSG says which does not. */
int sb_former_check(const struct sb_bundle *bundle, struct err *err) _must_check_;
/* Which of them do these signature lists hold, and nothing else? -1: none. */
int sb_former_find(const struct sb_bundle *bundle, const void *lists, size_t len);

#endif
