/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/overlays.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/order/manifest.h"

#define WHAT "order.overlays[]"

static int read_one(const json_t *item, struct order_overlays *o, struct err *err)
{
	static const char *const keys[] = {"manifest_url", "manifest_sha256", "min_serial", NULL};
	struct order_overlay *to = &o->list[o->n];
	int r;

	if (!json_is_object(item))
		return err_set(err, EBADMSG, WHAT " must be an object");
	o->n++; /* cleared with the others from here on */
	if ((r = json_only_keys(item, WHAT, keys, err)) < 0 ||
	    (r = order_manifest_read(item, WHAT, &to->manifest_url, &to->manifest_sha256, &to->min_serial,
				     err)) < 0)
		return r;
	for (unsigned i = 0; i + 1 < o->n; i++)
		if (!strcmp(o->list[i].manifest_url, to->manifest_url))
			return err_set(err, EBADMSG, "order.overlays names %s twice", to->manifest_url);
	return 0;
}

int order_overlays_read(const json_t *json, struct order_overlays *ret, struct err *err)
{
	const json_t *there = json_object_get(json, "overlays");
	json_t *list;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_array(json, "order", "overlays", ORDER_OVERLAYS_MAX, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_one(json_array_get(list, i), ret, err);
	return r;
}

json_t *order_overlays_to_json(const struct order_overlays *o)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < o->n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s?, s:I}", "manifest_url", o->list[i].manifest_url,
						"manifest_sha256", o->list[i].manifest_sha256, "min_serial",
						(json_int_t)o->list[i].min_serial));
	return list;
}

void order_overlays_clear(struct order_overlays *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		free(o->list[i].manifest_url);
		free(o->list[i].manifest_sha256);
	}
	*o = (struct order_overlays){0};
}
