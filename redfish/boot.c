/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/boot.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/time.h"
#include "redfish/boot_state.h"
#include "redfish/client.h"
#include "redfish/value.h"
#include "redfish/write.h"

/* The BMC's word for a target, or NULL. */
static const char *target_word(const struct rf_bmc *bmc, enum rf_boot_target target, const json_t *allowed)
{
	static const char *const words[] = {
		[RF_BOOT_NONE] = "None", [RF_BOOT_PXE] = "Pxe",  [RF_BOOT_HTTP] = "UefiHttp",
		[RF_BOOT_CD] = "Cd",     [RF_BOOT_DISK] = "Hdd",
	};
	const char *word = words[target];

	if (target == RF_BOOT_CD && rf_among(allowed, "UsbCd") &&
	    ((bmc->quirks & RF_QUIRK_USB_CD) || !rf_among(allowed, word)))
		return "UsbCd";
	return target == RF_BOOT_NONE || !allowed || rf_among(allowed, word) ? word : NULL;
}

static int no_uri(const struct rf_bmc *bmc, struct err *err)
{
	const struct rf_quirk_row *row = rf_quirk_row(&bmc->identity, RF_QUIRK_NO_HTTP_URI);

	return err_set(err, EOPNOTSUPP, "%s does not boot from an HTTP address that Redfish names; %s",
		       bmc->origin, row && row->instead ? row->instead : "boot by PXE");
}

/* What is to be written, all of it together: AMI and ASRock take Target, Enabled and Mode no other way. A new object. */
static int make_body(const struct rf_bmc *bmc, const struct rf_boot_place *place,
		     const struct rf_boot_want *want, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *allowed = NULL, *body = json_object();
	const json_t *mode = json_object_get(place->boot, RF_BOOT_MODE);
	const char *word;
	int r = rf_strings(place->boot, "Boot", RF_BOOT_TARGET "@Redfish.AllowableValues", &allowed, err);

	if (r < 0)
		return r;
	word = target_word(bmc, want->target, allowed);
	if (!word) {
		_cleanup_free_ char *listed = rf_listed(allowed);
		_cleanup_free_ char *shown = rf_plain(listed);

		return err_set(err, EOPNOTSUPP, "%s does not boot that; it offers %s", bmc->origin, shown);
	}
	json_object_set_new(body, RF_BOOT_TARGET, json_string(word));
	json_object_set_new(body, RF_BOOT_ENABLED,
			    json_string(want->target == RF_BOOT_NONE ? "Disabled"
					: want->continuous           ? "Continuous"
								     : "Once"));
	if (want->target == RF_BOOT_NONE && json_is_string(mode))
		json_object_set(body, RF_BOOT_MODE, (json_t *)mode);
	else if (want->target != RF_BOOT_NONE && (mode || want->legacy))
		json_object_set_new(body, RF_BOOT_MODE, json_string(want->legacy ? "Legacy" : "UEFI"));
	if (want->uri)
		json_object_set_new(body, RF_BOOT_URI, json_string(want->uri));
	*ret = TAKE_PTR(body);
	return 0;
}

