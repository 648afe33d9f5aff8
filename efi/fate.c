/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/fate.h"

#include <string.h>
#include <strings.h>

#define GUID_SIZE \
	16 /* EDK2's UefiBootManagerLib puts 8108ac4e-9f11-4d59-850e-e21a522c59b2 behind the entries that it makes */

/* AMI's, as efibootmgr shows it on such machines ("..BO"). */
static const uint8_t ami_mark[4] = {0, 0, 'B', 'O'};

/*
 * Optional data is handed to what is started as its load options: a shell in the firmware runs them, and a boot program takes
 * them as its command line. Both read UTF-16, so 16 bytes that do not begin with a character of ASCII are taken for
 * some vendor's GUID.
 */
bool efi_data_is_mark(const struct efi_entry *entry)
{
	const uint8_t *data = entry->option + entry->data_at;
	size_t len = entry->option_len - entry->data_at;

	if (len == sizeof(ami_mark))
		return memcmp(data, ami_mark, len) == 0;
	return len == 0 || (len == GUID_SIZE && (data[1] != 0 || data[0] < 0x20 || data[0] > 0x7e));
}

/* "http://HOST[:PORT]/...": the part between "//" and the port, without a user's name. */
static bool host_is(const char *uri, const char *host)
{
	const char *at = !strncasecmp(uri, "http://", 7)    ? uri + 7
			 : !strncasecmp(uri, "https://", 8) ? uri + 8
							    : "";
	size_t len = strlen(host), authority = strcspn(at, "/?#");

	return len && authority >= len && !memchr(at, '@', authority) && !strncasecmp(at, host, len) &&
	       (authority == len ||
		(at[len] == ':' && strspn(at + len + 1, "0123456789") == authority - len - 1));
}

bool efi_uri_is_known(const struct efi_policy *policy, const struct efi_entry *entry)
{
	if (!*entry->uri)
		return true;
	if (!policy || !entry->uri_is_whole)
		return false;
	for (unsigned i = 0; i < policy->n_uris; i++)
		if (!strcmp(policy->uris[i], entry->uri))
			return true;
	return policy->host && host_is(entry->uri, policy->host);
}

static bool is_protected(const struct efi_policy *policy, uint16_t number)
{
	for (unsigned i = 0; policy && i < policy->n_protected; i++)
		if (policy->protected_[i] == number)
			return true;
	return false;
}

/* By itself, whatever the others are. */
static struct efi_fate fate_of(const struct efi_entry *entry, const struct efi_policy *policy)
{
	if (entry->kind == EFI_ENTRY_DISK_FILE)
		return (struct efi_fate){EFI_GOES, "a file or a partition of a disk"};
	if (entry->kind == EFI_ENTRY_REMOTE)
		return (struct efi_fate){EFI_GOES, "storage behind a network"};
	if (entry->kind == EFI_ENTRY_UNKNOWN)
		return (struct efi_fate){EFI_GOES, "a device path as firmware has none"};
	if (!efi_uri_is_known(policy, entry))
		return (struct efi_fate){EFI_GOES,
					 "a server that neither is the station nor stands in the order"};
	if (!entry->is_bios && !efi_data_is_mark(entry))
		return (struct efi_fate){EFI_CLEANED, "load options that are no mark of firmware"};
	return (struct efi_fate){EFI_STAYS, NULL};
}

/* ---- entries for the same thing ---- */

static unsigned place_in_order(const struct efi_boot *boot, uint16_t number)
{
	unsigned i = 0;

	while (i < boot->n_order && boot->order[i] != number)
		i++;
	return i;
}

static bool same_path(const struct efi_entry *a, const struct efi_entry *b)
{
	size_t len = a->data_at - a->paths_at;

	return len && len == b->data_at - b->paths_at &&
	       memcmp(a->option + a->paths_at, b->option + b->paths_at, len) == 0;
}

/*
 * Of two, which stays? One that is active; then the one with the firmware's mark, which the firmware would make anew; then the one
 * that stands first in the order.
 */
static bool is_better(const struct efi_boot *boot, unsigned a, unsigned b, const struct efi_fate *fates)
{
	const struct efi_entry *x = &boot->entries[a], *y = &boot->entries[b];
	bool x_active = x->attributes & LOAD_OPTION_ACTIVE, y_active = y->attributes & LOAD_OPTION_ACTIVE,
	     x_marked = fates[a].kind == EFI_STAYS && x->option_len > x->data_at,
	     y_marked = fates[b].kind == EFI_STAYS && y->option_len > y->data_at;

	if (x_active != y_active)
		return x_active;
	if (x_marked != y_marked)
		return x_marked;
	return place_in_order(boot, x->number) <= place_in_order(boot, y->number);
}

/* Only what names a device: the same program of the firmware may stand there for several purposes. */
static bool may_be_double(const struct efi_boot *boot, unsigned i, const struct efi_fate *fates)
{
	enum efi_entry_kind kind = boot->entries[i].kind;

	return fates[i].kind != EFI_GOES && !boot->entries[i].is_bios &&
	       (kind == EFI_ENTRY_NETWORK || kind == EFI_ENTRY_DEVICE);
}

static void drop_doubles(const struct efi_boot *boot, struct efi_fate *fates)
{
	for (unsigned i = 0; i < boot->n_entries; i++)
		for (unsigned j = i + 1; j < boot->n_entries && may_be_double(boot, i, fates); j++)
			if (may_be_double(boot, j, fates) && same_path(&boot->entries[i], &boot->entries[j]))
				fates[is_better(boot, i, j, fates) ? j : i] = (struct efi_fate){
					EFI_GOES, "a second entry with the same device path"};
}

void efi_fates(const struct efi_boot *boot, const struct efi_policy *policy, struct efi_fate *fates)
{
	for (unsigned i = 0; i < boot->n_entries; i++)
		fates[i] = fate_of(&boot->entries[i], policy);
	drop_doubles(boot, fates);
	for (unsigned i = 0; i < boot->n_entries; i++)
		if (fates[i].kind == EFI_GOES && is_protected(policy, boot->entries[i].number))
			fates[i].kind = EFI_PROTECTED;
}
