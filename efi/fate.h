/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of each boot entry between tenants. A former tenant with access to the firmware may have written any of them: what
 * is kept is what cannot lead to his files or his servers. docs/firmware.md, "Boot entries"
 */
#ifndef EFI_FATE_H
#define EFI_FATE_H

#include "efi/bootorder.h"

enum efi_fate_kind {
	EFI_STAYS,
	EFI_CLEANED,   /* stays, without its optional data */
	EFI_PROTECTED, /* should go, and the firmware does not let it: out of the order */
	EFI_GOES,
};

struct efi_fate {
	enum efi_fate_kind kind;
	const char *why; /* of literal text; NULL with EFI_STAYS */
};

struct efi_policy {
	const char *host;  /* of the station: URIs there are the site's own; NULL: none */
	char *const *uris; /* further URIs whose entries stay, each exactly; borrowed */
	unsigned n_uris;
	const uint16_t *protected_; /* entries that the firmware has refused to remove */
	unsigned n_protected;
};

/* For each entry of boot, in its order. */
void efi_fates(const struct efi_boot *boot, const struct efi_policy *policy, struct efi_fate *fates);
/* Does the policy know this URI, or is it empty? */
bool efi_uri_is_known(const struct efi_policy *policy, const struct efi_entry *entry);
/* Is the optional data none, or a mark by which firmware knows its own entries? */
bool efi_data_is_mark(const struct efi_entry *entry);

#endif
