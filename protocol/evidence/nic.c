/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/nic.h"

#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/fields.h"
#include "protocol/order/nic.h"

#define TEXT_MAX     128
#define SETTINGS_MAX (2 * ORDER_NIC_SETTINGS_MAX)
#define NOT_DONE_MAX (SETTINGS_MAX + 8)

static bool is_value(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value) <= ORDER_NIC_VALUE_MAX;
	return json_is_boolean(value) || json_is_null(value) ||
	       (json_is_integer(value) && json_integer_value(value) >= 0 &&
		json_integer_value(value) <= (json_int_t)UINT32_MAX);
}

static int check_settings(const json_t *record, const char *what, struct err *err)
{
	static const char *const keys[] = {"by", "name", "wanted", "before", "after", NULL};
	static const char *const ways[] = {"devlink", "mstconfig", NULL}, *const values[] = {"wanted",
											     "before",
											     "after"};
	json_t *list;
	int r = evidence_list_check(record, what, "settings", SETTINGS_MAX, keys, &list, err);

	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		const json_t *setting = json_array_get(list, i);
		const char *name;

		r = evidence_word_check(setting, what, "by", ways, err);
		if (!r)
			r = json_get_str(setting, what, "name", ORDER_NIC_NAME_MAX, &name, err);
		for (size_t v = 0; !r && v < sizeof(values) / sizeof(*values); v++)
			if (!is_value(json_object_get(setting, values[v])))
				r = err_set(err, EBADMSG, "%s.settings[%zu].%s is no value of a setting",
					    what, i, values[v]);
	}
	return r;
}

static int check_flashed(const json_t *firmware, const char *what, struct err *err)
{
	static const char *const keys[] = {"file", "version", NULL};
	const char *text;
	json_t *flashed;
	int r;

	if (json_is_null(json_object_get(firmware, "flashed")))
		return 0;
	r = json_get_object(firmware, what, "flashed", &flashed, err);
	if (!r)
		r = json_only_keys(flashed, what, keys, err);
	if (!r)
		r = json_get_str(flashed, what, "file", ORDER_NIC_FILE_MAX, &text, err);
	return r ? r : json_get_str(flashed, what, "version", ORDER_NIC_VERSION_MAX, &text, err);
}

static int check_firmware(const json_t *record, const char *of, struct err *err)
{
	static const char *const keys[] = {"found", "running", "stored", "flashed", NULL};
	const char *text;
	json_t *firmware;
	char what[64];
	int r;

	if (json_is_null(json_object_get(record, "firmware")))
		return 0;
	snprintf(what, sizeof(what), "%s.firmware", of);
	r = json_get_object(record, of, "firmware", &firmware, err);
	if (!r)
		r = json_only_keys(firmware, what, keys, err);
	for (size_t i = 0; !r && i < 3; i++)
		r = json_opt_str(firmware, what, keys[i], ORDER_NIC_VERSION_MAX, &text, err);
	return r ? r : check_flashed(firmware, what, err);
}

static int check_sriov(const json_t *record, const char *of, struct err *err)
{
	static const char *const keys[] = {"wanted", "total", "found", "made", "left", "lasts", NULL};
	uint64_t n[5] = {0};
	json_t *sriov;
	bool lasts;
	char what[64];
	int r;

	if (json_is_null(json_object_get(record, "sriov")))
		return 0;
	snprintf(what, sizeof(what), "%s.sriov", of);
	r = json_get_object(record, of, "sriov", &sriov, err);
	if (!r)
		r = json_only_keys(sriov, what, keys, err);
	for (size_t i = 0; !r && i < 5; i++)
		r = json_opt_u64(sriov, what, keys[i], 0, ORDER_NIC_VFS_MAX, &n[i], err);
	if (!r)
		r = json_get_bool(sriov, what, "lasts", &lasts, err);
	if (!r && lasts)
		r = err_set(err, EBADMSG,
			    "%s.lasts: virtual functions do not outlast the kernel that made them", what);
	if (!r && n[3] > n[1])
		r = err_set(err, EBADMSG, "%s.made is more than the card has", what);
	return r;
}

/* Of a required entry nothing may be missing: such a machine is held, and hands in nothing. */
static int check_not_done(const json_t *record, const char *what, bool required, struct err *err)
{
	static const char *const keys[] = {"what", "why", NULL};
	const char *text;
	json_t *list;
	int r = evidence_list_check(record, what, "not_done", NOT_DONE_MAX, keys, &list, err);

	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		r = json_get_str(json_array_get(list, i), what, "what", TEXT_MAX, &text, err);
		if (!r)
			r = json_get_str(json_array_get(list, i), what, "why", EVIDENCE_REASON_MAX, &text,
					 err);
	}
	if (!r && required && json_array_size(list))
		r = err_set(err, EBADMSG, "%s: something is not done that the order requires", what);
	return r;
}

static int check_record(const json_t *record, const char *what, struct err *err)
{
	static const char *const keys[] = {"entry", "required", "pci",         "driver",   "interface",
					   "mac",   "psid",     "serial",      "settings", "firmware",
					   "sriov", "not_done", "after_reset", NULL};
	const char *text;
	bool required = false, after_reset;
	uint64_t entry;
	int r;

	if (!json_is_object(record))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(record, what, keys, err);
	if (!r)
		r = json_get_u64(record, what, "entry", 0, ORDER_NICS_MAX - 1, &entry, err);
	if (!r)
		r = json_get_bool(record, what, "required", &required, err);
	if (!r)
		r = json_get_bool(record, what, "after_reset", &after_reset, err);
	for (size_t i = 2; !r && i < 8; i++) /* pci to serial */
		r = json_opt_str(record, what, keys[i], TEXT_MAX, &text, err);
	if (!r)
		r = check_settings(record, what, err);
	if (!r)
		r = check_firmware(record, what, err);
	if (!r)
		r = check_sriov(record, what, err);
	return r ? r : check_not_done(record, what, required, err);
}

int evidence_nics_check(const json_t *evidence, struct err *err)
{
	const json_t *there = json_object_get(evidence, "nics");
	json_t *list;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_array(evidence, "evidence", "nics", EVIDENCE_NICS_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		char what[48];

		snprintf(what, sizeof(what), "evidence.nics[%zu]", i);
		r = check_record(json_array_get(list, i), what, err);
	}
	return r;
}

char *evidence_nics_statement(const json_t *evidence)
{
	const json_t *record;
	size_t i, settings = 0, flashed = 0, lacking = 0, cards = 0;

	if (!json_is_array(json_object_get(evidence, "nics")))
		return xstrdup("");
	json_array_foreach(json_object_get(evidence, "nics"), i, record) {
		cards += json_is_string(json_object_get(record, "pci"));
		settings += json_array_size(json_object_get(record, "settings"));
		flashed += json_is_object(json_object_get(json_object_get(record, "firmware"), "flashed"));
		lacking += json_array_size(json_object_get(record, "not_done"));
	}
	return str_printf(
		" Network cards that were to be set: %zu. Settings that the cards keep, read after they were "
		"set: %zu. Cards given other firmware: %zu. Not done: %zu.",
		cards, settings, flashed, lacking);
}
