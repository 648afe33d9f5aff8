/* SPDX-License-Identifier: Apache-2.0 */
#include "station/bmc/change.h"

#include <stdio.h>

#include "core/log.h"
#include "core/secret.h"
#include "redfish/account_rotate.h"
#include "redfish/accounts.h"
#include "station/audit.h"
#include "station/bmc/login.h"
#include "station/bmc/store.h"
#include "station/context.h"
#include "station/store.h"

#define LIMIT_MS (10 * 60 * 1000)

struct change {
	const struct station *station;
	int64_t node;
	const char *candidate;
};

static int end_transaction(struct store *store, int r, struct err *err)
{
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	return store_commit(store, err);
}

static int keep(void *data, struct err *err)
{
	const struct change *change = data;
	struct store *store = change->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = bmc_store_candidate(change->station, change->node, change->candidate, err);
	return end_transaction(store, r, err);
}

static int settled(enum rf_password which, void *data, struct err *err)
{
	const struct change *change = data;
	struct store *store = change->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = which == RF_PASSWORD_CANDIDATE ? bmc_store_proven(change->station, change->node, err)
					   : bmc_store_candidate(change->station, change->node, NULL, err);
	return end_transaction(store, r, err);
}

static int user_of(const struct station *station, int64_t node, struct station_bmc *ret, struct err *err)
{
	int r = store_begin(station->store, err);

	if (r < 0)
		return r;
	r = bmc_store_look(station->store, node, ret, err);
	store_rollback(station->store);
	return r;
}

static int rotate(const struct station *station, int64_t node, struct rf_bmc *bmc, struct err *err)
{
	_cleanup_bmc_ struct station_bmc known = {0};
	_cleanup_(secret_freep) char *candidate = NULL;
	struct rf_password_policy policy = {0};
	struct change change = {.station = station, .node = node};
	struct rf_rotation rotation = {.keep = keep, .settled = settled, .data = &change};
	int r = user_of(station, node, &known, err);

	if (r == 0)
		r = rf_accounts_policy(bmc, &policy, err);
	if (r == 0)
		r = rf_password_make(&policy, &candidate, err);
	if (r < 0)
		return r;
	rotation.user = known.user;
	rotation.candidate = change.candidate = candidate;
	return rf_account_rotate(bmc, &rotation, err);
}

static void tell(const struct station *station, const char *name, int r, const struct err *why)
{
	struct store *store = station->store;
	char result[600];
	struct err err;

	if (r < 0)
		log_warn("node %s: the password of its BMC is not changed: %s", name, why->text);
	else
		log_info("node %s: its BMC has a new password", name);
	snprintf(result, sizeof(result), "%s%.500s", r < 0 ? "failed: " : "done", r < 0 ? why->text : "");
	if (store_begin(store, &err) < 0) {
		log_error("audit: %s", err.text);
		return;
	}
	r = audit_add(store, "station", "bmc-password", name, result, &err);
	if (end_transaction(store, r, &err) < 0)
		log_error("audit: %s", err.text);
}

int bmc_change(const struct station *station, struct rf_loop *loop, int64_t node, const char *name,
	       struct err *err)
{
	_cleanup_(rf_bmc_freep) struct rf_bmc *bmc = NULL;
	struct err closing;
	int r;

	rf_deadline(loop, LIMIT_MS);
	r = bmc_login_owner(station, loop, node, &(struct rf_times){0}, &bmc, err);
	if (r == 0)
		r = rotate(station, node, bmc, err);
	if (bmc && rf_bmc_close(bmc, &closing) < 0)
		log_warn("node %s: %s", name, closing.text);
	tell(station, name, r, err);
	return r;
}
