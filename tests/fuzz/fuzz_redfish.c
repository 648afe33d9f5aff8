/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a BMC sends: header lines up to an empty one, then a body; read by all that reads answers. */
#include <stdint.h>
#include <string.h>

#include "core/io.h"
#include "redfish/answer.h"
#include "redfish/bios_registry.h"
#include "redfish/boot_order.h"
#include "redfish/boot_state.h"
#include "redfish/log_entry.h"
#include "redfish/task.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define ORIGIN "https://10.0.0.7"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path on the BMC is all that ever comes of a reference. */
static void check_reference(const char *reference)
{
	char path[RF_PATH_MAX];
	struct err err;

	if (rf_ref(ORIGIN, reference, path, &err) < 0)
		return;
	if (path[0] != '/' || path[1] == '/')
		abort();
	for (const char *p = path; *p; p++)
		if (*p <= 0x20 || *p > 0x7e)
			abort();
}

static void check_plain(const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			abort();
}

static void read_members(const json_t *json)
{
	char path[RF_PATH_MAX];
	const json_t *member;
	json_t *members = NULL;
	struct err err;
	size_t i;

	if (rf_array(json, "collection", "Members", &members, &err) < 0)
		return;
	json_array_foreach(members, i, member)
		if (rf_ref_at(member, "member", "@odata.id", ORIGIN, path, &err) == 0 && path[0] &&
		    path[0] != '/')
			abort();
}

static void read_boot(json_t *json)
{
	_cleanup_json_ json_t *targets = NULL, *copy = json_object();
	static const struct rf_field fields[] = {{"BootSourceOverrideTarget", "target"}, {}};
	_cleanup_free_ char *words = NULL, *listed = NULL;
	json_t *boot = NULL;
	struct err err;
	bool is;

	if (rf_object(json, "System", "Boot", &boot, &err) < 0 || !boot)
		return;
	words = rf_boot_words(boot);
	check_plain(words);
	(void)!rf_boot_is(boot, json, &is, &err);
	(void)!rf_copy(boot, "Boot", fields, copy, &err);
	if (rf_strings(boot, "Boot", RF_BOOT_TARGET "@Redfish.AllowableValues", &targets, &err) == 0)
		listed = rf_listed(targets);
}

/* BIOS, its registry, and what may be set by them. */
static void read_bios(const json_t *json)
{
	_cleanup_json_ json_t *unreadable = json_array(), *found = NULL, *entries = NULL, *document = NULL,
			      *compared = NULL;
	json_t *value;
	const char *name;
	struct err err;

	(void)!rf_bios_entries(json, "registry", &entries, &err);
	if (rf_bios_attributes(json, "Bios", unreadable, &found, &err) < 0)
		return;
	json_object_foreach(found, name, value) {
		_cleanup_json_ json_t *text = json_string("7"), *set = NULL;

		check_plain(name);
		(void)!rf_bios_check(name, json_object_get(entries, name), value, text, true, &set, &err);
	}
	document = json_pack("{s:O, s:n}", "attributes", found, "pending");
	compared = rf_bios_compare(document, found);
	if (json_integer_value(json_object_get(compared, "equal")) != (json_int_t)json_object_size(found))
		abort();
}

static void read_log_entry(const json_t *json)
{
	_cleanup_json_ json_t *entry = NULL;
	struct err err;

	if (rf_log_entry(json, "entry", "log", &entry, &err) < 0)
		return;
	for (const char *p = json_string_value(json_object_get(entry, "message")); p && *p; p++)
		if (*p > 0 && *p < 0x20)
			abort();
}

static void read_order(const json_t *json)
{
	_cleanup_json_ json_t *made = NULL;
	struct err err;

	(void)!rf_boot_order_make(json, json_object_get(json, "options"), &made, &err);
}

static void read_body(const struct rf_answer *answer)
{
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *message = rf_answer_message(answer);
	enum rf_task_state task;
	const char *text;
	struct err err;

	check_plain(message);
	(void)rf_answer_says(answer, "UnableToModifyDuringSystemPOST");
	if (rf_answer_json(answer, "answer", &json, &err) < 0)
		return;
	(void)!rf_task_state(json, &task, &text, &err);
	(void)rf_task_needs_reset(json);
	read_members(json);
	read_boot(json);
	read_bios(json);
	read_log_entry(json);
	read_order(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *line_end;
	struct rf_answer answer = {.status = 409};
	char strong[RF_ETAG_MAX];

	while (p < end && (line_end = memchr(p, '\n', (size_t)(end - p)))) {
		size_t len = (size_t)(line_end + 1 - p);

		rf_answer_header(&answer, p, len);
		p += len;
		if (len <= 2)
			break;
	}
	rf_strong_tag(answer.etag, strong);
	check_reference(answer.location);
	answer.len = (size_t)(end - p);
	answer.body = xcalloc(1, answer.len + 1);
	memcpy(answer.body, p, answer.len);
	read_body(&answer);
	rf_answer_clear(&answer);
	return 0;
}
