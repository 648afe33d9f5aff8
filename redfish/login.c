/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/login.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/session.h"

/* The same BMC, spoken to by somebody else. */
static int open_beside(struct rf_bmc *bmc, const char *user, const char *password, struct rf_bmc **ret,
		       struct err *err)
{
	const struct rf_bmc_options options = {
		.origin = bmc->origin,
		.trust = {.ca_file = bmc->ca_file, .ca_pem = bmc->ca_pem, .pin = bmc->pin},
		.user = user,
		.password = password,
		.basic = bmc->basic,
		.times = bmc->times,
	};
	int r = bmc->root ? 0 : rf_bmc_read_root(bmc, err);

	if (r < 0)
		return r;
	r = rf_bmc_new(bmc->loop, &options, ret, err);
	if (r < 0)
		return r;
	(*ret)->root = json_incref(bmc->root);
	(*ret)->any_encoding = bmc->any_encoding;
	memcpy((*ret)->sessions, bmc->sessions, sizeof(bmc->sessions));
	return 0;
}

/* Something that only a user may read, by HTTP basic. */
static int ask(struct rf_bmc *beside, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer = {0};
	struct rf_call call = {.method = "GET", .once = true};
	char path[RF_PATH_MAX];
	int r = rf_ref_at(beside->root, "service root", "Systems/@odata.id", beside->origin, path, err);

	if (r == 0 && !path[0])
		r = err_set(err, EOPNOTSUPP, "%s has neither sessions nor Systems to try a password on",
			    beside->origin);
	call.path = path;
	if (r == 0)
		r = rf_call(beside, &call, &answer, err);
	if (r < 0 || answer.status == 200 || answer.status == 403) /* the latter: known, and may not */
		return r;
	r = rf_answer_refused(&answer, "GET", path, err);
	return answer.status == 401 ? 1 : r;
}

int rf_login_try(struct rf_bmc *bmc, const char *user, const char *password, struct err *err)
{
	_cleanup_(rf_bmc_freep) struct rf_bmc *beside = NULL;
	struct err closing;
	int r = open_beside(bmc, user, password, &beside, err);

	if (r < 0)
		return r;
	r = rf_session_open(beside, err);
	if (r == -EACCES || r == -EPERM)
		return 1;
	if (r == 0 && beside->basic)
		r = ask(beside, err);
	if (rf_session_close(beside, &closing) < 0)
		log_debug("%s: %s", bmc->origin, closing.text);
	return r;
}
