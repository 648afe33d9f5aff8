/* SPDX-License-Identifier: Apache-2.0 */
/* One action on many BMCs at once, on one thread. */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/bmc/credentials.h"
#include "cli/client.h"
#include "cli/stop.h"
#include "core/io.h"
#include "core/log.h"
#include "redfish/trust.h"

#define TIMEOUT_S   900
#define POLL_MS     1000
#define SETTLE_MAX  20 /* seconds in which what was written must be seen, at most */
#define SECONDS_MAX 86400

struct job {
	struct rf_loop *loop;
	struct rf_bmc *bmc;
	const struct bmc_action *action;
	char *origin;
	unsigned timeout_ms;
	int r;
	json_t *result;          /* NULL: it failed */
	struct err err, closing; /* the latter: why the session may live on */
};

struct jobs {
	struct job all[BMC_HOSTS_MAX];
	unsigned n;
};

static void jobs_free(struct jobs *jobs)
{
	for (unsigned i = 0; i < jobs->n; i++) {
		rf_bmc_free(jobs->all[i].bmc);
		json_decref(jobs->all[i].result);
		free(jobs->all[i].origin);
	}
	free(jobs);
}
DEFINE_CLEANUP(struct jobs *, jobs_free);

const char *bmc_setting(const char *option, const char *name)
{
	const char *value = getenv(name);

	return option ? option : value && *value ? value : NULL;
}

/* In the loop: from login to logout, whatever happens between. */
static void work(void *data)
{
	struct job *job = data;

	rf_deadline(job->loop, job->timeout_ms);
	job->r = job->action->anonymous ? 0 : rf_bmc_open(job->bmc, &job->err);
	if (job->r == 0)
		job->r = job->action->run(job->bmc, job->action->what, &job->result, &job->err);
	if (rf_bmc_close(job->bmc, &job->closing) == 0)
		job->closing.code = 0;
}

static unsigned timeout_of(const struct bmc_options *o, const struct bmc_action *action)
{
	return o->timeout_s ? (unsigned)o->timeout_s : action->timeout_s ? action->timeout_s : TIMEOUT_S;
}

static struct rf_times times_of(const struct bmc_options *o, const struct bmc_action *action)
{
	const unsigned poll = o->poll_ms ? (unsigned)o->poll_ms : POLL_MS, wait = (unsigned)o->wait_s;

	return (struct rf_times){
		.poll = poll,
		.backoff = poll,
		.state = wait * 1000,
		.grace = wait * 1000,
		.settle = (wait < SETTLE_MAX ? wait : SETTLE_MAX) * 1000,
		.restart = wait * 1000,
		.task = timeout_of(o, action) * 1000,
	};
}

/* How one BMC is known: by its own entry in the file, else by the CA. */
static int find_trust(const json_t *known, const char *origin, const char *ca, char pin[RF_PIN_SIZE],
		      struct rf_trust *ret, struct err *err)
{
	int r = known ? rf_known_pin(known, origin, pin, err) : 0;

	if (r < 0)
		return r;
	*ret = (struct rf_trust){.pin = known && pin[0] ? pin : NULL, .ca_file = ca};
	if (!ret->pin && !ca)
		return err_set(err, EKEYREJECTED,
			       "%s is not known; look at its certificate and record it: remint bmc trust "
			       "--known FILE "
			       "%s (or name its --ca)",
			       origin, origin);
	return 0;
}

static int add_job(struct jobs *jobs, struct rf_loop *loop, const struct bmc_options *o, const json_t *known,
		   const struct bmc_credentials *as, const char *host, struct err *err)
{
	struct job *job = &jobs->all[jobs->n];
	struct rf_bmc_options options = {
		.user = as->user,
		.password = as->password,
		.system = o->system,
		.basic = o->basic,
		.times = times_of(o, job->action),
	};
	char pin[RF_PIN_SIZE] = "";
	int r = rf_origin(host, &job->origin, err);

	if (r < 0)
		return r;
	jobs->n++;
	for (unsigned i = 0; i + 1 < jobs->n; i++)
		if (!strcmp(jobs->all[i].origin, job->origin))
			return err_set(err, EINVAL, "%s is named twice", job->origin);
	options.origin = job->origin;
	r = find_trust(known, job->origin, bmc_setting(o->ca, "REMINT_BMC_CA"), pin, &options.trust, err);
	if (r == 0)
		r = rf_bmc_new(loop, &options, &job->bmc, err);
	if (r == 0)
		r = rf_spawn(loop, work, job, err);
	job->loop = loop;
	job->timeout_ms = timeout_of(o, job->action) * 1000;
	return r;
}

static int check_numbers(const struct bmc_options *o, struct err *err)
{
	if (o->timeout_s > SECONDS_MAX || o->wait_s > SECONDS_MAX || o->poll_ms > 60000)
		return err_set(err, EINVAL, "--timeout and --wait are at most %d seconds, --poll 60000 ms",
			       SECONDS_MAX);
	return 0;
}

static int add_jobs(struct jobs *jobs, struct rf_loop *loop, const struct bmc_options *o,
		    const char *const *hosts, const struct bmc_action *action, struct err *err)
{
	_cleanup_(bmc_credentials_clear) struct bmc_credentials as = {0};
	_cleanup_json_ json_t *known = NULL;
	const char *file = bmc_setting(o->known, "REMINT_BMC_KNOWN");
	int r = check_numbers(o, err);

	if (r == 0 && file)
		r = rf_known_read(file, &known, err);
	if (r == 0)
		r = bmc_credentials_read(o->credentials, &as, err);
	for (; r == 0 && *hosts; hosts++) {
		jobs->all[jobs->n].action = action;
		r = add_job(jobs, loop, o, known, &as, *hosts, err);
	}
	return r;
}

static json_t *as_json(const struct job *job)
{
	if (job->r == 0)
		return json_pack("{s:s, s:O}", "bmc", job->origin, "result", job->result);
	return json_pack("{s:s, s:s}", "bmc", job->origin, "error", job->err.text);
}

/* What went well to standard output, what did not to standard error too; the exit status. */
static int report(const struct jobs *jobs, bool json)
{
	_cleanup_json_ json_t *all = json_array(), *document = json_pack("{s:O}", "bmcs", all);
	int status = EXIT_SUCCESS;

	for (unsigned i = 0; i < jobs->n; i++) {
		const struct job *job = &jobs->all[i];

		json_array_append_new(all, as_json(job));
		if (job->r < 0)
			status = fail_with(&job->err);
		if (job->closing.code)
			log_warn("%s", job->closing.text);
		if (job->r < 0 || json || !job->action->show)
			continue;
		if (jobs->n > 1)
			printf("%s%s\n", i ? "\n" : "", job->origin);
		job->action->show(job->result);
	}
	if (json && jobs->n && jobs->all[0].action->show)
		print_json(document);
	return status;
}

int bmc_on_all(const struct bmc_options *options, const char *const *hosts, const struct bmc_action *action)
{
	_cleanup_(rf_loop_freep) struct rf_loop *loop = NULL;
	_cleanup_(jobs_freep) struct jobs *jobs = xcalloc(1, sizeof(*jobs));
	struct err err;
	int r;

	secret_process();
	r = rf_loop_new(&(struct rf_loop_options){.cancelled = stop_asked}, &loop, &err);
	if (r == 0)
		r = add_jobs(jobs, loop, options, hosts, action, &err);
	if (r < 0)
		return fail_with(&err);
	stop_begin();
	r = rf_loop_run(loop, &err);
	stop_end();
	return r < 0 ? fail_with(&err) : report(jobs, options->json);
}
