/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/call.h"

#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "redfish/client.h"
#include "redfish/session.h"
#include "redfish/value.h"

#define TRIES_MAX     5 /* of what fails for a while */
#define REDIRECTS_MAX 3

/* What has been tried for one call. */
struct tries {
	unsigned n, redirects;
	bool login, encoding;
	uint64_t begun; /* ms */
	char path[RF_PATH_MAX];
};

static bool reads(const struct rf_call *call)
{
	return !strcmp(call->method, "GET");
}

static unsigned backoff(const struct rf_bmc *bmc, unsigned n)
{
	return bmc->times.backoff << (n < 4 ? n : 4);
}

static int exchange(struct rf_bmc *bmc, const struct rf_call *call, const struct tries *tries,
		    struct rf_answer *ret, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s%s", bmc->origin, tries->path);
	const bool basic = bmc->basic && !call->anonymous;
	const struct rf_exchange x = {
		.method = call->method,
		.url = url,
		.trust = {.ca_file = bmc->ca_file, .ca_pem = bmc->ca_pem, .pin = bmc->pin},
		.body = call->body,
		.len = call->len,
		.if_match = call->if_match,
		.token = call->anonymous || basic ? NULL : bmc->token,
		.user = basic ? bmc->user : NULL,
		.password = basic ? bmc->password : NULL,
		.any_encoding = bmc->any_encoding,
		.timeout_ms = bmc->times.exchange,
		.upload = call->upload,
		.stream = call->stream,
	};

	return rf_exchange(bmc->loop, bmc->curl, &x, ret, err);
}

/*
 * After an exchange that failed: may it be tried again, and after how many ms? A write that may have arrived is not repeated. (libcurl does so
 * itself, on a fresh connection, when one that is used again is reset before a word of an answer, as some HPE BMCs do.)
 */
static bool again_after_failure(struct rf_bmc *bmc, const struct rf_call *call, struct tries *tries, int code,
				unsigned *ret_wait)
{
	if (call->once || call->stream || ++tries->n >= TRIES_MAX)
		return false;
	*ret_wait = backoff(bmc, tries->n - 1);
	if (code == -ECONNREFUSED || code == -EHOSTUNREACH)
		return true;
	return reads(call) && ((code == -ECONNRESET && tries->n < 3) || (code == -ETIMEDOUT && tries->n < 2));
}

/* A redirect of a GET within the BMC; elsewhere nothing is sent. */
static int redirected(struct rf_bmc *bmc, struct tries *tries, const struct rf_answer *answer,
		      struct err *err)
{
	int r = rf_ref(bmc->origin, answer->location, tries->path, err);

