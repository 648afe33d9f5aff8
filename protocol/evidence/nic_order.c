/* SPDX-License-Identifier: Apache-2.0 */
/* Do the records of network cards answer what the order asks? What was not done of an entry that is not required is said in its record. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"
#include "protocol/evidence/nic.h"
#include "protocol/order/nic.h"

#define WHAT "evidence.nics"

static bool is_set(const json_t *record, const char *by, const char *name, const json_t *wanted)
{
	const json_t *setting;
	size_t i;

	json_array_foreach(json_object_get(record, "settings"), i, setting)
		if (!strcmp(evidence_word(setting, "by"), by) &&
		    !strcmp(evidence_word(setting, "name"), name) &&
		    json_equal(json_object_get(setting, "wanted"), wanted))
			return true;
	return false;
}

/* The first that no setting speaks of; NULL: all are there. */
static const char *missing_setting(const json_t *record, const char *by, json_t *wishes)
{
	const char *name;
	json_t *wanted;

	json_object_foreach(wishes, name, wanted)
		if (!is_set(record, by, name, wanted))
			return name;
	return NULL;
}

static bool runs(const json_t *record, const struct order_nic *wish)
{
	const char *running = evidence_word(json_object_get(record, "firmware"), "running");

	if (!json_array_size(wish->versions))
		return !wish->flash_version || !strcmp(running, wish->flash_version);
	for (size_t i = 0; i < json_array_size(wish->versions); i++)
		if (!strcmp(running, json_string_value(json_array_get(wish->versions, i))))
			return true;
	return false;
}

static bool makes(const json_t *record, const struct order_nic *wish)
{
	const json_t *made = json_object_get(json_object_get(record, "sriov"), "made");

	return wish->sriov == ORDER_NIC_LEAVE ||
	       (json_is_integer(made) && json_integer_value(made) == wish->sriov);
}

/* What of the wish the record says nothing of. NULL: nothing. */
static const char *missing(const json_t *record, const struct order_nic *wish)
{
	const char *name = missing_setting(record, "devlink", wish->devlink);

	if (!name)
		name = missing_setting(record, "mstconfig", wish->config);
	if (!name && !runs(record, wish))
		name = "the firmware";
	if (!name && !makes(record, wish))
		name = "the virtual functions";
	return name;
}

static int check_record(const json_t *record, size_t i, const struct order_nics *nics, bool *there,
			struct err *err)
{
	json_int_t entry = json_integer_value(json_object_get(record, "entry"));
	const struct order_nic *wish;
	const char *name;

	if (entry >= nics->n)
		return err_set(err, EBADMSG, WHAT "[%zu]: the order has no entry %lld", i, (long long)entry);
	wish = &nics->at[entry];
	there[entry] = true;
	if (json_is_true(json_object_get(record, "required")) != wish->required)
		return err_set(err, EBADMSG, WHAT "[%zu].required is not what the order's nic[%lld] says", i,
			       (long long)entry);
	if (json_array_size(json_object_get(record, "not_done")))
		return 0;
	name = json_is_string(json_object_get(record, "pci")) ? missing(record, wish) : "the card";
	return name ? err_set(err, EBADMSG,
			      WHAT
			      "[%zu]: of what the order's nic[%lld] asks for, %s was neither brought about "
			      "nor is it said to be not done",
			      i, (long long)entry, name)
		    : 0;
}

int evidence_nics_are_as_ordered(const json_t *evidence, const struct order_nics *nics, struct err *err)
{
	bool there[ORDER_NICS_MAX] = {false};
	const json_t *record;
	size_t i;

	json_array_foreach(json_object_get(evidence, "nics"), i, record) {
		int r = check_record(record, i, nics, there, err);

		if (r < 0)
			return r;
	}
	for (i = 0; i < nics->n; i++)
		if (!there[i])
			return err_set(err, EBADMSG, WHAT ": nothing is said of the order's nic[%zu]", i);
	return 0;
}
