/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/media.h"

#include "core/io.h"
#include "core/json.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/media_slot.h"
#include "redfish/system.h"
#include "redfish/value.h"

/* Below the managers: those of the system, or all where it names none. */
static int slots_of_managers(struct rf_bmc *bmc, const struct rf_system *system, struct rf_members *ret,
			     struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members managers = {0};
	int r = rf_links(bmc, system->json, system->path, "Links/ManagedBy", &managers, err);

	if (r == 0 && !managers.n)
		r = rf_members_at(bmc, bmc->root, "service root", "Managers", &managers, err);
	for (unsigned i = 0; i < managers.n && r == 0; i++) {
		_cleanup_json_ json_t *manager = NULL;

		r = rf_get(bmc, managers.paths[i], &manager, NULL, err);
		if (r == 0)
			r = rf_members_at(bmc, manager, managers.paths[i], "VirtualMedia", ret, err);
	}
	return r;
}

static int find_slots(struct rf_bmc *bmc, struct rf_members *ret, struct err *err)
{
	_cleanup_(rf_system_clear) struct rf_system system = {0};
	int r = rf_system_find(bmc, &system, err);

	if (r == 0)
		r = rf_members_at(bmc, system.json, system.path, "VirtualMedia", ret, err);
	if (r == 0 && !ret->n)
		r = slots_of_managers(bmc, &system, ret, err);
	return r;
}

static int add_described(const struct rf_slot *slot, json_t *list, struct err *err)
{
	json_t *one = NULL;
	int r = rf_slot_describe(slot, &one, err);

	if (r == 0)
		json_array_append_new(list, one);
	return r;
}

int rf_media_list(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members slots = {0};
	_cleanup_json_ json_t *list = json_array();
	int r = find_slots(bmc, &slots, err);

	for (unsigned i = 0; i < slots.n && r == 0; i++) {
		_cleanup_(rf_slot_clear) struct rf_slot slot;

		r = rf_slot_read(bmc, slots.paths[i], &slot, err);
		if (r == 0)
			r = add_described(&slot, list, err);
	}
	if (r == 0)
		*ret = TAKE_PTR(list);
	return r;
}

/* One slot: 1 when another is to be tried, and *err says why. */
static int try_slot(struct rf_bmc *bmc, const char *path, const char *image, const char *wanted, json_t **ret,
		    struct err *err)
{
	_cleanup_(rf_slot_clear) struct rf_slot slot;
	long status = 0;
	int r = rf_slot_read(bmc, path, &slot, err);

	if (r < 0)
		return r;
	if (wanted ? !rf_slot_is(&slot, wanted) : !rf_slot_takes_disc(&slot))
		return 1;
	r = rf_slot_insert(bmc, &slot, image, &status, err);
	if (r == 0)
		return rf_slot_describe(&slot, ret, err);
	/* some slots are there and can insert nothing */
	return !wanted && (status == 404 || status == 405 || status == 501) ? 1 : r;
}

int rf_media_insert(struct rf_bmc *bmc, const char *image, const char *slot, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members slots = {0};
	int r = find_slots(bmc, &slots, err);

	if (r < 0)
		return r;
	err_set(err, ENOENT, "%s has no slot %s%s for virtual media", bmc->origin,
		slot ? "" : "that takes a disc", slot ? slot : "");
	for (unsigned i = 0; i < slots.n; i++) {
		r = try_slot(bmc, slots.paths[i], image, slot, ret, err);
		if (r <= 0)
			return r;
	}
	return -err->code;
}

int rf_media_eject(struct rf_bmc *bmc, const char *slot_id, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members slots = {0};
	_cleanup_json_ json_t *list = json_array();
	bool found = false;
	int r = find_slots(bmc, &slots, err);

	for (unsigned i = 0; i < slots.n && r == 0; i++) {
		_cleanup_(rf_slot_clear) struct rf_slot slot;

		r = rf_slot_read(bmc, slots.paths[i], &slot, err);
		if (r < 0 || (slot_id ? !rf_slot_is(&slot, slot_id) : !slot.image && !slot.inserted))
			continue;
		found = true;
		if (slot.image || slot.inserted)
			r = rf_slot_eject(bmc, &slot, err);
		if (r == 0)
			r = add_described(&slot, list, err);
	}
	if (r == 0 && slot_id && !found)
		r = err_set(err, ENOENT, "%s has no slot %s for virtual media", bmc->origin, slot_id);
	if (r == 0)
		*ret = TAKE_PTR(list);
	return r;
}
