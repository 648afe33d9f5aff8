/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/certificate/drives.h"

#include <string.h>

#include "core/io.h"

void certificate_copy_keys(const json_t *from, json_t *to, const char *const *keys)
{
	for (; *keys; keys++)
		if (json_object_get(from, *keys))
			json_object_set(to, *keys, json_object_get(from, *keys));
}

static bool is_proven(const json_t *reported)
{
	return !strcmp(json_string_value(json_object_get(reported, "outcome")), "proven");
}

/* The agent's object, whose keys evidence_check() has limited, and what the station has to say. */
static json_t *make_drive(const json_t *reported, struct certificate_counts *counts)
{
	enum claim claim = claim_for_drive(reported);
	const char *basis = claim_level_basis(reported);
	json_t *drive = json_copy((json_t *)reported);

	counts->drives++;
	counts->claims[claim]++;
	counts->purged += basis && !strcmp(json_string_value(json_object_get(reported, "level")), "purge");
	json_object_set_new(drive, "claim", json_string(claim_name(claim)));
	json_object_set_new(drive, "level_basis", basis ? json_string(basis) : json_null());
	if (claim == CLAIM_NOT_ERASED && is_proven(reported)) {
		_cleanup_free_ char *reason =
			str_printf("the agent reported it as proven; its proof does not bear that out: %s",
				   claim_lacks(reported));

		json_object_set_new(drive, "outcome", json_string("failed"));
		json_object_set_new(drive, "reason", json_string(reason));
	}
	if (!json_object_get(drive, "reason"))
		json_object_set_new(drive, "reason", json_null());
	return drive;
}

json_t *certificate_drives(const json_t *evidence, struct certificate_counts *counts)
{
	const json_t *list = json_object_get(evidence, "drives");
	json_t *drives = json_array();

	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(drives, make_drive(json_array_get(list, i), counts));
	return drives;
}

json_t *certificate_not_touched(const json_t *evidence, struct certificate_counts *counts)
{
	static const char *const keys[] = {"name", "model",     "serial", "wwn",
					   "size", "transport", "reason", NULL};
	const json_t *list = json_object_get(evidence, "drives_not_touched");
	json_t *drives = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *drive = json_object();

		certificate_copy_keys(json_array_get(list, i), drive, keys);
		json_array_append_new(drives, drive);
		counts->not_touched++;
	}
	return drives;
}

json_t *certificate_validation(const json_t *evidence, const char *evidence_sha256)
{
	const json_t *list = json_object_get(evidence, "drives");
	json_t *contradicted = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *drive = json_array_get(list, i);

		if (is_proven(drive) && claim_lacks(drive))
			json_array_append_new(contradicted,
					      json_pack("{sO ss}", "name", json_object_get(drive, "name"),
							"why", claim_lacks(drive)));
	}
	return json_pack(
		"{s{ss ss} ss ss so ss}", "tool", "name", "remint", "version", REMINT_VERSION,
		"evidence_sha256", evidence_sha256, "result",
		json_array_size(contradicted) ? "not borne out" : "borne out", "not_borne_out", contradicted,
		"means",
		"The station has checked the form of the evidence and that its figures agree, and has "
		"derived each claim from them by its own rules. It has not read the drives itself.");
}