/* Looks until what was written is there, as long as a BMC may take: 1 when it is not. ret_pending: it is there for the next start. */
static int await(struct rf_bmc *bmc, struct rf_boot_place *place, const json_t *written, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + bmc->times.settle;

	for (;;) {
		json_t *later = NULL;
		bool now = false, then = false;
		int r = rf_boot_read(bmc, place, err);

		if (r == 0)
			r = rf_boot_is(place->boot, written, &now, err);
		if (r == 0 && place->pending)
			r = rf_object(place->pending, place->settings, "Boot", &later, err);
		if (r == 0)
			r = rf_boot_is(later, written, &then, err);
		if (r < 0 || now || then)
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

/* One place, with Mode and without where that is refused. Refusals are not the end: *ret_status says so. */
static int write_boot(struct rf_bmc *bmc, const char *path, json_t *boot, long *ret_status, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:O}", "Boot", boot);
	int r = rf_patch(bmc, path, body, ret_status, err);

	if (r == 0 || *ret_status != 400 || !json_object_get(boot, RF_BOOT_MODE))
		return r;
	log_debug("%s: Boot with a mode is refused (%s); without", bmc->origin, err->text);
	json_object_del(boot, RF_BOOT_MODE);
	return rf_patch(bmc, path, body, ret_status, err);
}

static int unchanged(const struct rf_bmc *bmc, const struct rf_boot_place *place, const json_t *written,
		     struct err *err)
{
	_cleanup_free_ char *asked = rf_boot_words(written), *there = rf_boot_words(place->boot);

	return err_set(err, RF_UNCHANGED, "%s%s: the BMC agreed to %s; there is %s", bmc->origin,
		       place->system.path, asked, there);
}

/* The System and its settings, in the order in which this BMC is known to take them; *ret_written is what was sent in the end. */
static int write_somewhere(struct rf_bmc *bmc, struct rf_boot_place *place, const json_t *wanted,
			   json_t **ret_written, struct err *err)
{
	const bool settings_first = bmc->quirks & RF_QUIRK_SETTINGS_FIRST;
	int r = err_set(err, EOPNOTSUPP, "%s: no place to write Boot to", bmc->origin);

	for (unsigned i = 0; i < 2; i++) {
		const bool settings = (i == 0) == settings_first;
		char path[RF_PATH_MAX];
		long status = 0;

		memcpy(path, settings ? place->settings : place->system.path, sizeof(path));
		if (!path[0])
			continue;
		json_decref(*ret_written);
		*ret_written = json_deep_copy(wanted);
		r = write_boot(bmc, path, *ret_written, &status, err);
		if (r < 0 && status != 400 && status != 403 && status != 405)
			return r;
		if (r == 0)
			r = await(bmc, place, *ret_written, err);
		if (r == 0)
			return 0;
		if (r > 0)
			r = unchanged(bmc, place, *ret_written, err);
		else if (!status)
			return r;
	}
	return r;
}

/* All is as asked but the address: the override is taken back, for it would boot what DHCP says. */
static int take_back(struct rf_bmc *bmc, struct rf_boot_place *place, const json_t *written, struct err *err)
{
	_cleanup_json_ json_t *rest = json_deep_copy(written), *none = NULL, *sent = NULL;
	const struct rf_boot_want nothing = {.target = RF_BOOT_NONE};
	struct err ignored;
	bool rest_is = false;
	int r;

	json_object_del(rest, RF_BOOT_URI);
	r = rf_boot_is(place->boot, rest, &rest_is, &ignored);
	if (r < 0 || !rest_is)
		return -err->code;
	r = make_body(bmc, place, &nothing, &none, err);
	if (r == 0)
		r = write_somewhere(bmc, place, none, &sent, err);
	return r < 0 ? err_prepend(err, "the BMC has not taken HttpBootUri, and taking the override back")
		     : no_uri(bmc, err);
}

int rf_boot_set(struct rf_bmc *bmc, const struct rf_boot_want *want, json_t **ret, struct err *err)
{
	_cleanup_(rf_boot_place_clear) struct rf_boot_place place = {0};
	_cleanup_json_ json_t *body = NULL, *written = NULL;
	int r = rf_boot_find(bmc, &place, err);

	if (r == 0 && want->uri && (bmc->quirks & RF_QUIRK_NO_HTTP_URI))
		r = no_uri(bmc, err);
	if (r == 0)
		r = make_body(bmc, &place, want, &body, err);
	if (r == 0)
		r = write_somewhere(bmc, &place, body, &written, err);
	if (r == -RF_UNCHANGED && want->uri)
		r = take_back(bmc, &place, written, err);
	return r < 0 ? r : rf_boot_get(bmc, ret, err);
}
