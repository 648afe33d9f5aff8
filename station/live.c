/* SPDX-License-Identifier: Apache-2.0 */
/* POST /phone-home/<token>: the tenant's system is up. */
#include <string.h>

#include "core/log.h"
#include "core/time.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/sign.h"

/* The addendum that closes the order's record; signed as the certificate is. */
static char *addendum_text(const char *order, const char *certificate_sha256, size_t *ret_len)
{
	_cleanup_json_ json_t *json = NULL;
	char now[TIME_TEXT_SIZE];

	time_format(time(NULL), now);
	json = json_pack("{s:i, s:s, s:s, s:s}", "addendum", 1, "certificate_sha256", certificate_sha256,
			 "order", order, "live", now);
	return json ? json_canonical(json, ret_len) : NULL;
}

static int certificate_hash(struct store *store, int64_t seq, char hex[SHA256_HEX_SIZE], struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const void *text;
	size_t len;
	int r = store_query(store, &rows, err, "SELECT certificate FROM orders WHERE seq = ?1", "i", seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_blob(&rows, 0, &len) : NULL;
	if (!text)
		return err_set(err, EIO, "store: an order without certificate has been handed over");
	sha256_hex(text, len, hex);
	return 0;
}

static int add_addendum(const struct station *station, const struct order_row *order, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *sig = NULL;
	char hex[SHA256_HEX_SIZE];
	size_t len = 0, sig_len = 0;
	int r = certificate_hash(station->store, order->seq, hex, err);

	if (r < 0)
		return r;
	text = addendum_text(order->id, hex, &len);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	r = station_sign(station, "addendum", text, len, &sig, &sig_len, err);
	if (r < 0)
		return r;
	r = store_exec(station->store, err,
		       "UPDATE orders SET addendum = ?1, addendum_p7s = ?2, phone_home = NULL WHERE seq = ?3",
		       "sbi", text, sig, sig_len, order->seq);
	return r < 0 ? r : 0;
}

int call_phone_home(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	char hash[SHA256_HEX_SIZE];
	struct order_row order;
	int64_t seq = 0;
	int r;

	if (token_hash(req->param[0], hash) < 0)
		return err_set(err, ENOENT, "there is nothing here");
	/* Not before the agent has handed over; until then the token stays good. */
	r = store_int(store, err, 0, &seq,
		      "SELECT seq FROM orders WHERE phone_home = ?1 AND state = 'handed-over'", "s", hash);
	if (r == 0 && !seq)
		return err_set(err, ENOENT, "there is nothing here");
	if (r == 0)
		r = order_by_seq(store, seq, &order, err);
	if (r == 0)
		r = add_addendum(req->station, &order, err);
	if (r == 0)
		r = order_set_state(store, seq, ORDER_LIVE, NULL, NULL, err);
	if (r == 0)
		r = node_set_state(store, order.node, NODE_LEASED, err);
	if (r < 0)
		return r;
	log_info("order %s: live", order.id);
	req->wake = true;
	return reply_empty(req, 204, err);
}
