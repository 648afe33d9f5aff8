/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware may add entries of its own to the order, at its end. It may not take ours out, put anything before them, change them, or bring back
 * what was removed.
 */
#include "agent/steps/firmware_kept.h"

#include <stdlib.h>
#include <string.h>

#include "agent/steps/firmware_journal.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/bootorder.h"
#include "efi/mor.h"

static json_t *order_json(const struct efi_boot *boot)
{
	json_t *order = json_array();

	for (unsigned i = 0; i < boot->n_order; i++)
		json_array_append_new(order, json_sprintf("%04X", boot->order[i]));
	return order;
}

/* Number and digest of each entry of a list of the step's report. */
static void add_entries(json_t *to, const json_t *entries)
{
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *e = json_array_get(entries, i);

		json_array_append_new(to, json_pack("{s:O, s:O}", "number", json_object_get(e, "number"),
						    "sha256", json_object_get(e, "sha256")));
	}
}

/* The removed ones are known by what they were: the firmware may give their numbers to its own. */
int firmware_kept_promise(struct job *job, struct err *err)
{
	const json_t *efi = job->facts.efi;
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_json_ json_t *added = json_array(), *ours = json_array(), *gone = json_array();
	struct mor mor;
	int r = efi_boot_read(&boot, err);

	if (r == 0)
		r = mor_read(&mor, err);
	if (r < 0)
		return r;
	if (json_is_object(json_object_get(efi, "added")))
		json_array_append(added, json_object_get(efi, "added"));
	json_array_extend(added, json_object_get(efi, "also_added"));
	add_entries(ours, added);
	add_entries(gone, json_object_get(efi, "removed"));
	return firmware_journal(job, FIRMWARE_SET,
				json_pack("{s:o, s:O, s:O, s:b}", "boot_order", order_json(boot), "ours",
					  ours, "gone", gone, "memory", mor_is_set(&mor)),
				err);
}

static const struct efi_entry *find(const struct efi_boot *boot, const json_t *item)
{
	const char *number = json_string_value(json_object_get(item, "number"));

	return number ? efi_entry_find(boot, (uint16_t)strtoul(number, NULL, 16)) : NULL;
}

static bool is_same(const struct efi_entry *entry, const json_t *item)
{
	const char *was = json_string_value(json_object_get(item, "sha256"));
	char is[SHA256_HEX_SIZE];

	if (!entry || !was)
		return false;
	sha256_hex(entry->option, entry->option_len, is);
	return !strcmp(is, was);
}

static int check_entries(const json_t *promise, const struct efi_boot *now, struct err *err)
{
	const json_t *ours = json_object_get(promise, "ours"), *gone = json_object_get(promise, "gone");

	for (size_t i = 0; i < json_array_size(ours); i++)
		if (!is_same(find(now, json_array_get(ours, i)), json_array_get(ours, i)))
			return err_set(err, EIO, "the firmware has not kept Boot%s over the reset",
				       json_string_value(json_object_get(json_array_get(ours, i), "number")));
	for (size_t i = 0; i < json_array_size(gone); i++)
		for (unsigned k = 0; k < now->n_entries; k++)
			if (is_same(&now->entries[k], json_array_get(gone, i)))
				return err_set(err, EIO,
					       "Boot%04X is back after the reset, and had been removed",
					       now->entries[k].number);
	return 0;
}

/* Must begin as it was set; *appeared gets what stands behind. */
static int check_order(const json_t *promise, const json_t *now, json_t *appeared, struct err *err)
{
	const json_t *was = json_object_get(promise, "boot_order");
	_cleanup_free_ char *set = json_dumps(was, JSON_COMPACT), *is = json_dumps(now, JSON_COMPACT);

	for (size_t i = 0; i < json_array_size(was); i++)
		if (!json_equal(json_array_get(was, i), json_array_get(now, i)))
			return err_set(
				err, EIO,
				"the firmware has changed BootOrder over the reset: it was %s, and is %s",
				set, is);
	for (size_t i = json_array_size(was); i < json_array_size(now); i++)
		json_array_append(appeared, json_array_get(now, i));
	return 0;
}

/* Kernels with reset attack mitigation (Debian's) set the bit while they start: then nothing can be told of it from here. */
static const char *memory_says(const json_t *promise, const struct mor *mor)
{
	if (!json_is_true(json_object_get(promise, "memory")))
		return "not asked for";
	return mor_is_set(mor) ? "not told: the kernel sets the bit when it starts"
			       : "taken back by the firmware";
}

int firmware_kept_check(const struct job *job, json_t **ret, struct err *err)
{
	const json_t *promise = firmware_journal_find(job, FIRMWARE_SET, job->n_journal, NULL);
	_cleanup_(efi_boot_freep) struct efi_boot *now = NULL;
	_cleanup_json_ json_t *order = NULL, *appeared = json_array();
	struct mor mor;
	int r;

	if (!promise)
		return 0;
	r = efi_boot_read(&now, err);
	if (r == 0)
		r = mor_read(&mor, err);
	if (r == 0)
		r = check_entries(promise, now, err);
	if (r < 0)
		return r;
	order = order_json(now);
	r = check_order(promise, order, appeared, err);
	if (r == 0)
		*ret = json_pack("{s:O, s:O, s:s}", "boot_order", order, "appeared", appeared, "memory",
				 memory_says(promise, &mor));
	return r;
}
