/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alone_use.h"

#include <string.h>

#include "agent/stick_file.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

#define RECORD_MAX (256 * 1024) /* bytes */

static char *record_name(const struct alone_order *order, unsigned n)
{
	return str_printf("used-%s-%u.json", order->order->id, n);
}

void alone_use_clear(struct alone_use *use)
{
	json_decref(use->drives);
	*use = (struct alone_use){0};
}

static json_t *names_of(const struct wipe_targets *targets)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < targets->n; i++) /* block_list() sorts by name */
		json_array_append_new(names, json_string(targets->drives[i]->name));
	return names;
}

static int read_head(const json_t *json, const struct alone_order *order, struct alone_use *use,
		     struct err *err)
{
	const char *digest = NULL, *nonce = NULL, *begun = NULL;
	uint64_t version;
	int r = json_get_u64(json, "use", "used", 1, 1, &version, err);

	if (!r)
		r = json_get_str(json, "use", "order_sha256", SHA256_HEX_SIZE - 1, &digest, err);
	if (!r && strcmp(digest, order->sha256) != 0)
		r = err_set(err, EBADMSG, "is a record of another order with this order's id");
	if (!r)
		r = json_get_str(json, "use", "nonce", sizeof(use->nonce) - 1, &nonce, err);
	if (!r)
		r = json_get_str(json, "use", "begun", TIME_TEXT_SIZE - 1, &begun, err);
	if (!r && time_parse(begun, &use->begun) < 0)
		r = err_set(err, EBADMSG, "use.begun is not a time");
	if (!r)
		snprintf(use->nonce, sizeof(use->nonce), "%s", nonce);
	return r;
}

static int parse(const char *text, size_t len, const struct alone_order *order, struct alone_use *use,
		 struct err *err)
{
	static const char *const keys[] = {"used",  "order_sha256", "nonce",  "machine",
					   "begun", "ended",        "drives", NULL};
	_cleanup_json_ json_t *json = NULL;
	json_t *drives = NULL;
	int r = json_parse(text, len, &json, err);

	if (!r && !json_is_object(json))
		r = err_set(err, EBADMSG, "not an object");
	if (!r)
		r = json_only_keys(json, "use", keys, err);
	if (!r)
		r = read_head(json, order, use, err);
	if (!r)
		r = json_get_bool(json, "use", "ended", &use->ended, err);
	if (!r)
		r = json_get_array(json, "use", "drives", ORDER_DISKS_MAX, &drives, err);
	if (!r)
		r = node_identity_from_json(json_object_get(json, "machine"), &use->machine, err);
	if (!r)
		use->drives = json_incref(drives);
	return r;
}

/* 1: there is such a record, 0: none. */
static int read_record(const char *folder, const struct alone_order *order, unsigned n, struct alone_use *use,
		       struct err *err)
{
	_cleanup_free_ char *name = record_name(order, n), *path = path_join(folder, name), *text = NULL;
	size_t len = 0;
	int r = file_read(path, RECORD_MAX, &text, &len, err);

	if (r == -ENOENT)
		return 0;
	*use = (struct alone_use){.n = n};
	if (r == 0)
		r = parse(text, len, order, use, err);
	return r < 0 ? err_prepend(err, "boot medium: %s", name) : 1;
}

static int refuse(const struct alone_use *use, bool same_machine, struct err *err)
{
	char begun[TIME_TEXT_SIZE];

	time_format(use->begun, begun);
	if (same_machine)
		return err_set(err, EPERM, "this order is good once, and this machine was erased by it on %s",
			       begun);
	return err_set(
		err, EPERM,
		"this order is good once, and another machine (serial %.100s, UUID %s) has used it on %s",
		*use->machine.serial ? use->machine.serial : "unknown",
		*use->machine.uuid ? use->machine.uuid : "unknown", begun);
}

static void begin(const struct node_identity *machine, unsigned n, const struct wipe_targets *targets,
		  time_t now, struct alone_use *ret)
{
	uint8_t random[(STANDALONE_NONCE_SIZE - 1) / 2];

	*ret = (struct alone_use){.n = n, .machine = *machine, .begun = now, .drives = names_of(targets)};
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), ret->nonce);
}

/* A use of this machine's is gone on with; one that has other drives now means that they are to be confirmed anew. */
static void resume(struct alone_use *use, const struct wipe_targets *targets, struct alone_use *ret)
{
	json_t *names = names_of(targets);

	*ret = *use;
	*use = (struct alone_use){0};
	ret->is_resumed = json_equal(ret->drives, names);
	json_decref(ret->drives);
	ret->drives = names;
}

int alone_use_choose(const char *folder, const struct alone_order *order, const struct node_identity *machine,
		     const struct wipe_targets *targets, time_t now, struct alone_use *ret, struct err *err)
{
	bool once = order->order->alone->once;

	for (unsigned n = 1; n <= ALONE_USES_MAX; n++) {
		_cleanup_(alone_use_clear) struct alone_use use = {0};
		int r = read_record(folder, order, n, &use, err);
		bool same = r > 0 && node_identity_matches(&use.machine, machine, NULL);

		if (r < 0)
			return r;
		if (r == 0) {
			begin(machine, n, targets, now, ret);
			return 0;
		}
		if (same && !use.ended) {
			resume(&use, targets, ret);
			return 0;
		}
		if (once)
			return refuse(&use, same, err);
	}
	return err_set(err, EPERM, "this medium has no room for more than %d uses of its order",
		       ALONE_USES_MAX);
}

int alone_use_write(const char *folder, const struct alone_order *order, const struct alone_use *use,
		    struct err *err)
{
	_cleanup_free_ char *name = record_name(order, use->n), *text = NULL;
	_cleanup_json_ json_t *json = NULL;
	char begun[TIME_TEXT_SIZE];
	size_t len = 0;

	time_format(use->begun, begun);
	json = json_pack("{si ss ss so ss sb sO}", "used", 1, "order_sha256", order->sha256, "nonce",
			 use->nonce, "machine", node_identity_to_json(&use->machine), "begun", begun, "ended",
			 (int)use->ended, "drives", use->drives);
	if (!json)
		return err_set(err, EBADMSG, "this machine's identity is not UTF-8");
	text = json_pretty(json, &len);
	return stick_file_write(folder, name, text, len, err);
}
