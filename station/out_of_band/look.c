/* SPDX-License-Identifier: Apache-2.0 */
/* For an order that the station drives through a BMC: the machine is looked at before it is started. */
#include "station/out_of_band/look.h"

#include "protocol/baseline/out_of_band.h"
#include "station/context.h"
#include "station/out_of_band/baselines.h"
#include "station/out_of_band/out_of_band.h"

static int find_baseline(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = baseline_of_order(store, order, ret, err);
	store_rollback(store);
	return r;
}

static int keep(struct store *store, int64_t order, const struct out_of_band *result, struct err *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = out_of_band_store(store, order, result, err);
	if (r == 0)
		return store_commit(store, err);
	store_rollback(store);
	return r;
}

int out_of_band_look(const struct drive_looking *looking, struct err *err)
{
	_cleanup_out_of_band_ struct out_of_band result = {0};
	_cleanup_json_ json_t *baseline = NULL;
	_cleanup_free_ char *reason = NULL;
	struct store *store = looking->station->store;
	int r = find_baseline(store, looking->order, &baseline, err);

	if (r == 0)
		r = out_of_band_read(looking->bmc, baseline, &result, err);
	if (r == 0)
		r = keep(store, looking->order, &result, err);
	if (r < 0)
		return r;
	reason = out_of_band_hold(result.document);
	if (!reason)
		return 0;
	err_set(err, EPERM, "%s", reason);
	return 1;
}
