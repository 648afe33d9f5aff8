/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/firmware_variables.h"

#include <string.h>

#include "agent/steps/efi_policy.h"
#include "agent/steps/firmware_journal.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/foreign.h"
#include "efi/guid.h"
#include "efi/vars.h"

#define REPORTED_MAX 256 /* named one by one; of the others the number is told */

static int read_all(const struct job *job, struct efi_variables **ret, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_free_ struct efi_fate *fates = NULL;
	struct efi_job_policy policy;
	int r = efi_boot_read(&boot, err);

	if (r < 0)
		return r;
	efi_job_policy(job, &policy);
	fates = xcalloc(boot->n_entries + 1, sizeof(*fates));
	efi_fates(boot, &policy.policy, fates);
	return efi_variables_read(&(struct efi_entries){boot, fates}, ret, err);
}

static bool is_listed(const struct order_efi *order, const char *title)
{
	for (unsigned i = 0; i < order->n_remove; i++)
		if (!strcmp(order->remove[i], title))
			return true;
	return false;
}

/* Boot entries, too, may be listed: what the policy keeps goes if the order names it. */
static bool should_go(const struct job *job, const struct efi_variable *variable)
{
	const struct order_efi *order = &job->order->efi;
	_cleanup_free_ char *title = NULL;

	if (variable->owner == EFI_OWNER_KEYS || variable->owner == EFI_OWNER_VOLATILE)
		return false;
	if (variable->owner == EFI_OWNER_STALE ||
	    (variable->owner == EFI_OWNER_TENANT && order->remove_foreign))
		return true;
	title = efi_variable_title(variable);
	return is_listed(order, title);
}

static json_t *variable_json(const struct efi_variable *variable)
{
	_cleanup_free_ char *title = efi_variable_title(variable);
	char guid[GUID_TEXT_SIZE];
	json_t *json;

	guid_text(variable->guid, guid);
	json = json_pack("{s:s%, s:s, s:I, s:i, s:s?}", "name", title, strlen(title) - GUID_TEXT_SIZE, "guid",
			 guid, "size", (json_int_t)variable->size, "attributes", (int)variable->attributes,
			 "what", variable->why);
	if (!json)
		abort();
	return json;
}

static bool same_variable(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "name"), json_object_get(b, "name")) &&
	       json_equal(json_object_get(a, "guid"), json_object_get(b, "guid"));
}

static bool is_among(const json_t *list, const json_t *variable)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (same_variable(json_array_get(list, i), variable))
			return true;
	return false;
}

static void add_refused(json_t *refused, json_t *variable, const char *reason)
{
	json_object_set_new(variable, "reason", json_string(reason));
	json_array_append(refused, variable);
}

/* Each by itself: what the firmware protects is told, and keeps no other from going. */
static void remove_them(const struct job *job, const struct efi_variables *variables, json_t *removed,
			json_t *refused)
{
	for (unsigned i = 0; i < variables->n; i++) {
		const struct efi_variable *variable = &variables->list[i];
		_cleanup_json_ json_t *json = NULL;
		struct err err = {0};

		if (!should_go(job, variable))
			continue;
		json = variable_json(variable);
		if (var_delete_in(variable->guid, variable->name, &err) < 0)
			add_refused(refused, json, err.text);
		else
			json_array_append(removed, json);
	}
}

/* What is there in spite of it moves from one list to the other. */
static void read_back(const struct efi_variables *now, json_t *removed, json_t *refused)
{
	for (unsigned i = 0; i < now->n; i++) {
		_cleanup_json_ json_t *there = variable_json(&now->list[i]);

		for (size_t k = json_array_size(removed); k-- > 0;) {
			json_t *item = json_array_get(removed, k);

			if (!same_variable(item, there))
				continue;
			add_refused(refused, item, "it was deleted, and is there again");
			json_array_remove(removed, k);
		}
	}
}

