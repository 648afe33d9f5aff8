/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/reset.h"

#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/back.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/manager.h"
#include "redfish/system.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define RESET    "#Manager.Reset"
#define DEFAULTS "#Manager.ResetToDefaults"
#define TYPE     "ResetType"

/* A BMC that is restarted. */
struct restart {
	struct rf_bmc *bmc;
	struct rf_manager manager;
	char before[64];  /* LastResetTime; "" */
	const char *seen; /* how; NULL: not yet */
	uint64_t begun;   /* ms */
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static int take_time(const struct rf_manager *manager, char time[64], struct err *err)
{
	const char *text = NULL;
	int r = rf_str(manager->json, manager->path, "LastResetTime", &text, err);

	if (r == 0)
		snprintf(time, 64, "%s", text ? text : "");
	return r;
}

static int offers(struct rf_bmc *bmc, const struct rf_manager *manager, const char *name, json_t **ret,
		  struct err *err)
{
	_cleanup_(rf_action_clear) struct rf_action action;
	int r = rf_action_find(bmc, manager->json, name, TYPE, &action, err);

	*ret = action.allowed ? json_incref(action.allowed) : json_null();
	return r;
}

int rf_reset_show(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Id", "manager"}, {"Model", "model"}, {"FirmwareVersion", "firmware"}, {}};
	_cleanup_(rf_manager_clear) struct rf_manager manager;
	_cleanup_json_ json_t *made = json_object(), *restart = NULL, *defaults = NULL;
	int r = rf_manager_find(bmc, &manager, err);

	if (r == 0)
		r = rf_copy(manager.json, manager.path, fields, made, err);
	if (r == 0)
		r = offers(bmc, &manager, RESET, &restart, err);
	if (r == 0)
		r = offers(bmc, &manager, DEFAULTS, &defaults, err);
	if (r < 0)
		return r;
	json_object_set_new(made, "path", json_string(manager.path));
	json_object_set(made, "restart", restart);
	json_object_set(made, "defaults", defaults);
	*ret = TAKE_PTR(made);
	return 0;
}

/* The first of the types (NULL-terminated) that the BMC offers; the first where it does not say. */
static int choose(const struct restart *s, const struct rf_action *action, const char *name,
		  const char *const *types, const char **ret, struct err *err)
{
	_cleanup_free_ char *listed = rf_listed(action->allowed), *shown = rf_plain(listed);

	for (const char *const *type = types; action->target[0] && *type; type++)
		if (!action->allowed || rf_among(action->allowed, *type)) {
			*ret = *type;
			return 0;
		}
	if (!action->target[0])
		return err_set(err, EOPNOTSUPP, "%s%s has no %s", s->bmc->origin, s->manager.path, name + 1);
	return err_set(err, EOPNOTSUPP, "%s%s: no %s of the type %s; it offers %s", s->bmc->origin,
		       s->manager.path, name + 1, types[0], shown);
}

/* Asks for it. That the connection breaks off while it answers is part of it. */
static int ask(struct restart *s, enum rf_reset what, const char **ret_type, struct err *err)
{
	static const char *const types[][4] = {
		[RF_RESET_RESTART] = {"GracefulRestart", "ForceRestart"},
		[RF_RESET_FORCE] = {"ForceRestart"},
		[RF_RESET_DEFAULTS] = {"ResetAll"},
		[RF_RESET_DEFAULTS_BUT_NETWORK] = {"PreserveNetwork"},
		[RF_RESET_DEFAULTS_BUT_ACCOUNTS] = {"PreserveNetworkAndUsers"},
	};
	const char *name = what == RF_RESET_RESTART || what == RF_RESET_FORCE ? RESET : DEFAULTS;
	_cleanup_(rf_action_clear) struct rf_action action;
	_cleanup_json_ json_t *body = NULL;
	struct rf_task_watch watch = {.may_restart = true};
	char session[RF_PATH_MAX];
	long status = 0;
	int r = rf_action_find(s->bmc, s->manager.json, name, TYPE, &action, err);

	if (r == 0)
		r = choose(s, &action, name, types[what], ret_type, err);
	if (r < 0)
		return r;
	body = json_pack("{s:s}", TYPE, *ret_type);
	memcpy(session, s->bmc->session, sizeof(session));
	r = rf_post_watched(s->bmc, action.target, body, &watch, &status, err);
	if (r < 0 && (!status || (status >= 200 && status <= 299)) && rf_may_be_away(s->bmc, r))
		watch.restarted = true;
	else if (r < 0)
		return r;
	/* It may all have happened while the action's task was followed. */
	if (watch.restarted)
		s->seen = "silence";
	else if (strcmp(session, s->bmc->session) != 0)
		s->seen = "session";
	return 0;
}

/* One look, without a retry and without a new session: has it restarted? */
static int look(struct restart *s, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	_cleanup_(rf_manager_clear) struct rf_manager now = {0};
	const struct rf_call call = {.method = "GET", .path = s->manager.path, .once = true};
	char time[64] = "";
	int r = rf_call(s->bmc, &call, &answer, err);

	if (r < 0 && !rf_may_be_away(s->bmc, r))
		return r;
	if (r < 0 || answer.status == 404 || answer.status >= 500)
		s->seen = "silence";
	else if (answer.status == 401)
		s->seen = "session";
	if (s->seen || answer.status != 200)
		return 0;
	memcpy(now.path, s->manager.path, sizeof(now.path));
	r = rf_answer_json(&answer, now.path, &now.json, err);
	if (r == 0)
		r = take_time(&now, time, err);
	if (r == 0 && time[0] && strcmp(time, s->before) != 0)
		s->seen = "time";
	return r;
}

static int await_away(struct restart *s, struct err *err)
{
	while (!s->seen) {
		int r = look(s, err);

		if (r < 0 || s->seen)
			return r;
		if (now_ms() - s->begun >= s->bmc->times.state)
			return err_set(
				err, RF_UNCHANGED,
				"%s%s: the BMC agreed to restart, and has answered for %u s as if it had not",
				s->bmc->origin, s->manager.path, s->bmc->times.state / 1000);
		r = rf_sleep(s->bmc->loop, s->bmc->times.poll, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* After it has been away. User and password may be others then; that is told, and no error. */
static int await_back(struct restart *s, json_t **ret_login, struct err *err)
{
	int r = rf_await_back(s->bmc, err);

	if (r == -ETIMEDOUT && rf_time_left(s->bmc->loop))
		return err_prepend(err, "the BMC restarts, and may have another address then");
	if (r == -EKEYREJECTED)
		return err_prepend(err, "it is back with another certificate; see 'remint bmc trust'");
	if (r < 0 && r != -EACCES)
		return r;
	*ret_login = json_boolean(r == 0);
	return 0;
}

static int restart(struct restart *s, enum rf_reset what, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *login = NULL;
	const char *type = NULL;
	int r = rf_manager_find(s->bmc, &s->manager, err);

	if (r == 0)
		r = take_time(&s->manager, s->before, err);
	if (r == 0)
		r = ask(s, what, &type, err);
	s->begun = now_ms();
	if (r == 0)
		r = await_away(s, err);
	if (r == 0)
		r = await_back(s, &login, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s, s:s, s:I, s:O}", "manager", rf_last_part(s->manager.path), "type", type,
			 "seen", s->seen, "seconds", (json_int_t)((now_ms() - s->begun) / 1000), "login",
			 login);
	return 0;
}

int rf_reset(struct rf_bmc *bmc, enum rf_reset what, json_t **ret, struct err *err)
{
	struct restart s = {.bmc = bmc};
	int r = restart(&s, what, ret, err);

	rf_manager_clear(&s.manager);
	return r;
}
