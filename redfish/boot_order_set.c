/* SPDX-License-Identifier: Apache-2.0 */
/* The boot order written, and read again. */
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/boot_order_read.h"
#include "redfish/client.h"
#include "redfish/value.h"
#include "redfish/write.h"

/* Looks until the order is there, now or for the next start; 1: it is not. */
static int await(struct rf_bmc *bmc, struct rf_boot_place *place, const json_t *order, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + bmc->times.settle;

	for (;;) {
		_cleanup_json_ json_t *now = NULL, *later = NULL;
		int r = rf_boot_read(bmc, place, err);

		if (r == 0)
			r = rf_boot_order_now(place->boot, &now, err);
		if (r == 0)
			r = rf_boot_order_pending(place, now, &later, err);
		if (r < 0 || json_equal(now, order) || json_equal(later, order))
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static int unchanged(const struct rf_boot_place *place, const json_t *order, struct err *err)
{
	_cleanup_json_ json_t *now = NULL;
	_cleanup_free_ char *asked = rf_listed(order), *there = NULL, *plain_asked = rf_plain(asked),
			    *plain = NULL;
	int r = rf_boot_order_now(place->boot, &now, err);

	if (r < 0)
		return r;
	there = rf_listed(now);
	plain = rf_plain(there);
	return err_set(err, RF_UNCHANGED, "the BMC agreed to %s; there is %s", plain_asked, plain);
}

/* The System, and its settings where that refuses or does nothing; the other way round for BMCs that are known for it. */
static int write_order(struct rf_bmc *bmc, struct rf_boot_place *place, const json_t *order, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:{s:O}}", "Boot", "BootOrder", order);
	const bool settings_first = bmc->quirks & RF_QUIRK_SETTINGS_FIRST;
	int r = err_set(err, EOPNOTSUPP, "no place to write it to");

	for (unsigned i = 0; i < 2; i++) {
		char path[RF_PATH_MAX];
		long status = 0;

		memcpy(path, (i == 0) == settings_first ? place->settings : place->system.path, sizeof(path));
		if (!path[0])
			continue;
		r = rf_patch(bmc, path, body, &status, err);
		if (r < 0 && status != 400 && status != 403 && status != 405)
			return r;
		if (r == 0)
			r = await(bmc, place, order, err);
		if (r == 0 || (r < 0 && status < 400))
			return r;
		if (r > 0)
			r = unchanged(place, order, err);
	}
	return r;
}

int rf_boot_order_set(struct rf_bmc *bmc, const json_t *options, json_t **ret, struct err *err)
{
	_cleanup_(rf_boot_place_clear) struct rf_boot_place place = {0};
	_cleanup_json_ json_t *document = NULL, *order = NULL, *now = NULL;
	int r = rf_boot_find(bmc, &place, err);

	if (r == 0)
		r = rf_boot_order_describe(bmc, &place, &document, err);
	if (r == 0)
		r = rf_boot_order_make(document, options, &order, err);
	if (r == 0)
		r = rf_boot_order_now(place.boot, &now, err);
	if (r == 0 && !(json_equal(now, order) && json_is_null(json_object_get(document, "pending"))))
		r = write_order(bmc, &place, order, err);
	if (r < 0)
		return err_prepend(err, "%s: boot order", bmc->origin);
	return rf_boot_order_get(bmc, ret, err);
}
