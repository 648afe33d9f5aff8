/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order/open_orders.h"

#include <string.h>

#include "cli/watch/view.h"
#include "core/io.h"

#define LISTED 1000 /* orders that GET /v1/orders gives at most: docs/openapi.json */

int open_orders_begin(const struct client_options *client, const char *dir, struct open_orders *ret,
		      struct err *err)
{
	struct open_orders orders = {.dir = dir};
	int r = client_open(client, &orders.http, err);

	if (r == 0)
		r = client_json(orders.http, "GET", "/v1/whoami", NULL, NULL, err);
	if (r < 0) {
		http_free(orders.http);
		return r;
	}
	orders.known = json_object();
	*ret = orders;
	return 0;
}

void open_orders_end(struct open_orders *orders)
{
	http_free(orders->http);
	json_decref(orders->known);
	*orders = (struct open_orders){0};
}

/* Does any text in the order name the manifest's hash, or a path through the folder? */
static bool mentions(const json_t *json, const struct gc_entry *e, const char *path)
{
	const char *key, *text = json_string_value(json);
	json_t *value;
	size_t i;

	if (text)
		return !strcmp(text, e->sha256) || strstr(text, path);
	if (json_is_object(json)) {
		json_object_foreach((json_t *)json, key, value)
			if (mentions(value, e, path))
				return true;
	}
	json_array_foreach(json, i, value)
		if (mentions(value, e, path))
			return true;
	return false;
}

/* A name that is a folder here means that folder; else it may be the image's own name. */
static bool names(const struct open_orders *orders, const char *image, const struct gc_entry *e)
{
	_cleanup_free_ char *path = NULL;

	if (!strcmp(image, e->folder))
		return true;
	path = path_join(orders->dir, image);
	return e->name && !strcmp(image, e->name) && !strchr(image, '/') && access(path, F_OK) < 0;
}

/* The whole document, borrowed: its list shows neither the manifest nor the mirrors. */
static int whole(const struct open_orders *orders, const char *list, const char *id, json_t **ret,
		 struct err *err)
{
	_cleanup_free_ char *target = str_printf("%s/%s", list, id);
	int r;

	*ret = json_object_get(orders->known, target);
	if (*ret)
		return 0;
	if ((r = http_json(orders->http, "GET", target, NULL, ret, err)) < 0)
		return r;
	return json_object_set_new(orders->known, target, *ret) < 0
		       ? err_set(err, EPROTO, "%s: not there", target)
		       : 0;
}

/* An order, or what a run orders its nodes with, whose overlays are still names. */
static bool needs(const struct open_orders *orders, const json_t *order, const struct gc_entry *e)
{
	_cleanup_free_ char *path = str_printf("/%s/", e->folder);
	const char *image = json_string_value(json_object_get(order, "image")), *overlay;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(order, "overlays"), i, item)
		if ((overlay = json_string_value(item)) && names(orders, overlay, e))
			return true;
	return (image && names(orders, image, e)) || mentions(order, e, path);
}

static int order_uses(const struct open_orders *orders, const char *id, const struct gc_entry *e,
		      struct err *err)
{
	json_t *order;
	int r = whole(orders, "/v1/orders", id, &order, err);

	return r < 0 ? r : needs(orders, order, e) ? GC_USED_BY_ORDER : 0;
}

/* Open orders that are older than the ones that are listed: each is some node's. */
static int older_use(const struct open_orders *orders, json_t *listed, const struct gc_entry *e,
		     struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *node;
	size_t i;
	int r = http_json(orders->http, "GET", "/v1/nodes", NULL, &answer, err);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(answer, "nodes"), i, node) {
		const char *id = json_string_value(json_object_get(node, "order"));

		if (id && !json_object_get(listed, id) && (r = order_uses(orders, id, e, err)) != 0)
			return r;
	}
	return 0;
}

static int listed_use(const struct open_orders *orders, json_t *list, json_t *listed,
		      const struct gc_entry *e, struct err *err)
{
	json_t *order;
	size_t i;
	int r;

	json_array_foreach(list, i, order) {
		const char *id = json_string_value(json_object_get(order, "id"));
		const char *state = json_string_value(json_object_get(order, "state"));

		if (!id || !state)
			return err_set(err, EPROTO, "the station lists an order without id or state");
		json_object_set_new(listed, id, json_true());
		if (!watch_ended(state) && (r = order_uses(orders, id, e, err)) != 0)
			return r;
	}
	return 0;
}

/* Nodes that still wait in a run get its order later. */
static int run_uses(const struct open_orders *orders, const json_t *run, const struct gc_entry *e,
		    struct err *err)
{
	const char *id = json_string_value(json_object_get(run, "id"));
	const char *state = json_string_value(json_object_get(run, "state"));
	json_t *document;
	int r;

	if (!id || !state)
		return err_set(err, EPROTO, "the station lists a run without id or state");
	if (strcmp(state, "open") != 0 && strcmp(state, "stopped") != 0)
		return 0;
	if ((r = whole(orders, "/v1/runs", id, &document, err)) < 0)
		return r;
	return needs(orders, json_object_get(document, "order"), e) ? GC_USED_BY_RUN : 0;
}

static int any_run_uses(const struct open_orders *orders, const struct gc_entry *e, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *list, *run;
	size_t i;
	int r = http_json(orders->http, "GET", "/v1/runs", NULL, &answer, err);

	if (r < 0)
		return r;
	list = json_object_get(answer, "runs");
	if (!json_is_array(list))
		return err_set(err, EPROTO, "the station's list of runs is none");
	json_array_foreach(list, i, run)
		if ((r = run_uses(orders, run, e, err)) != 0)
			return r;
	return 0;
}

int open_orders_use(void *data, const struct gc_entry *e, struct err *err)
{
	const struct open_orders *orders = data;
	_cleanup_json_ json_t *answer = NULL, *listed = json_object();
	json_t *list;
	int r = http_json(orders->http, "GET", "/v1/orders", NULL, &answer, err);

	list = r < 0 ? NULL : json_object_get(answer, "orders");
	if (r == 0 && !json_is_array(list))
		r = err_set(err, EPROTO, "the station's list of orders is none");
	if (r == 0)
		r = listed_use(orders, list, listed, e, err);
	if (r == 0 && json_array_size(list) >= LISTED)
		r = older_use(orders, listed, e, err);
	if (r == 0)
		r = any_run_uses(orders, e, err);
	return r < 0 ? err_prepend(err, "which images do open orders use?") : r;
}
