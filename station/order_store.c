/* SPDX-License-Identifier: Apache-2.0 */
/* Orders in the store, and the documents made of them. */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "station/classes.h"
#include "station/orders.h"
#include "station/out_of_band/baselines.h"
#include "station/secure_boot.h"
#include "station/seed.h"

static const char *const state_names[] = {"pending", "running", "handed-over", "live",
					  "erased",  "held",    "cancelled"};

#define COLUMNS "SELECT seq, id, node, state, requested_by, certificate_lease, image FROM orders "

const char *order_state_name(enum order_state state)
{
	return state_names[state];
}

static int read_row(struct rows *rows, struct order_row *ret, struct err *err)
{
	const char *state = rows_text(rows, 3);

	*ret = (struct order_row){.seq = rows_int(rows, 0),
				  .node = rows_int(rows, 2),
				  .certificate_lease = rows_int(rows, 5),
				  .has_image = *rows_text(rows, 6)};
	snprintf(ret->id, sizeof(ret->id), "%s", rows_text(rows, 1));
	snprintf(ret->requested_by, sizeof(ret->requested_by), "%s", rows_text(rows, 4));
	for (unsigned i = 0; i < sizeof(state_names) / sizeof(*state_names); i++) {
		if (strcmp(state_names[i], state) == 0) {
			ret->state = (enum order_state)i;
			return 0;
		}
	}
	return err_set(err, EIO, "store: order %s has a state that is not known", ret->id);
}

int order_by_id(struct store *store, const char *id, struct order_row *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE id = ?1", "s", id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, "there is no such order");
	return read_row(&rows, ret, err);
}

int order_by_seq(struct store *store, int64_t seq, struct order_row *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE seq = ?1", "i", seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, EIO, "store: order %lld is missing", (long long)seq);
	return read_row(&rows, ret, err);
}

int order_set_state(struct store *store, int64_t seq, enum order_state state, const char *step,
		    const char *reason, struct err *err)
{
	int r = store_exec(
		store, err,
		"UPDATE orders SET state = ?1, step = coalesce(?2, step), reason = coalesce(?3, reason),"
		" updated = ?4 WHERE seq = ?5",
		"sssii", order_state_name(state), step, reason, (int64_t)time(NULL), seq);

	if (r >= 0 && state >= ORDER_HANDED_OVER)
		r = store_exec(store, err, "DELETE FROM events WHERE order_seq = ?1 AND kind = 'progress'",
			       "i", seq);
	return r < 0 ? r : 0;
}

