/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alone_order.h"

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/standalone.h"

static int judge(const struct order *order, time_t now, struct err *err)
{
	char expires[TIME_TEXT_SIZE], today[TIME_TEXT_SIZE];

	if (!order->alone)
		return err_set(err, EPERM,
			       "is an order of a station's: it does not say which machine it means");
	if (now < order->alone->expires)
		return 0;
	time_format(order->alone->expires, expires);
	time_format(now, today);
	return err_set(err, EPERM, "has expired: it was good until %s, and this machine's clock says %s",
		       expires, today);
}

static int parse(const char *text, size_t len, time_t now, struct order **ret, struct err *err)
{
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *json = NULL;
	int r = json_parse(text, len, &json, err);

	if (r == 0)
		r = order_from_json(json, &order, err);
	if (r == 0)
		r = judge(order, now, err);
	if (r == 0)
		*ret = TAKE_PTR(order);
	return r;
}

int alone_order_read(const char *folder, const struct trust *trust, time_t now, struct alone_order *ret,
		     struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, ALONE_ORDER),
			    *sig_path = path_join(folder, ALONE_SIGNATURE);
	_cleanup_free_ char *text = NULL, *sig = NULL;
	struct alone_order order = {0};
	size_t len = 0, sig_len = 0;
	int r = file_read(path, STANDALONE_ORDER_MAX, &text, &len, err);

	if (r == 0)
		r = file_read(sig_path, CMS_MAX, &sig, &sig_len, err);
	if (r < 0)
		return err_prepend(err, "boot medium");
	r = cms_verify(text, len, sig, sig_len, trust, now, &order.signer, err);
	if (r < 0)
		return err_prepend(err, ALONE_SIGNATURE);
	r = parse(text, len, now, &order.order, err);
	if (r < 0)
		return err_prepend(err, ALONE_ORDER);
	sha256_hex(text, len, order.sha256);
	sha256_hex(sig, sig_len, order.signature_sha256);
	*ret = order;
	return 0;
}

void alone_order_clear(struct alone_order *order)
{
	order_free(order->order);
	*order = (struct alone_order){0};
}
