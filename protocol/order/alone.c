/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/alone.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

#define WHAT       "order.alone"
#define SERIAL_MAX 64 /* bytes; a drive's own have at most 63: agent/hw/block/block.h */

static int add_serial(struct order_alone *alone, const json_t *item, struct err *err)
{
	_cleanup_json_ json_t *holder = json_pack("{sO}", "serial", item);
	const char *serial;
	int r = json_get_str(holder, WHAT ".serials[]", "serial", SERIAL_MAX, &serial, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < alone->n_serials; i++)
		if (!strcmp(alone->serials[i], serial))
			return err_set(err, EBADMSG, WHAT ".serials names \"%s\" twice", serial);
	alone->serials[alone->n_serials++] = xstrdup(serial);
	return 0;
}

static int read_serials(const json_t *json, struct order_alone *alone, struct err *err)
{
	const json_t *list = json_object_get(json, "serials");
	size_t n = json_array_size(list);
	int r = 0;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || !n || n > ORDER_DISKS_MAX)
		return err_set(err, EBADMSG, WHAT ".serials must be null or 1 to %d serial numbers",
			       ORDER_DISKS_MAX);
	alone->serials = xcalloc(n, sizeof(*alone->serials));
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_serial(alone, json_array_get(list, i), err);
	return r;
}

/* A stick must not erase every machine that it meets. */
static int check_which(const struct order_alone *alone, const char *confirm, struct err *err)
{
	if (confirm && strcmp(confirm, "console") != 0)
		return err_set(err, EBADMSG, WHAT ".confirm must be null or \"console\"");
	if (!confirm == !alone->n_serials)
		return err_set(err, EBADMSG,
			       WHAT " needs one of serials, the drives' serial numbers, and confirm");
	if (alone->n_serials && !alone->once)
		return err_set(err, EBADMSG, WHAT ".once must be true where serials are given");
	return 0;
}

static int read_expires(const json_t *json, struct order_alone *alone, struct err *err)
{
	const char *text;
	int r = json_get_str(json, WHAT, "expires", TIME_TEXT_SIZE - 1, &text, err);

	if (!r && time_parse(text, &alone->expires) < 0)
		r = err_set(err, EBADMSG, WHAT ".expires is not a time such as 2026-11-22T21:00:00Z");
	return r;
}

int order_alone_read(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"serials", "confirm", "once", "expires", NULL};
	const json_t *object = json_object_get(json, "alone");
	const char *confirm = NULL;
	int r;

	if (!object || json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return err_set(err, EBADMSG, WHAT " must be an object or null");
	if (order_has_image(order))
		return err_set(err, EBADMSG, WHAT " goes with an order without image alone");
	order->alone = xcalloc(1, sizeof(*order->alone));
	r = json_only_keys(object, WHAT, keys, err);
	if (!r)
		r = read_serials(object, order->alone, err);
	if (!r)
		r = json_opt_str(object, WHAT, "confirm", 16, &confirm, err);
	if (!r)
		r = json_get_bool(object, WHAT, "once", &order->alone->once, err);
	if (!r)
		r = read_expires(object, order->alone, err);
	return r ? r : check_which(order->alone, confirm, err);
}

json_t *order_alone_to_json(const struct order_alone *alone)
{
	json_t *serials = json_null();
	char expires[TIME_TEXT_SIZE];

	if (!alone)
		return serials;
	time_format(alone->expires, expires);
	if (alone->n_serials)
		serials = json_array();
	for (unsigned i = 0; i < alone->n_serials; i++)
		json_array_append_new(serials, json_string(alone->serials[i]));
	return json_pack("{so ss? sb ss}", "serials", serials, "confirm", alone->n_serials ? NULL : "console",
			 "once", (int)alone->once, "expires", expires);
}

void order_alone_free(struct order_alone *alone)
{
	if (!alone)
		return;
	for (unsigned i = 0; i < alone->n_serials; i++)
		free(alone->serials[i]);
	free(alone->serials);
	free(alone);
}
