/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/media_slot.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"
#include "redfish/write.h"

void rf_slot_clear(struct rf_slot *slot)
{
	json_decref(slot->json);
	json_decref(slot->types);
	rf_action_clear(&slot->insert);
	rf_action_clear(&slot->eject);
	*slot = (struct rf_slot){0};
}

int rf_slot_read(struct rf_bmc *bmc, const char *path, struct rf_slot *ret, struct err *err)
{
	int r;

	*ret = (struct rf_slot){.path = path};
	r = rf_get(bmc, path, &ret->json, NULL, err);
	if (r == 0)
		r = rf_str(ret->json, path, "Image", &ret->image, err);
	if (r == 0)
		r = rf_bool(ret->json, path, "Inserted", &ret->inserted, err);
	if (r == 0)
		r = rf_strings(ret->json, path, "MediaTypes", &ret->types, err);
	if (r == 0)
		r = rf_action_find(bmc, ret->json, "#VirtualMedia.InsertMedia", "Image", &ret->insert, err);
	if (r == 0)
		r = rf_action_find(bmc, ret->json, "#VirtualMedia.EjectMedia", "Image", &ret->eject, err);
	if (ret->image && !ret->image[0])
		ret->image = NULL;
	return r;
}

static int read_again(struct rf_bmc *bmc, struct rf_slot *slot, struct err *err)
{
	struct rf_slot now;
	int r = rf_slot_read(bmc, slot->path, &now, err);

	if (r < 0) {
		rf_slot_clear(&now);
		return r;
	}
	rf_slot_clear(slot);
	*slot = now;
	return 0;
}

bool rf_slot_is(const struct rf_slot *slot, const char *id)
{
	const char *own = json_string_value(json_object_get(slot->json, "Id"));

	return !strcmp(rf_last_part(slot->path), id) || (own && !strcmp(own, id));
}

bool rf_slot_takes_disc(const struct rf_slot *slot)
{
	return !slot->types || rf_among(slot->types, "CD") || rf_among(slot->types, "DVD");
}

int rf_slot_describe(const struct rf_slot *slot, json_t **ret, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Image", "image"}, {"Inserted", "inserted", RF_FLAG}, {"ConnectedVia", "via"}, {}};
	_cleanup_json_ json_t *made = json_object();
	int r = rf_copy(slot->json, slot->path, fields, made, err);

	if (r < 0)
		return r;
	json_object_set_new(made, "slot", json_string(rf_last_part(slot->path)));
	json_object_set_new(made, "path", json_string(slot->path));
	json_object_set(made, "types", slot->types ? slot->types : json_null());
	*ret = TAKE_PTR(made);
	return 0;
}

/* Until it holds the image (NULL: nothing): 1 when it does not in time. Inserted alone says nothing: it may be stale. */
static int await(struct rf_bmc *bmc, struct rf_slot *slot, const char *image, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + bmc->times.settle;

	for (;;) {
		int r = read_again(bmc, slot, err);

		if (r < 0)
			return r;
		if (image ? slot->image && !strcmp(slot->image, image) && slot->inserted : !slot->image)
			return 0;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static int unchanged(const struct rf_bmc *bmc, const struct rf_slot *slot, const char *asked, struct err *err)
{
	_cleanup_free_ char *there = rf_plain(slot->image ? slot->image : "nothing");

	return err_set(err, RF_UNCHANGED, "%s%s: the BMC agreed to %s; there is %s, Inserted is %s",
		       bmc->origin, slot->path, asked, there, slot->inserted ? "true" : "false");
}

/* The action with the image alone, which Supermicro insists on; with all parameters for who wants those; PATCH where there is no action. */
static int ask_for(struct rf_bmc *bmc, const struct rf_slot *slot, const char *image, long *ret_status,
		   struct err *err)
{
	_cleanup_json_ json_t *bare = json_pack("{s:s}", "Image", image);
	_cleanup_json_ json_t *full =
		json_pack("{s:s, s:b, s:b}", "Image", image, "Inserted", 1, "WriteProtected", 1);
	struct err refused;
	int r;

	if (!bare || !full)
		return err_set(err, EINVAL, "the image's address must be UTF-8");
	if (!slot->insert.target[0])
		return rf_patch(bmc, slot->path, full, ret_status, err);
	r = rf_post(bmc, slot->insert.target, bare, ret_status, &refused);
	if (r < 0 && *ret_status == 400 && rf_post(bmc, slot->insert.target, full, ret_status, err) == 0)
		return 0;
	if (r < 0)
		*err = refused;
	return r;
}

int rf_slot_insert(struct rf_bmc *bmc, struct rf_slot *slot, const char *image, long *ret_status,
		   struct err *err)
{
	int r = 0;

	*ret_status = 0;
	if (slot->inserted || slot->image)
		r = rf_slot_eject(bmc, slot, err);
	if (r == 0)
		r = ask_for(bmc, slot, image, ret_status, err);
	if (r < 0)
		return r;
	*ret_status = 0;
	r = await(bmc, slot, image, err);
	return r > 0 ? unchanged(bmc, slot, "insert it", err) : r;
}

int rf_slot_eject(struct rf_bmc *bmc, struct rf_slot *slot, struct err *err)
{
	_cleanup_json_ json_t *nothing = json_object(); /* iLO wants it rather than no body */
	_cleanup_json_ json_t *empty = json_pack("{s:n, s:b}", "Image", "Inserted", 0);
	int r = slot->eject.target[0] ? rf_post(bmc, slot->eject.target, nothing, NULL, err)
				      : rf_patch(bmc, slot->path, empty, NULL, err);

	if (r == 0)
		r = await(bmc, slot, NULL, err);
	return r > 0 ? unchanged(bmc, slot, "eject", err) : r;
}
