/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/bmc.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/session.h"
#include "redfish/value.h"

#define ROOT     "/redfish/v1/"
#define SESSIONS "/redfish/v1/SessionService/Sessions" /* DSP0266, 13.3.4: where the root does not say */

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static unsigned or_default(unsigned ms, unsigned otherwise)
{
	return ms ? ms : otherwise;
}

static struct rf_times times_of(const struct rf_times *t)
{
	return (struct rf_times){
		.exchange = or_default(t->exchange, 60000),
		.backoff = or_default(t->backoff, 1000),
		.poll = or_default(t->poll, 2000),
		.settle = or_default(t->settle, 20000),
		.busy = or_default(t->busy, 600000),
		.task = or_default(t->task, 1800000),
		.state = or_default(t->state, 120000),
		.grace = or_default(t->grace, 300000),
		.off = or_default(t->off, 5000),
		.restart = or_default(t->restart, 600000),
		.closing = or_default(t->closing, 5000),
	};
}

int rf_bmc_new(struct rf_loop *loop, const struct rf_bmc_options *options, struct rf_bmc **ret,
	       struct err *err)
{
	_cleanup_(rf_bmc_freep) struct rf_bmc *bmc = xcalloc(1, sizeof(*bmc));

	if (!options->trust.ca_file && !options->trust.ca_pem && !options->trust.pin)
		return err_set(err, EINVAL, "%s: neither a CA nor a pin to know it by", options->origin);
	bmc->loop = loop;
	bmc->curl = curl_easy_init();
	if (!bmc->curl)
		return err_sys(err, ENOMEM, "HTTP client");
	bmc->origin = xstrdup(options->origin);
	bmc->ca_file = copy_or_null(options->trust.ca_file);
	bmc->ca_pem = copy_or_null(options->trust.ca_pem);
	bmc->pin = copy_or_null(options->trust.pin);
	bmc->system = copy_or_null(options->system);
	bmc->user = secret_dup(options->user);
	bmc->password = secret_dup(options->password);
	bmc->basic = options->basic;
	bmc->times = times_of(&options->times);
	bmc->identity = (struct rf_identity){"", "", "", bmc->model};
	*ret = TAKE_PTR(bmc);
	return 0;
}

void rf_bmc_free(struct rf_bmc *bmc)
{
	if (!bmc)
		return;
	curl_easy_cleanup(bmc->curl);
	secret_free(bmc->user);
	secret_free(bmc->password);
	secret_free(bmc->token);
	json_decref(bmc->root);
	free(bmc->origin);
	free(bmc->ca_file);
	free(bmc->ca_pem);
	free(bmc->pin);
	free(bmc->system);
	free(bmc);
}

void rf_bmc_identify(struct rf_bmc *bmc)
{
	bmc->quirks = rf_quirks_of(&bmc->identity);
}

static int take_text(const json_t *root, const char *name, const char **into, struct err *err)
{
	const char *text = NULL;
	int r = rf_str(root, ROOT, name, &text, err);

	if (r == 0)
		*into = text ? text : "";
	return r;
}

/* The service root is the one resource besides the sessions that needs no credentials (DSP0266, 13.2.2). */
int rf_bmc_read_root(struct rf_bmc *bmc, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	const struct rf_call call = {.method = "GET", .path = ROOT, .anonymous = true};
	int r = rf_call(bmc, &call, &answer, err);

	if (r < 0)
		return r;
	if (answer.status != 200)
		return rf_answer_refused(&answer, "GET", ROOT, err);
	json_decref(bmc->root);
	bmc->root = NULL;
	r = rf_answer_json(&answer, ROOT, &bmc->root, err);
	if (r == 0)
		r = take_text(bmc->root, "Vendor", &bmc->identity.vendor, err);
	if (r == 0)
		r = take_text(bmc->root, "Product", &bmc->identity.product, err);
	if (r == 0)
		r = take_text(bmc->root, "RedfishVersion", &bmc->identity.version, err);
	if (r == 0)
		r = rf_ref_at(bmc->root, ROOT, "Links/Sessions/@odata.id", bmc->origin, bmc->sessions, err);
	if (r == 0 && !bmc->sessions[0])
		snprintf(bmc->sessions, sizeof(bmc->sessions), SESSIONS);
	if (r == 0)
		rf_bmc_identify(bmc);
	return r;
}

int rf_bmc_open(struct rf_bmc *bmc, struct err *err)
{
	int r = rf_bmc_read_root(bmc, err);

	return r < 0 ? r : rf_session_open(bmc, err);
}

int rf_bmc_close(struct rf_bmc *bmc, struct err *err)
{
	return rf_session_close(bmc, err);
}

const json_t *rf_bmc_root(const struct rf_bmc *bmc)
{
	return bmc->root;
}

const char *rf_bmc_origin(const struct rf_bmc *bmc)
{
	return bmc->origin;
}
