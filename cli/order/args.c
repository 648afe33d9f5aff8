/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says of an order, as the body of POST /v1/orders. What it means the station checks. */
#include "cli/order/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/network.h"
#include "protocol/order/order.h"

/* Adds the text of a file as body[key]; nothing when no file was named. */
static int add_file(json_t *body, const char *key, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r = path ? file_read(path, ORDER_USER_DATA_MAX, &text, NULL, err) : 0;

	if (r < 0 || !path)
		return r;
	return json_object_set_new(body, key, json_string(text)) < 0
		       ? err_set(err, EINVAL, "%s is not UTF-8", path)
		       : 0;
}

/* A file with JSON as body[key]. */
static int add_json(json_t *body, const char *key, const char *path, struct err *err)
{
	json_t *json = NULL;
	int r = path ? json_read_file(path, ORDER_USER_DATA_MAX, &json, err) : 0;

	if (r == 0 && json)
		json_object_set_new(body, key, json);
	return r;
}

static int add_network(json_t *body, const char *path, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = path ? json_read_file(path, NETWORK_FILE_MAX, &json, err) : 0;

	if (r == 0 && path)
		json_object_set(body, "network", json);
	return r;
}

/* False: it is not UTF-8. */
static bool add_text(json_t *body, const char *key, const char *text)
{
	return !text || json_object_set_new(body, key, json_string(text)) == 0;
}

static bool add_list(json_t *body, const char *key, const struct arg_list *list)
{
	json_t *array;
	bool good = true;

	if (!list->n)
		return true;
	array = json_array();
	for (unsigned i = 0; i < list->n; i++)
		good &= json_array_append_new(array, json_string(list->items[i])) == 0;
	return json_object_set_new(body, key, array) == 0 && good;
}

/* "67108864", "65536K", "64M", "1G". */
static int add_memory(json_t *body, const char *text, struct err *err)
{
	static const char units[] = "KMG";
	unsigned long long n;
	const char *unit;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (*text < '0' || *text > '9' || errno || n > (1ull << 53) || (*end && (!unit || end[1])))
		return err_set(err, EINVAL, "--memory: \"%s\" is not a size such as 64M", text);
	for (const char *u = units; unit && u <= unit; u++)
		n = n > (1ull << 43) ? (1ull << 53) : n << 10;
	json_object_set_new(body, "memory", json_integer((json_int_t)n));
	return 0;
}

static bool add_root(json_t *body, const struct order_args *c)
{
	_cleanup_json_ json_t *root = json_object();
	bool good = add_list(root, "disks", &c->root_disks) && add_text(root, "redundancy", c->redundancy) &&
		    add_text(root, "on_loss", c->on_loss);

	return good && (!json_object_size(root) || json_object_set(body, "root", root) == 0);
}

static int add_wipe(json_t *body, const struct order_args *c, struct err *err)
{
	_cleanup_json_ json_t *wipe = json_object();

	if (!add_list(wipe, "disks", &c->wipe_disks))
		return err_set(err, EINVAL, "names must be UTF-8");
	if (order_wipe_args_add(&c->wipe, wipe, err) < 0)
		return -err->code;
	if (json_object_size(wipe))
		json_object_set(body, "wipe", wipe);
	return 0;
}

static bool add_secure_boot(json_t *body, const struct order_args *c)
{
	_cleanup_json_ json_t *wish = json_object();
	bool good =
		add_text(wish, "keys", c->secure_boot) && add_text(wish, "handover", c->secure_boot_handover);

	return good && (!json_object_size(wish) || json_object_set(body, "secure_boot", wish) == 0);
}

int order_args_body(const struct order_args *c, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *body = json_object();
	int r;

	if (c->erase_only == (c->image != NULL))
		return err_set(err, EINVAL, "one of --image NAME and --erase-only is needed, not both");
	json_object_set_new(body, "image", json_null());
	if (!add_text(body, "image", c->image) || !add_root(body, c) ||
	    !add_list(body, "mirrors", &c->mirrors) || !add_text(body, "verify", c->verify) ||
	    !add_text(body, "boot", c->boot) || !add_text(body, "tpm", c->tpm) ||
	    !add_text(body, "handover", c->handover) || !add_text(body, "baseline", c->baseline) ||
	    !add_text(body, "class", c->class) || !add_list(body, "overlays", &c->overlays) ||
	    !add_secure_boot(body, c))
		return err_set(err, EINVAL, "names must be UTF-8");
	if (c->no_bmc)
		json_object_set_new(body, "bmc", json_false());
	if (c->begin_within)
		json_object_set_new(body, "begin_within", json_integer((json_int_t)c->begin_within));
	if (c->min_serial)
		json_object_set_new(body, "min_serial", json_integer((json_int_t)c->min_serial));
	r = add_memory(body, c->memory, err);
	if (r == 0)
		r = add_wipe(body, c, err);
	if (r == 0)
		r = order_efi_args_add(&c->efi, body, err);
	if (r == 0)
		r = order_gpu_arg_add(c->gpu, body, err);
	if (r == 0)
		r = add_json(body, "nic", c->nic, err);
	if (r == 0)
		r = add_file(body, "user_data", c->user_data, err);
	if (r == 0)
		r = add_file(body, "network_config", c->network_config, err);
	if (r == 0)
		r = add_network(body, c->network, err);
	if (r == 0)
		*ret = TAKE_PTR(body);
	return r;
}
