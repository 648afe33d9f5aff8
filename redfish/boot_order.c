/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/boot_order.h"

#include <string.h>

#include "core/io.h"
#include "redfish/boot_order_read.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/value.h"

/* {REFERENCE: {...}} of all boot options, as far as the BMC shows them. */
static int read_options(struct rf_bmc *bmc, const struct rf_boot_place *place, json_t *into, struct err *err)
{
	static const struct rf_field fields[] = {{"BootOptionReference", "reference"},
						 {"DisplayName", "name"},
						 {"Alias", "alias"},
						 {"BootOptionEnabled", "enabled", RF_FLAG},
						 {}};
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	int r = rf_members_at(bmc, place->boot, "Boot", "BootOptions", &members, err);

	if (r == 0 && members.n > RF_BOOT_OPTIONS_MAX)
		r = err_set(err, EFBIG, "%u boot options", members.n);
	for (unsigned i = 0; i < members.n && r == 0; i++) {
		_cleanup_json_ json_t *json = NULL, *made = json_object();
		const char *reference = NULL;

		r = rf_get(bmc, members.paths[i], &json, NULL, err);
		if (r == 0)
			r = rf_copy(json, members.paths[i], fields, made, err);
		if (r == 0)
			r = rf_need_str(json, members.paths[i], "BootOptionReference", &reference, err);
		if (r == 0)
			json_object_set(into, reference, made);
	}
	return r;
}

int rf_boot_order_now(const json_t *boot, json_t **ret, struct err *err)
{
	json_t *order = NULL;
	int r = rf_strings(boot, "Boot", "BootOrder", &order, err);

	if (r == 0 && !order)
		return err_set(err, EOPNOTSUPP, "the BMC does not show a boot order");
	if (r == 0 && json_array_size(order) > RF_BOOT_OPTIONS_MAX) {
		json_decref(order);
		return err_set(err, EFBIG, "a boot order of more than %d options", RF_BOOT_OPTIONS_MAX);
	}
	if (r == 0)
		*ret = order;
	return r;
}

int rf_boot_order_pending(const struct rf_boot_place *place, const json_t *now, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *order = NULL;
	json_t *later = NULL;
	int r = place->pending ? rf_object(place->pending, place->settings, "Boot", &later, err) : 0;

	if (r == 0 && later)
		r = rf_strings(later, "Boot", "BootOrder", &order, err);
	if (r == 0)
		*ret = order && !json_equal(order, now) ? TAKE_PTR(order) : json_null();
	return r;
}

static json_t *in_order(const json_t *order, json_t *options)
{
	json_t *list = json_array(), *reference;
	size_t i;

	json_array_foreach((json_t *)order, i, reference) {
		json_t *option = json_object_get(options, json_string_value(reference));

		if (option)
			json_array_append(list, option);
		else
			json_array_append_new(list, json_pack("{s:O, s:n, s:n, s:n}", "reference", reference,
							      "name", "alias", "enabled"));
	}
	json_array_foreach((json_t *)order, i, reference)
		json_object_del(options, json_string_value(reference));
	return list;
}

int rf_boot_order_describe(struct rf_bmc *bmc, const struct rf_boot_place *place, json_t **ret,
			   struct err *err)
{
	_cleanup_json_ json_t *order = NULL, *options = json_object(), *others = json_array();
	json_t *pending = NULL, *option;
	const char *reference;
	int r = rf_boot_order_now(place->boot, &order, err);

	if (r == 0)
		r = read_options(bmc, place, options, err);
	if (r == 0)
		r = rf_boot_order_pending(place, order, &pending, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:o, s:o, s:O}", "order", in_order(order, options), "pending", pending, "others",
			 others);
	json_object_foreach(options, reference, option) /* what in_order() has left */
		json_array_append(others, option);
	return 0;
}

int rf_boot_order_get(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_(rf_boot_place_clear) struct rf_boot_place place = {0};
	int r = rf_boot_find(bmc, &place, err);

	if (r == 0)
		r = rf_boot_order_describe(bmc, &place, ret, err);
	return r < 0 ? err_prepend(err, "%s: boot order", bmc->origin) : 0;
}

static bool is_called(const json_t *option, const char *text)
{
	static const char *const keys[] = {"reference", "name", "alias"};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = json_string_value(json_object_get(option, keys[i]));

		if (value && !strcmp(value, text))
			return true;
	}
	return false;
}

/* All of a list that are called so (NULL: all), if they are not in the order yet. */
static unsigned take(const json_t *list, const char *text, json_t *order)
{
	const json_t *option;
	unsigned n = 0;
	size_t i;

	json_array_foreach((json_t *)list, i, option) {
		const char *reference = json_string_value(json_object_get(option, "reference"));

		if (!reference || (text && !is_called(option, text)))
			continue;
		n++;
		if (!rf_among(order, reference))
			json_array_append_new(order, json_string(reference));
	}
	return n;
}

int rf_boot_order_make(const json_t *document, const json_t *options, json_t **ret, struct err *err)
{
	const json_t *list = json_object_get(document, "order"),
		     *others = json_object_get(document, "others");
	_cleanup_json_ json_t *order = json_array();
	const json_t *option;
	size_t i;

	json_array_foreach((json_t *)options, i, option) {
		const char *text = json_string_value(option);
		_cleanup_free_ char *shown = rf_plain(text ? text : "");

		if (!text || take(list, text, order) + take(others, text, order) == 0)
			return err_set(err, ENOENT, "there is no boot option %s", shown);
	}
	take(list, NULL, order);
	*ret = TAKE_PTR(order);
	return 0;
}
