/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/power_reach.h"

#include <string.h>

#include "core/time.h"
#include "redfish/client.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define CONFLICTS_MAX 2 /* times that a 409 is tried again; rf_call() has done so where the BMC says why */

void rf_reach_clear(struct rf_reach *p)
{
	rf_action_clear(&p->reset);
	rf_system_clear(&p->system);
}

static int take_state(struct rf_reach *p, struct err *err)
{
	_cleanup_free_ char *plain = NULL;
	const char *state = NULL;
	int r = rf_need_str(p->system.json, p->system.path, "PowerState", &state, err);

	if (r < 0)
		return r;
	if (strlen(state) >= sizeof(p->state))
		return err_set(err, EBADMSG, "%s: a PowerState of %zu bytes", p->system.path, strlen(state));
	plain = rf_plain(state);
	snprintf(p->state, sizeof(p->state), "%s", plain);
	return 0;
}

static int look(struct rf_reach *p, struct err *err)
{
	int r = rf_system_read(p->bmc, &p->system, err);

	return r < 0 ? r : take_state(p, err);
}

bool rf_reach_is(const struct rf_reach *p, const char *state)
{
	return !strcmp(p->state, state);
}

int rf_reach_await(struct rf_reach *p, const char *state, unsigned ms, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + ms;

	for (;;) {
		int r = look(p, err);

		if (r < 0 || rf_reach_is(p, state))
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(p->bmc->loop, p->bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

const char *rf_reach_known(const struct rf_reach *p, const char *const *values)
{
	for (; *values; values++)
		if (!p->reset.allowed || rf_among(p->reset.allowed, *values))
			return *values;
	return NULL;
}

int rf_reach_act(struct rf_reach *p, const char *type, const char *wanted, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:s}", "ResetType", type);

	for (unsigned n = 0;; n++) {
		struct err refused;
		long status = 0;
		int r = rf_post(p->bmc, p->reset.target, body, &status, &refused);

		if (status != 409 || r == 0) {
			if (r < 0)
				*err = refused;
			return r;
		}
		r = look(p, err);
		if (r < 0 || rf_reach_is(p, wanted))
			return r;
		if (n == CONFLICTS_MAX) {
			*err = refused;
			return -err->code;
		}
		r = rf_sleep(p->bmc->loop, p->bmc->times.backoff << n, err);
		if (r < 0)
			return r;
	}
}

static int without_effect(struct rf_reach *p, const char *type, const char *wanted, unsigned ms,
			  struct err *err)
{
	return err_set(err, RF_UNCHANGED,
		       "%s%s: asked for %s, the BMC agreed, and after %u s PowerState is %s instead of %s",
		       p->bmc->origin, p->system.path, type, ms / 1000, p->state, wanted);
}

int rf_reach_state(struct rf_reach *p, const char *const *types, const char *wanted, struct err *err)
{
	const char *type = rf_reach_known(p, types);
	int r;

	if (rf_reach_is(p, wanted))
		return 0;
	if (!type)
		return err_set(err, EOPNOTSUPP, "%s%s: the BMC offers no %s", p->bmc->origin, p->system.path,
			       types[0]);
	r = rf_reach_act(p, type, wanted, err);
	if (r == 0)
		r = rf_reach_await(p, wanted, p->bmc->times.state, err);
	return r > 0 ? without_effect(p, type, wanted, p->bmc->times.state, err) : r;
}

int rf_reach_open(struct rf_bmc *bmc, struct rf_reach *p, struct err *err)
{
	int r = rf_system_find(bmc, &p->system, err);

	p->bmc = bmc;
	if (r == 0)
		r = take_state(p, err);
	return r;
}
