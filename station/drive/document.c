/* SPDX-License-Identifier: Apache-2.0 */
/* What others get to see of an order's record. */
#include <string.h>

#include "station/drive/order.h"
#include "station/drive/record.h"
#include "station/drive/row.h"

int drive_shown(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	static const char *const inner[] = {"touched", NULL};
	struct drive_row row = {0};
	json_t *record = NULL;
	int r = drive_record_read(store, order, &record, err);

	if (r == 0 && record)
		r = drive_row_read(store, order, &row, err);
	if (r < 0) {
		json_decref(record);
		return r;
	}
	if (!record) {
		*ret = json_null();
		return 0;
	}
	for (unsigned i = 0; inner[i]; i++)
		json_object_del(record, inner[i]);
	json_object_set_new(record, "phase", json_string(drive_phase_name(row.phase)));
	*ret = record;
	return 0;
}

static size_t count(const json_t *record, const char *list, const char *key, const char *value)
{
	const json_t *all = json_object_get(record, list);
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *text = json_string_value(json_object_get(json_array_get(all, i), key));

		n += text && !strcmp(text, value);
	}
	return n;
}

/* The starts without the station's addresses, and without what BMCs have said in them. */
static json_t *starts_of(const json_t *record)
{
	const json_t *starts = json_object_get(record, "starts");
	json_t *made = json_array();

	for (size_t i = 0; i < json_array_size(starts); i++) {
		const json_t *start = json_array_get(starts, i);

		json_array_append_new(made, json_pack("{s:O, s:O, s:O?, s:O?}", "begun",
						      json_object_get(start, "begun"), "how",
						      json_object_get(start, "how"), "ended",
						      json_object_get(start, "ended"), "outcome",
						      json_object_get(start, "outcome")));
	}
	return made;
}

static json_t *text_or_null(const json_t *obj, const char *key)
{
	json_t *value = json_object_get(obj, key);

	return json_is_string(value) ? json_incref(value) : json_null();
}

static json_t *service_of(const json_t *record)
{
	const json_t *service = json_object_get(record, "service");

	return json_pack("{s:o, s:o, s:o}", "vendor", text_or_null(service, "vendor"), "product",
			 text_or_null(service, "product"), "redfish_version",
			 text_or_null(service, "redfish_version"));
}

static json_t *certified(const json_t *record, const json_t *efi, const char *policy)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:o}", "service", service_of(record), "starts",
			 starts_of(record), "power_actions",
			 (json_int_t)count(record, "actions", "what", "power"), "problems",
			 (json_int_t)count(record, "actions", "what", "problem"), "boot_order",
			 drive_order_compare(record, efi, policy));
}

/* The efi part of stored evidence; *ret NULL: there is none. */
static int stored_efi(const struct rows *rows, json_t **ret, struct err *err)
{
	const char *text = rows_text(rows, 1);

	*ret = NULL;
	return text && strcmp(text, "null") != 0 ? json_parse(text, strlen(text), ret, err) : 0;
}

int drive_certified(struct store *store, int64_t order, const json_t *evidence, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *stored = NULL;
	_cleanup_rows_ struct rows rows = {0};
	int r = drive_record_read(store, order, &record, err);

	*ret = NULL;
	if (r < 0 || !record)
		return r;
	r = store_query(store, &rows, err,
			"SELECT json_extract(body, '$.efi.boot'), json_extract(evidence, '$.efi') FROM "
			"orders WHERE seq = ?1",
			"i", order);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r == 0)
		return err_set(err, EIO, "store: order %lld is missing", (long long)order);
	if (r > 0)
		r = evidence ? 0 : stored_efi(&rows, &stored, err);
	if (r < 0)
		return r;
	*ret = certified(record, evidence ? json_object_get(evidence, "efi") : stored, rows_text(&rows, 0));
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}
