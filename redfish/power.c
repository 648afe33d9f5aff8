/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/power.h"

#include <string.h>

#include "core/log.h"
#include "redfish/client.h"
#include "redfish/power_reach.h"

static int switch_on(struct rf_reach *p, struct err *err)
{
	static const char *const types[] = {"On", "ForceOn", NULL};

	/* To a BMC it is on until it is off, and there is nothing to do. */
	if (rf_reach_is(p, "PoweringOff") && rf_reach_await(p, "Off", p->bmc->times.state, err) < 0)
		return -err->code;
	return rf_reach_state(p, types, "On", err);
}

static int force_off(struct rf_reach *p, struct err *err)
{
	static const char *const types[] = {"ForceOff", NULL};

	return rf_reach_state(p, types, "Off", err);
}

static int not_shut_down(const struct rf_reach *p, bool offered, struct err *err)
{
	if (!offered)
		return err_set(err, EOPNOTSUPP, "%s: the BMC offers no GracefulShutdown; off can be forced",
			       p->bmc->origin);
	return err_set(err, ETIMEDOUT,
		       "%s: the machine has not shut down within %u s (PowerState is %s); it can be forced",
		       p->bmc->origin, p->bmc->times.grace / 1000, p->state);
}

static int shut_down(struct rf_reach *p, bool may_force, struct rf_power_done *done, struct err *err)
{
	static const char *const types[] = {"GracefulShutdown", NULL};
	const char *type = rf_reach_known(p, types);
	int r;

	if (rf_reach_is(p, "Off"))
		return 0;
	r = type ? rf_reach_act(p, type, "Off", err) : 1;
	if (r == 0)
		r = rf_reach_await(p, "Off", p->bmc->times.grace, err);
	if (r <= 0)
		return r;
	if (!may_force)
		return not_shut_down(p, type != NULL, err);
	done->forced = true;
	return force_off(p, err);
}

static int off_wait_on(struct rf_reach *p, struct rf_power_done *done, struct err *err)
{
	int r;

	done->cycled = true;
	r = force_off(p, err);
	if (r == 0)
		r = rf_sleep(p->bmc->loop, p->bmc->times.off, err);
	return r < 0 ? r : switch_on(p, err);
}

/* ForceRestart, and off, wait, on where that hangs, is known to, or is not offered. */
static int restart(struct rf_reach *p, struct rf_power_done *done, struct err *err)
{
	static const char *const types[] = {"ForceRestart", NULL};
	struct err hung;
	int r;

	if (rf_reach_is(p, "Off"))
		return switch_on(p, err);
	if (!rf_reach_known(p, types) || (p->bmc->quirks & RF_QUIRK_RESTART_HANGS))
		return off_wait_on(p, done, err);
	r = rf_reach_act(p, types[0], "", &hung);
	if (r < 0 && r != -ETIMEDOUT) {
		*err = hung;
		return r;
	}
	if (r == 0) /* the state may still be that of before */
		r = rf_sleep(p->bmc->loop, p->bmc->times.poll, err);
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	r = rf_reach_await(p, "On", p->bmc->times.state, err);
	if (r <= 0)
		return r;
	log_debug("%s: after ForceRestart PowerState stays %s: off, wait, on", p->bmc->origin, p->state);
	return off_wait_on(p, done, err);
}

int rf_power_state(struct rf_bmc *bmc, char state[RF_POWER_STATE_MAX], struct err *err)
{
	_cleanup_(rf_reach_clear) struct rf_reach p = {0};
	int r = rf_reach_open(bmc, &p, err);

	if (r == 0)
		memcpy(state, p.state, RF_POWER_STATE_MAX);
	return r;
}

static int do_it(struct rf_reach *p, enum rf_power what, bool may_force, struct rf_power_done *done,
		 struct err *err)
{
	int r;

	switch (what) {
	case RF_POWER_ON:
		return switch_on(p, err);
	case RF_POWER_OFF:
		return shut_down(p, may_force, done, err);
	case RF_POWER_FORCE_OFF:
		return force_off(p, err);
	case RF_POWER_RESTART:
		return restart(p, done, err);
	case RF_POWER_GRACEFUL_RESTART:
		r = shut_down(p, may_force, done, err);
		if (r == 0)
			r = rf_sleep(p->bmc->loop, p->bmc->times.off, err);
		return r < 0 ? r : switch_on(p, err);
	}
	return err_set(err, EINVAL, "no such action");
}

int rf_power_set(struct rf_bmc *bmc, enum rf_power what, bool may_force, struct rf_power_done *ret,
		 struct err *err)
{
	_cleanup_(rf_reach_clear) struct rf_reach p = {0};
	struct rf_power_done done = {0};
	int r = rf_reach_open(bmc, &p, err);

	if (r == 0)
		r = rf_action_find(bmc, p.system.json, "#ComputerSystem.Reset", "ResetType", &p.reset, err);
	if (r == 0 && !p.reset.target[0])
		r = err_set(err, EOPNOTSUPP, "%s%s cannot be reset by its BMC", bmc->origin, p.system.path);
	if (r < 0)
		return r;
	memcpy(done.before, p.state, sizeof(done.before));
	r = do_it(&p, what, may_force, &done, err);
	if (r < 0)
		return r;
	memcpy(done.after, p.state, sizeof(done.after));
	*ret = done;
	return 0;
}
