/* SPDX-License-Identifier: Apache-2.0 */
#include "station/bmc/login.h"

#include "core/log.h"
#include "redfish/account_rotate.h"
#include "redfish/password.h"
#include "station/bmc/rotate.h"
#include "station/bmc/store.h"
#include "station/context.h"
#include "station/store.h"

static int look_up(const struct station *station, int64_t node, struct station_bmc *ret, struct err *err)
{
	int r = store_begin(station->store, err);

	if (r < 0)
		return r;
	r = bmc_store_get(station, node, ret, err);
	store_rollback(station->store);
	return r;
}

static int make(struct rf_loop *loop, const struct station_bmc *bmc, const char *password,
		const struct rf_times *times, struct rf_bmc **ret, struct err *err)
{
	const struct rf_bmc_options options = {
		.origin = bmc->origin,
		.trust = {.ca_pem = bmc->ca_pem, .pin = bmc->pin[0] ? bmc->pin : NULL},
		.user = bmc->user,
		.password = password,
		.system = bmc->system,
		.basic = bmc->basic,
		.times = *times,
	};

	return rf_bmc_new(loop, &options, ret, err);
}

static int write_settled(const struct station *station, int64_t node, enum rf_password which, struct err *err)
{
	int r = store_begin(station->store, err);

	if (r < 0)
		return r;
	r = which == RF_PASSWORD_CANDIDATE ? bmc_store_proven(station, node, err)
					   : bmc_store_candidate(station, node, NULL, err);
	if (r < 0) {
		store_rollback(station->store);
		return r;
	}
	return store_commit(station->store, err);
}

/* One that speaks by the password that holds. */
static int settle(const struct station *station, struct rf_loop *loop, int64_t node,
		  const struct station_bmc *known, const struct rf_times *times, struct rf_bmc **ret,
		  struct err *err)
{
	_cleanup_(rf_bmc_freep) struct rf_bmc *bmc = NULL;
	enum rf_password which = RF_PASSWORD_OLD;
	int r = make(loop, known, known->password, times, &bmc, err);

	if (r == 0)
		r = rf_account_settle(bmc, known->user, known->password, known->candidate, &which, err);
	if (r == 0)
		r = write_settled(station, node, which, err);
	if (r < 0)
		return r;
	log_info("%s: a change of its password was cut off; the %s one holds", known->origin,
		 which == RF_PASSWORD_CANDIDATE ? "new" : "old");
	return make(loop, known, which == RF_PASSWORD_CANDIDATE ? known->candidate : known->password, times,
		    ret, err);
}

int bmc_login_owner(const struct station *station, struct rf_loop *loop, int64_t node,
		    const struct rf_times *times, struct rf_bmc **ret, struct err *err)
{
	_cleanup_bmc_ struct station_bmc known = {0};
	_cleanup_(rf_bmc_freep) struct rf_bmc *bmc = NULL;
	int r = look_up(station, node, &known, err);

	if (r < 0)
		return r;
	r = known.candidate ? settle(station, loop, node, &known, times, &bmc, err)
			    : make(loop, &known, known.password, times, &bmc, err);
	if (r == 0)
		r = rf_bmc_open(bmc, err);
	if (r < 0) { /* in the BMC's words, which may be ours */
		rf_password_hide(err, known.password);
		if (known.candidate)
			rf_password_hide(err, known.candidate);
		return r;
	}
	*ret = TAKE_PTR(bmc);
	return 0;
}

int bmc_login(const struct station *station, struct rf_loop *loop, int64_t node, const struct rf_times *times,
	      struct rf_bmc **ret, struct err *err)
{
	if (bmc_rotate_busy(station->bmc_rotate, node))
		return err_set(err, EAGAIN, "the password of the node's BMC is being changed");
	return bmc_login_owner(station, loop, node, times, ret, err);
}
