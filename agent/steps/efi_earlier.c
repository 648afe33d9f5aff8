/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/efi_earlier.h"

#include "agent/steps/firmware_journal.h"
#include "core/json.h"

static const char *const lists[] = {"removed", "cleaned"};

int efi_earlier_say(struct job *job, const struct efi_plan *plan, const struct efi_boot *boot,
		    struct err *err)
{
	if (!plan->n_remove && !plan->n_clean)
		return 0;
	return firmware_journal(job, FIRMWARE_ENTRIES, efi_plan_changes(plan, boot), err);
}

static bool is_among(const json_t *list, const json_t *entry)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_object_get(json_array_get(list, i), "sha256"),
			       json_object_get(entry, "sha256")))
			return true;
	return false;
}

/* An entry of ours was on its way out in a boot that came after the one that made it. */
static bool is_ours(const json_t *report, const json_t *entry)
{
	return json_equal(json_object_get(json_object_get(report, "added"), "sha256"),
			  json_object_get(entry, "sha256")) ||
	       is_among(json_object_get(report, "also_added"), entry);
}

static void add_list(json_t *report, const json_t *proof, const char *key)
{
	const json_t *earlier = json_object_get(proof, key);
	json_t *to = json_object_get(report, key);

	for (size_t i = 0; i < json_array_size(earlier); i++) {
		json_t *entry = json_array_get(earlier, i);

		if (!is_ours(report, entry) && !is_among(to, entry) &&
		    !is_among(json_object_get(report, "not_removed"), entry))
			json_array_append(to, entry);
	}
}

void efi_earlier_add(const struct job *job, json_t *report)
{
	const json_t *proof;
	unsigned at = job->n_journal;

	while ((proof = firmware_journal_find(job, FIRMWARE_ENTRIES, at, &at)))
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			add_list(report, proof, lists[i]);
}
