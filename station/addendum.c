/* SPDX-License-Identifier: Apache-2.0 */
#include "station/addendum.h"

#include <string.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/time.h"
#include "station/context.h"
#include "station/drive/record.h"
#include "station/drive/row.h"
#include "station/sign.h"
#include "station/store.h"

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

/* What the BMC says after the restart; not yet: nothing. */
static int add_bmc(struct store *store, int64_t seq, json_t *addendum, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	json_t *bmc = NULL;
	int r = drive_record_read(store, seq, &record, err);

	if (r < 0 || !json_is_true(json_object_get(record, "final")))
		return r;
	r = drive_certified(store, seq, NULL, &bmc, err);
	if (r == 0)
		json_object_set_new(addendum, "bmc", bmc);
	return r;
}

/* Signed as the certificate is. */
static int sign_and_store(const struct station *station, int64_t seq, const json_t *addendum, struct err *err)
{
	_cleanup_free_ uint8_t *sig = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0, sig_len = 0;
	int r;

	text = json_canonical(addendum, &len);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	r = station_sign(station, "addendum", text, len, &sig, &sig_len, err);
	if (r < 0)
		return r;
	r = store_exec(station->store, err,
		       "UPDATE orders SET addendum = ?1, addendum_p7s = ?2, phone_home = NULL WHERE seq = ?3",
		       "sbi", text, sig, sig_len, seq);
	return r < 0 ? r : 0;
}

int addendum_add(const struct station *station, int64_t order, const char *id, struct err *err)
{
	_cleanup_json_ json_t *addendum = NULL;
	char now[TIME_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	int r = certificate_hash(station->store, order, hex, err);

	if (r < 0)
		return r;
	time_format(time(NULL), now);
	addendum = json_pack("{s:i, s:s, s:s, s:s}", "addendum", 1, "certificate_sha256", hex, "order", id,
			     "live", now);
	r = add_bmc(station->store, order, addendum, err);
	return r < 0 ? r : sign_and_store(station, order, addendum, err);
}

int addendum_renew(const struct station *station, int64_t order, struct err *err)
{
	_cleanup_json_ json_t *addendum = NULL;
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(station->store, &rows, err, "SELECT addendum FROM orders WHERE seq = ?1", "i",
			    order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : NULL;
	if (!text)
		return 0;
	r = json_parse(text, strlen(text), &addendum, err);
	if (r == 0)
		r = add_bmc(station->store, order, addendum, err);
	return r < 0 ? r : sign_and_store(station, order, addendum, err);
}
