/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/session.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/write.h"

#define LOGIN_MS 30000u /* that long a stop waits for a login under way */

static void forget(struct rf_bmc *bmc)
{
	secret_free(bmc->token);
	bmc->token = NULL;
	bmc->session[0] = '\0';
}

/* Where the session is: Location, or the resource's own name (DSP0266, 13.3.4.2). */
static int find_session(struct rf_bmc *bmc, const struct rf_answer *answer, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	struct err ignored;

	if (answer->location[0] && rf_ref(bmc->origin, answer->location, bmc->session, &ignored) == 0)
		return 0;
	if (rf_answer_json(answer, "session", &json, &ignored) < 0)
		return err_set(err, EBADMSG, "the BMC does not say where the session is");
	return rf_ref_at(json, "session", "@odata.id", bmc->origin, bmc->session, err);
}

static int take_session(struct rf_bmc *bmc, const struct rf_answer *answer, struct err *err)
{
	int r;

	if (!answer->token[0])
		return err_set(err, EBADMSG, "a session without X-Auth-Token");
	bmc->token = secret_dup(answer->token);
	r = find_session(bmc, answer, err);
	if (r == 0 && !bmc->session[0])
		r = err_set(err, EBADMSG,
			    "the BMC does not say where the session is, so it could not be ended");
	if (r < 0)
		forget(bmc);
	return r;
}

static int judge_login(struct rf_bmc *bmc, const struct rf_answer *answer, struct err *err)
{
	_cleanup_free_ char *message = NULL;

	if (answer->status >= 200 && answer->status < 300)
		return take_session(bmc, answer, err);
	/* Not once more by basic: BMCs lock accounts after some wrong passwords. */
	if (answer->status == 401 || answer->status == 403)
		return rf_answer_refused(answer, "POST", bmc->sessions, err);
	message = rf_answer_message(answer);
	log_debug("%s: no session (HTTP %ld%s%s); HTTP basic instead", bmc->origin, answer->status,
		  message ? ": " : "", message ? message : "");
	bmc->basic = true;
	return 0;
}

static int login(struct rf_bmc *bmc, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s}", "UserName", bmc->user, "Password", bmc->password);
	struct rf_call call = {.method = "POST", .path = bmc->sessions, .anonymous = true};
	char *text;
	int r;

	if (!body)
		return err_set(err, EINVAL, "user and password must be UTF-8");
	text = json_canonical(body, &call.len);
	call.body = text;
	r = rf_call(bmc, &call, &answer, err);
	wiping_free(text);
	return r < 0 ? r : judge_login(bmc, &answer, err);
}

int rf_session_open(struct rf_bmc *bmc, struct err *err)
{
	int r;

	if (bmc->basic)
		return 0;
	/* A stop in the middle would leave a session that nobody knows of. */
	rf_shield(bmc->loop, LOGIN_MS);
	r = login(bmc, err);
	rf_unshield(bmc->loop);
	return r < 0 ? err_prepend(err, "log in") : 0;
}

int rf_session_renew(struct rf_bmc *bmc, struct err *err)
{
	bmc->renewed++;
	forget(bmc);
	return rf_session_open(bmc, err);
}

int rf_session_close(struct rf_bmc *bmc, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer = {0};
	int r;

	if (!bmc->token)
		return 0;
	rf_shield(bmc->loop, bmc->times.closing);
	r = rf_delete_once(bmc, bmc->session, &answer, err);
	rf_unshield(bmc->loop);
	/* 401, 404: it had ended already */
	if (r == 0 && answer.status >= 300 && answer.status != 401 && answer.status != 404)
		r = rf_answer_refused(&answer, "DELETE", bmc->session, err);
	forget(bmc);
	return r < 0 ? err_prepend(err, "log out (the session may live on)") : 0;
}
