/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/overlays.h"

#include <strings.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/fields.h"
#include "protocol/order/overlays.h"

#define WHAT         "evidence.overlays"
#define SERIAL_MAX   ((1ull << 53) - 1)
#define SERVICES_MAX 16
#define READY_MAX_MS (24ull * 3600 * 1000)

static const char *const service_keys[] = {"name", "ready", "ready_after", "ended", "stopped", NULL};

/* How it ended by itself, or which signal ended it; neither: it ran on. */
static int check_service(const json_t *service, const char *what, struct err *err)
{
	static const char *const readies[] = {"runs", "exits", "path", "notify", NULL};
	static const char *const signals[] = {"SIGTERM", "SIGKILL", NULL};
	const char *text = NULL;
	uint64_t after = 0;
	int r = json_get_str(service, what, "name", 32, &text, err);

	for (const char *const *key = service_keys; !r && *key; key++)
		if (!json_object_get(service, *key))
			r = err_set(err, EBADMSG, "%s.%s is missing", what, *key);
	if (!r)
		r = evidence_word_check(service, what, "ready", readies, err);
	if (!r)
		r = json_opt_u64(service, what, "ready_after", 0, READY_MAX_MS, &after, err);
	if (!r)
		r = json_opt_str(service, what, "ended", 63, &text, err);
	if (!r && !json_is_null(json_object_get(service, "stopped")))
		r = evidence_word_check(service, what, "stopped", signals, err);
	return r;
}

static int check_services(const json_t *overlay, const char *what, struct err *err)
{
	_cleanup_free_ char *where = str_printf("%s.services", what);
	json_t *list;
	int r = evidence_list_check(overlay, what, "services", SERVICES_MAX, service_keys, &list, err);

	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = check_service(json_array_get(list, i), where, err);
	return r;
}

static int check_one(const json_t *overlay, const char *what, struct err *err)
{
	const char *text;
	uint64_t serial;
	int r = json_get_str(overlay, what, "name", 63, &text, err);

	if (!r)
		r = json_get_str(overlay, what, "version", 64, &text, err);
	if (!r)
		r = json_get_u64(overlay, what, "serial", 1, SERIAL_MAX, &serial, err);
	if (!r)
		r = json_get_str(overlay, what, "signer", EVIDENCE_REASON_MAX, &text, err);
	if (!r)
		r = evidence_digest_check(overlay, what, "manifest_sha256", err);
	return r ? r : check_services(overlay, what, err);
}

int evidence_overlays_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"name",   "version",  "serial", "manifest_sha256",
					   "signer", "services", NULL};
	const json_t *there = json_object_get(evidence, "overlays");
	json_t *list;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = evidence_list_check(evidence, "evidence", "overlays", ORDER_OVERLAYS_MAX, keys, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		char what[48];

		snprintf(what, sizeof(what), WHAT "[%zu]", i);
		r = check_one(json_array_get(list, i), what, err);
	}
	return r;
}

int evidence_overlays_are_of(const json_t *evidence, const json_t *named, struct err *err)
{
	const json_t *list = json_object_get(evidence, "overlays");

	if (json_array_size(list) != json_array_size(named))
		return err_set(err, EBADMSG, WHAT ": %zu overlays, and the order names %zu",
			       json_array_size(list), json_array_size(named));
	for (size_t i = 0; i < json_array_size(named); i++) {
		const json_t *want = json_array_get(named, i), *have = json_array_get(list, i);
		const char *sha256 = json_string_value(json_object_get(want, "manifest_sha256"));

		if (sha256 && strcasecmp(sha256, evidence_word(have, "manifest_sha256")) != 0)
			return err_set(err, EBADMSG, WHAT "[%zu]: the order names the manifest %s, not %s", i,
				       sha256, evidence_word(have, "manifest_sha256"));
		if (json_integer_value(json_object_get(have, "serial")) <
		    json_integer_value(json_object_get(want, "min_serial")))
			return err_set(err, EBADMSG, WHAT "[%zu]: its serial is below the order's", i);
	}
	return 0;
}

char *evidence_overlays_statement(const json_t *evidence)
{
	const json_t *list = json_object_get(evidence, "overlays"), *overlay;
	_cleanup_free_ char *names = xstrdup("");
	size_t i;

	if (!json_array_size(list))
		return xstrdup("");
	json_array_foreach(list, i, overlay) {
		char *more = str_printf("%s%s%s %s", names, i ? ", " : "", evidence_word(overlay, "name"),
					evidence_word(overlay, "version"));

		free(names);
		names = more;
	}
	return str_printf(" The agent worked with drivers and programs of signed overlays: %s.", names);
}
