/* SPDX-License-Identifier: Apache-2.0 */
/* The boot entries' part of the evidence: docs/certificate.md, "Firmware". */
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/bootorder.h"
#include "efi/fate.h"

static json_t *number_json(uint16_t number)
{
	return json_sprintf("%04X", number);
}

static json_t *entry_json(const struct efi_entry *e)
{
	json_t *json = json_pack("{s:o, s:s, s:s, s:s}", "number", number_json(e->number), "description",
				 e->description, "path", e->path, "kind", efi_entry_kind_name(e->kind));

	if (!json)
		abort();
	if (*e->uri)
		json_object_set_new(json, "uri", json_string(e->uri));
	return json;
}

static json_t *added_json(const struct efi_boot *now, uint16_t number)
{
	const struct efi_entry *e = efi_entry_find(now, number);
	char sha256[SHA256_HEX_SIZE];
	json_t *json = e ? entry_json(e) : NULL;

	if (!e)
		return json_null();
	sha256_hex(e->option, e->option_len, sha256);
	json_object_set_new(json, "sha256", json_string(sha256));
	return json;
}

/* Of one that was not left as it was: why, and what would tell it when it came back. */
static json_t *changed_json(const struct efi_entry *e, const struct efi_fate *fate)
{
	char sha256[SHA256_HEX_SIZE];
	json_t *json = entry_json(e);

	sha256_hex(e->option, e->option_len, sha256);
	json_object_set_new(json, "why", json_string(fate->why));
	json_object_set_new(json, "sha256", json_string(sha256));
	return json;
}

static json_t *kept_json(const struct efi_entry *e)
{
	json_t *json = entry_json(e);

	json_object_set_new(json, "active", json_boolean(e->attributes & LOAD_OPTION_ACTIVE));
	json_object_set_new(json, "load_options", json_integer((json_int_t)(e->option_len - e->data_at)));
	return json;
}

json_t *efi_plan_changes(const struct efi_plan *plan, const struct efi_boot *boot)
{
	json_t *removed = json_array(), *cleaned = json_array();

	for (unsigned i = 0; i < boot->n_entries; i++) {
		const struct efi_fate *fate = &plan->fates[i];

		if (fate->kind == EFI_GOES || fate->kind == EFI_CLEANED)
			json_array_append_new(fate->kind == EFI_GOES ? removed : cleaned,
					      changed_json(&boot->entries[i], fate));
	}
	return json_pack("{s:o, s:o}", "removed", removed, "cleaned", cleaned);
}

/* Our own of an earlier boot of this order, written over with the same. */
static bool is_ours(const struct efi_entry *before, const struct efi_boot *now)
{
	const struct efi_entry *e = efi_entry_find(now, before->number);

	return e && e->option_len == before->option_len && !memcmp(e->option, before->option, e->option_len);
}

json_t *efi_plan_report(const struct efi_plan *plan, const struct efi_boot *before,
			const struct efi_boot *now)
{
	json_t *lists[] = {[EFI_STAYS] = json_array(),
			   [EFI_CLEANED] = json_array(),
			   [EFI_PROTECTED] = json_array(),
			   [EFI_GOES] = json_array()},
	       *order = json_array(), *also = json_array(), *made;

	for (unsigned i = 0; i < before->n_entries; i++) {
		const struct efi_entry *e = &before->entries[i];
		const struct efi_fate *fate = &plan->fates[i];

		if (fate->kind == EFI_GOES && is_ours(e, now))
			continue;
		json_array_append_new(lists[fate->kind],
				      fate->kind == EFI_STAYS ? kept_json(e) : changed_json(e, fate));
	}
	for (unsigned i = 0; i < now->n_order; i++)
		json_array_append_new(order, number_json(now->order[i]));
	for (unsigned i = 0; i < plan->n_also; i++)
		json_array_append_new(also, added_json(now, plan->also[i]));
	made = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:n}", "removed", lists[EFI_GOES], "not_removed",
			 lists[EFI_PROTECTED], "cleaned", lists[EFI_CLEANED], "kept", lists[EFI_STAYS],
			 "added", plan->adds ? added_json(now, plan->add) : json_null(), "boot_order", order,
			 "boot_next");
	if (!made)
		abort();
	if (plan->n_also)
		json_object_set(made, "also_added", also);
	json_decref(also);
	return made;
}