	if (r == 0 && ++tries->redirects > REDIRECTS_MAX)
		r = err_set(err, ELOOP, "redirected over and over");
	return r < 0 ? r : 1;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* DSP0266, 13.3: the session has ended, or never was. */
static int login_anew(struct rf_bmc *bmc, struct tries *tries, struct err *err)
{
	int r;

	tries->login = true;
	log_debug("%s: the session has ended; logging in anew", bmc->origin);
	r = rf_session_renew(bmc, err);
	return r < 0 ? r : 1;
}

/* The status says that it may pass: how long to wait. */
static bool passes(struct rf_bmc *bmc, const struct rf_call *call, struct tries *tries,
		   const struct rf_answer *answer, unsigned *ret_wait)
{
	uint64_t spent = monotonic_ns() / 1000000 - tries->begun;

	if (call->once)
		return false;
	*ret_wait =
		answer->retry_after_s > 0 ? (unsigned)answer->retry_after_s * 1000 : backoff(bmc, tries->n);
	tries->n++;
	/* HPE, while the machine is in POST: minutes, so by the clock and not by number */
	if (answer->status >= 400 && rf_answer_says(answer, "UnableToModifyDuringSystemPOST"))
		return spent + *ret_wait < bmc->times.busy;
	if (answer->status == 429 || answer->status == 503 ||
	    (answer->status == 409 && rf_answer_says(answer, "ResourceInUse")))
		return tries->n < TRIES_MAX;
	return reads(call) && (answer->status == 500 || answer->status == 502 || answer->status == 504) &&
	       tries->n < 3;
}

/* After an answer: 1 to ask again, 0 when it is final, or an error. */
static int judge(struct rf_bmc *bmc, const struct rf_call *call, struct tries *tries,
		 const struct rf_answer *answer, struct err *err)
{
	unsigned wait_ms;
	int r;

	if (answer->status == 401 && bmc->token && !call->anonymous && !call->once && !tries->login)
		return login_anew(bmc, tries, err);
	if (answer->status == 406 && !bmc->any_encoding && !tries->encoding) {
		bmc->any_encoding = tries->encoding = true;
		return 1;
	}
	if (is_redirect(answer->status) && reads(call) && answer->location[0])
		return redirected(bmc, tries, answer, err);
	if (!passes(bmc, call, tries, answer, &wait_ms))
		return 0;
	log_debug("%s %s: HTTP %ld, again in %u ms", call->method, call->path, answer->status, wait_ms);
	r = rf_sleep(bmc->loop, wait_ms, err);
	return r < 0 ? r : 1;
}

/* One round: 1 to go on, 0 for an answer, or an error. */
static int round_trip(struct rf_bmc *bmc, const struct rf_call *call, struct tries *tries,
		      struct rf_answer *ret, struct err *err)
{
	struct err slept;
	unsigned wait_ms;
	int r;

	rf_answer_clear(ret);
	r = exchange(bmc, call, tries, ret, err);
	if (r == 0) {
		r = judge(bmc, call, tries, ret, err);
		return r < 0 ? err_prepend(err, "%s %s%s", call->method, bmc->origin, call->path) : r;
	}
	if (!again_after_failure(bmc, call, tries, r, &wait_ms))
		return r;
	return rf_sleep(bmc->loop, wait_ms, &slept) < 0 ? r : 1;
}

int rf_call(struct rf_bmc *bmc, const struct rf_call *call, struct rf_answer *ret, struct err *err)
{
	struct tries tries = {.begun = monotonic_ns() / 1000000};
	int r;

	*ret = (struct rf_answer){0};
	if (strlen(call->path) >= sizeof(tries.path))
		return err_set(err, EINVAL, "%s: too long a path", bmc->origin);
	memcpy(tries.path, call->path, strlen(call->path) + 1);
	do
		r = round_trip(bmc, call, &tries, ret, err);
	while (r > 0);
	return r;
}

/* The tag of a resource: in the header, or in the resource (DSP0266, 6.5). */
static int tag_of(const struct rf_answer *answer, const json_t *json, const char *path, char *ret,
		  struct err *err)
{
	const char *inside = NULL;
	int r = rf_str(json, path, "@odata.etag", &inside, err);

	if (r < 0)
		return r;
	ret[0] = '\0';
	if (answer->etag[0])
		snprintf(ret, RF_ETAG_MAX, "%s", answer->etag);
	else if (inside && strlen(inside) < RF_ETAG_MAX && !strpbrk(inside, "\r\n"))
		snprintf(ret, RF_ETAG_MAX, "%s", inside);
	return 0;
}

int rf_get(struct rf_bmc *bmc, const char *path, json_t **ret, char *ret_etag, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	_cleanup_json_ json_t *json = NULL;
	int r = rf_call(bmc, &(struct rf_call){.method = "GET", .path = path}, &answer, err);

	if (r < 0)
		return r;
	if (answer.status != 200)
		return rf_answer_refused(&answer, "GET", path, err);
	r = rf_answer_json(&answer, path, &json, err);
	if (r == 0 && ret_etag)
		r = tag_of(&answer, json, path, ret_etag, err);
	if (r == 0)
		*ret = TAKE_PTR(json);
	return r;
}