static int add_seed(const struct station *station, json_t *order, const char *phone_home, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s/phone-home/%s", station->http_url, phone_home);
	_cleanup_free_ char *meta_data = NULL, *user_data = NULL;
	const char *given = json_string_value(json_object_get(order, "user_data"));
	json_t *network = json_object_get(order, "network_config");
	int r;

	if (json_is_null(json_object_get(order, "image"))) /* no system would read it */
		return json_object_set_new(order, "cloud_init", json_null()) < 0
			       ? err_set(err, ENOMEM, "out of memory")
			       : 0;
	meta_data = seed_meta_data(json_string_value(json_object_get(order, "id")),
				   json_string_value(json_object_get(order, "node")));
	r = seed_user_data(url, given, &user_data, err);
	if (r < 0)
		return r;
	if (json_object_set_new(order, "cloud_init",
				json_pack("{s:s, s:s, s:O?}", "meta_data", meta_data, "user_data", user_data,
					  "network_config", network)) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

/* What would open a drive is for the agent alone: others see which drives there is something for. */
static void hide_secrets(json_t *order)
{
	json_t *secrets = json_object_get(json_object_get(order, "wipe"), "secrets"), *secret;
	size_t i;

	json_array_foreach(secrets, i, secret) {
		json_object_del(secret, "psid");
		json_object_del(secret, "sid");
	}
}

int order_complete(const struct station *station, json_t *order, const char *phone_home, struct err *err)
{
	int r = phone_home ? add_seed(station, order, phone_home, err) : 0;

	if (r == 0 && phone_home)
		r = secure_boot_complete(station, order, err);
	if (r < 0)
		return r;
	if (!phone_home)
		hide_secrets(order);
	/* What the seed was made of stays here. */
	json_object_del(order, "user_data");
	json_object_del(order, "network_config");
	return 0;
}

int order_document(const struct station *station, int64_t seq, const char *phone_home, json_t **ret,
		   struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *order = NULL, *class = NULL;
	const char *text;
	int r = store_query(station->store, &rows, err, "SELECT body FROM orders WHERE seq = ?1", "i", seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : "";
	r = json_parse(text, strlen(text), &order, err);
	if (r < 0)
		return err_set(err, EIO, "store: order %lld cannot be read", (long long)seq);
	r = order_complete(station, order, phone_home, err);
	if (r == 0)
		r = phone_home ? class_whole(station->store, seq, &class, err)
			       : class_named(station->store, seq, &class, err);
	if (r < 0)
		return r;
	if (json_is_object(class)) /* an agent that knows of none takes the others */
		json_object_set(order, "class", class);
	*ret = TAKE_PTR(order);
	return 0;
}

static bool same_text(const json_t *a, const json_t *b)
{
	const char *x = json_string_value(a), *y = json_string_value(b);

	return x && y && strcmp(x, y) == 0;
}

/* The entry of a step in a phase (a row is checked, run and verified in different ones), made when it is not there; it stands
 * once, as its newest lease did it. */
static json_t *step_entry(json_t *steps, const json_t *name, const json_t *phase)
{
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step) {
		if (same_text(json_object_get(step, "name"), name) &&
		    same_text(json_object_get(step, "phase"), phase))
			return step;
	}
	step = json_pack("{s:O, s:O?, s:n, s:n, s:n}", "name", name, "phase", phase, "begun", "ended",
			 "outcome");
	json_array_append_new(steps, step);
	return step;
}

static void step_event(json_t *steps, const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	const char *name = json_string_value(json_object_get(event, "step"));
	json_t *time_text = json_object_get(event, "time");
	json_t *step;

	if (!kind || !name || !*name)
		return;
	step = step_entry(steps, json_object_get(event, "step"), json_object_get(event, "phase"));
	if (strcmp(kind, "step-begun") == 0) {
		json_object_set(step, "begun", time_text);
		json_object_set_new(step, "ended", json_null());
		json_object_set_new(step, "outcome", json_null());
		return;
	}
	json_object_set(step, "ended", time_text);
	json_object_set_new(step, "outcome", json_string(strcmp(kind, "step-done") == 0 ? "done" : "failed"));
}

static int read_steps(struct store *store, int64_t seq, json_t *steps, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT event FROM events WHERE order_seq = ?1"
			    " AND kind IN ('step-begun', 'step-done', 'step-failed') ORDER BY id",
			    "i", seq);

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		_cleanup_json_ json_t *event = json_loads(rows_text(&rows, 0), 0, NULL);

		if (event)
			step_event(steps, event);
	}
	return r;
}

int order_summary(struct store *store, int64_t seq, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *steps = json_array(), *baseline = NULL, *class = NULL;
	char created[TIME_TEXT_SIZE], updated[TIME_TEXT_SIZE], begin_by[TIME_TEXT_SIZE];
	int r = store_query(
		store, &rows, err,
		"SELECT o.id, n.name, nullif(o.image, ''), o.state, o.step, o.reason, o.requested_by, "
		"o.created,"
		" o.updated, o.certificate_p7s IS NOT NULL, o.begin_by, (SELECT id FROM runs WHERE seq = "
		"o.run)"
		" FROM orders o JOIN nodes n ON n.id = o.node WHERE o.seq = ?1",
		"i", seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, EIO, "store: order %lld is missing", (long long)seq);
	r = read_steps(store, seq, steps, err);
	if (r == 0)
		r = baseline_named(store, seq, &baseline, err);
	if (r == 0)
		r = class_named(store, seq, &class, err);
	if (r < 0)
		return r;
	time_format(rows_int(&rows, 7), created);
	time_format(rows_int(&rows, 8), updated);
	time_format(rows_int(&rows, 10), begin_by);
	*ret = json_pack("{s:s, s:s, s:s?, s:s, s:s?, s:s?, s:s, s:s, s:s, s:s?, s:s?, s:b, s:O, s:O, s:O}",
			 "id", rows_text(&rows, 0), "node", rows_text(&rows, 1), "image", rows_text(&rows, 2),
			 "state", rows_text(&rows, 3), "step", rows_text(&rows, 4), "reason",
			 rows_text(&rows, 5), "requested_by", rows_text(&rows, 6), "created", created,
			 "updated", updated, "begin_by", rows_int(&rows, 10) ? begin_by : NULL, "run",
			 rows_text(&rows, 11), "certificate", (int)rows_int(&rows, 9), "steps", steps,
			 "baseline", baseline, "class", class);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}