/* The station knows first what goes, so that a later boot of the order can tell it too. */
static int say_what_goes(struct job *job, const struct efi_variables *variables, struct err *err)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < variables->n; i++)
		if (should_go(job, &variables->list[i]))
			json_array_append_new(list, variable_json(&variables->list[i]));
	if (!json_array_size(list)) {
		json_decref(list);
		return 0;
	}
	return firmware_journal(job, FIRMWARE_FOUND, json_pack("{s:o}", "removed", list), err);
}

/* What an earlier boot was about to remove. If it is there still, this boot has just said so itself. */
static void add_earlier(const struct job *job, json_t *removed, const json_t *refused)
{
	const json_t *proof;
	unsigned at = job->n_journal;

	while ((proof = firmware_journal_find(job, FIRMWARE_FOUND, at, &at))) {
		const json_t *list = json_object_get(proof, "removed");

		for (size_t i = 0; i < json_array_size(list); i++) {
			json_t *item = json_array_get(list, i);

			if (!is_among(removed, item) && !is_among(refused, item))
				json_array_append(removed, item);
		}
	}
}

static bool is_told(const struct efi_variable *variable)
{
	return variable->owner == EFI_OWNER_UNKNOWN || variable->owner == EFI_OWNER_TENANT ||
	       variable->owner == EFI_OWNER_STALE;
}

static json_t *report_of(const struct job *job, const struct efi_variables *now, json_t *removed,
			 json_t *refused)
{
	json_int_t owners[EFI_OWNER_UNKNOWN + 1] = {0}, bytes = 0, more = 0;
	json_t *reported = json_array(), *json;

	for (unsigned i = 0; i < now->n; i++) {
		owners[now->list[i].owner]++;
		bytes += (json_int_t)now->list[i].size;
		if (is_told(&now->list[i]) && json_array_size(reported) == REPORTED_MAX)
			more++;
		else if (is_told(&now->list[i]))
			json_array_append_new(reported, variable_json(&now->list[i]));
	}
	json = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I}", "policy",
			 job->order->efi.remove_foreign ? "remove" : "report", "seen", (json_int_t)now->n,
			 "bytes", bytes, "of_firmware", owners[EFI_OWNER_FIRMWARE], "of_secure_boot",
			 owners[EFI_OWNER_KEYS], "volatile", owners[EFI_OWNER_VOLATILE], "not_readable",
			 (json_int_t)now->hidden, "removed", removed, "not_removed", refused, "reported",
			 reported, "reported_more", more);
	if (!json)
		abort();
	return json;
}

int firmware_variables_clean(struct job *job, json_t **ret, struct err *err)
{
	_cleanup_(efi_variables_freep) struct efi_variables *variables = NULL, *now = NULL;
	_cleanup_json_ json_t *removed = json_array(), *refused = json_array();
	int r = read_all(job, &variables, err);

	if (r == 0)
		r = say_what_goes(job, variables, err);
	if (r < 0 || !variables)
		return r;
	remove_them(job, variables, removed, refused);
	r = efi_tidy_orders(err);
	if (r == 0)
		r = read_all(job, &now, err);
	if (r < 0 || !now)
		return r;
	read_back(now, removed, refused);
	add_earlier(job, removed, refused);
	*ret = report_of(job, now, TAKE_PTR(removed), TAKE_PTR(refused));
	return 0;
}

int firmware_variables_check(const struct job *job, const json_t *report, struct err *err)
{
	_cleanup_(efi_variables_freep) struct efi_variables *now = NULL;
	int r = read_all(job, &now, err);

	for (unsigned i = 0; r == 0 && now && i < now->n; i++) {
		_cleanup_json_ json_t *there = variable_json(&now->list[i]);

		if (should_go(job, &now->list[i]) && !is_among(json_object_get(report, "not_removed"), there))
			r = err_set(err, EIO, "UEFI variable %s is there again, or new: %s",
				    json_string_value(json_object_get(there, "name")),
				    now->list[i].why ?: "the order names it");
	}
	return r;
}
