/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/wipe.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"

#define DISK_NAME_MAX 160

int order_read_list(const json_t *list, const char *what, unsigned max, size_t max_len, char ***ret,
		    unsigned *ret_n, struct err *err)
{
	size_t len = json_array_size(list);

	*ret = xcalloc(len ? len : 1, sizeof(**ret));
	if (len > max)
		return err_set(err, EBADMSG, "%s has %zu names, and %u are the most", what, len, max);
	for (size_t i = 0; i < len; i++) {
		_cleanup_json_ json_t *holder = json_pack("{sO}", "name", json_array_get(list, i));
		char item[64];
		const char *name;
		int r;

		snprintf(item, sizeof(item), "%s[]", what);
		r = json_get_str(holder, item, "name", max_len, &name, err);
		if (r < 0)
			return r;
		for (unsigned k = 0; k < *ret_n; k++)
			if (!strcmp((*ret)[k], name))
				return err_set(err, EBADMSG, "%s names \"%s\" twice", what, name);
		(*ret)[(*ret_n)++] = xstrdup(name);
	}
	return 0;
}

json_t *order_list_to_json(char *const *names, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

/* An empty list would be read as "all" by whoever counts the names. */
static int read_disks(const json_t *json, struct order_wipe *wipe, struct err *err)
{
	const json_t *disks = json_object_get(json, "disks");

	if (json_is_string(disks) && !strcmp(json_string_value(disks), "all"))
		return 0;
	if (!json_is_array(disks))
		return err_set(err, EBADMSG, "order.wipe.disks must be \"all\" or an array of names");
	if (json_array_size(disks) == 0)
		return err_set(err, EBADMSG, "order.wipe.disks must be \"all\" or 1 to %d names",
			       ORDER_DISKS_MAX);
	return order_read_list(disks, "order.wipe.disks", ORDER_DISKS_MAX, DISK_NAME_MAX, &wipe->disks,
			       &wipe->n_disks, err);
}

/* One of two words; the first where it is missing. */
static int read_word(const json_t *json, const char *key, const char *first, const char *second,
		     bool *ret_second, struct err *err)
{
	const char *text = first;
	int r = json_opt_str(json, "order.wipe", key, 16, &text, err);

	if (r < 0)
		return r;
	*ret_second = !strcmp(text, second);
	if (!*ret_second && strcmp(text, first) != 0)
		return err_set(err, EBADMSG, "order.wipe.%s must be \"%s\" or \"%s\"", key, first, second);
	return 0;
}

static int read_forbid(const json_t *json, struct order_wipe *wipe, struct err *err)
{
	const json_t *list = json_object_get(json, "forbid");

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return err_set(err, EBADMSG, "order.wipe.forbid must be an array of methods");
	return order_read_list(list, "order.wipe.forbid", ORDER_FORBID_MAX, ORDER_METHOD_MAX, &wipe->forbid,
			       &wipe->n_forbid, err);
}

static int read_secret_text(const json_t *json, const char *key, char **ret, struct err *err)
{
	const char *text = NULL;
	int r = json_opt_str(json, "order.wipe.secrets[]", key, ORDER_SECRET_MAX, &text, err);

	for (const char *p = text; r == 0 && p && *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			r = err_set(err, EBADMSG, "order.wipe.secrets[].%s must be printable ASCII", key);
	if (r == 0 && text)
		*ret = secret_dup(text);
	return r;
}

static int read_secret(const json_t *json, struct order_wipe *wipe, struct err *err)
{
	static const char *const keys[] = {"drive", "psid", "sid", NULL};
	struct order_secret *secret = &wipe->secrets[wipe->n_secrets];
	const char *drive;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "order.wipe.secrets[] must be objects");
	r = json_only_keys(json, "order.wipe.secrets[]", keys, err);
	if (!r)
		r = json_get_str(json, "order.wipe.secrets[]", "drive", DISK_NAME_MAX, &drive, err);
	for (unsigned i = 0; !r && i < wipe->n_secrets; i++)
		if (!strcmp(wipe->secrets[i].drive, drive))
			r = err_set(err, EBADMSG, "order.wipe.secrets names \"%s\" twice", drive);
	if (r)
		return r;
	secret->drive = xstrdup(drive);
	wipe->n_secrets++;
	r = read_secret_text(json, "psid", &secret->psid, err);
	if (!r)
		r = read_secret_text(json, "sid", &secret->sid, err);
	if (!r && !secret->psid && !secret->sid)
		r = err_set(err, EBADMSG, "order.wipe.secrets[] of \"%s\" carries neither psid nor sid",
			    drive);
	return r;
}

static int read_secrets(const json_t *json, struct order_wipe *wipe, struct err *err)
{
	const json_t *list = json_object_get(json, "secrets");
	int r = 0;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > ORDER_DISKS_MAX)
		return err_set(err, EBADMSG, "order.wipe.secrets must be an array of at most %d objects",
			       ORDER_DISKS_MAX);
	wipe->secrets = xcalloc(json_array_size(list) + 1, sizeof(*wipe->secrets));
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = read_secret(json_array_get(list, i), wipe, err);
	return r;
}

int order_wipe_read(const json_t *json, struct order_wipe *wipe, struct err *err)
{
	static const char *const keys[] = {"disks",      "level",   "forbid", "verify",
					   "namespaces", "secrets", NULL};
	json_t *w;
	int r = json_get_object(json, "order", "wipe", &w, err);

	if (!r)
		r = json_only_keys(w, "order.wipe", keys, err);
	if (!r)
		r = read_disks(w, wipe, err);
	if (!r)
		r = read_word(w, "level", "purge", "clear", &wipe->clear_allowed, err);
	if (!r)
		r = read_word(w, "verify", "full", "sampled", &wipe->sampled, err);
	if (!r)
		r = read_word(w, "namespaces", "keep", "single", &wipe->single_namespace, err);
	if (!r)
		r = read_forbid(w, wipe, err);
	return r ? r : read_secrets(w, wipe, err);
}

json_t *order_wipe_to_json(const struct order_wipe *wipe)
{
	json_t *secrets = json_array();

	for (unsigned i = 0; i < wipe->n_secrets; i++)
		json_array_append_new(secrets,
				      json_pack("{ss ss? ss?}", "drive", wipe->secrets[i].drive, "psid",
						wipe->secrets[i].psid, "sid", wipe->secrets[i].sid));
	return json_pack("{so ss ss ss so so}", "disks",
			 wipe->n_disks ? order_list_to_json(wipe->disks, wipe->n_disks) : json_string("all"),
			 "level", wipe->clear_allowed ? "clear" : "purge", "verify",
			 wipe->sampled ? "sampled" : "full", "namespaces",
			 wipe->single_namespace ? "single" : "keep", "forbid",
			 order_list_to_json(wipe->forbid, wipe->n_forbid), "secrets", secrets);
}

static void free_list(char **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

void order_wipe_clear(struct order_wipe *wipe)
{
	free_list(wipe->disks, wipe->n_disks);
	free_list(wipe->forbid, wipe->n_forbid);
	for (unsigned i = 0; i < wipe->n_secrets; i++) {
		free(wipe->secrets[i].drive);
		secret_free(wipe->secrets[i].psid);
		secret_free(wipe->secrets[i].sid);
	}
	free(wipe->secrets);
	*wipe = (struct order_wipe){0};
}
