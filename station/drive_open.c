/* SPDX-License-Identifier: Apache-2.0 */
/* A visit to a BMC begins and ends. */
#include "core/json.h"
#include "core/log.h"
#include "redfish/value.h"
#include "station/bmc_store.h"
#include "station/drive_job.h"

#define BOOT_MAX (32 * 1024) /* bytes of a BMC's boot settings, as they are kept */

static unsigned at_most(unsigned ms, unsigned max)
{
	return ms < max ? ms : max;
}

/* Nothing waits for longer than the machine itself may take. */
static struct rf_times times_of(const struct drive_options *options)
{
	const unsigned within = options->boot_within_s * 1000, look = within / 100;

	return (struct rf_times){
		.poll = at_most(look, 2000),
		.backoff = at_most(look, 1000),
		.settle = at_most(within, 20000),
		.state = at_most(within, 120000),
		.off = at_most(look, 5000),
		.task = at_most(within, 900000),
		.busy = at_most(within, 600000),
	};
}

static int make(struct drive_job *job, struct err *err)
{
	struct store *store = job->station->store;
	_cleanup_bmc_ struct station_bmc known = {0};
	struct rf_bmc_options options = {.times = times_of(&job->options)};
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = bmc_store_get(job->station, job->row.node, &known, err);
	store_rollback(store);
	if (r < 0)
		return r;
	options.origin = known.origin;
	options.trust = (struct rf_trust){.ca_pem = known.ca_pem, .pin = known.pin[0] ? known.pin : NULL};
	options.user = known.user;
	options.password = known.password;
	options.system = known.system;
	options.basic = known.basic;
	return rf_bmc_new(job->loop, &options, &job->bmc, err);
}

int drive_open(struct drive_job *job, struct err *err)
{
	int r = make(job, err);

	if (r == 0)
		r = rf_bmc_open(job->bmc, err);
	if (r == 0)
		r = rf_system_find(job->bmc, &job->system, err);
	return r < 0 ? r : drive_check_machine(job, err);
}

/* All of it is kept, and each time that it is read. */
static int check_size(const struct drive_job *job, const json_t *boot, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	text = json_canonical(boot, &len);
	if (!text || len > BOOT_MAX)
		return err_set(err, EFBIG, "%s: boot settings of %zu bytes", rf_bmc_origin(job->bmc), len);
	return 0;
}

int drive_boot_get(struct drive_job *job, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *boot = NULL;
	int r = rf_boot_get(job->bmc, &boot, err);

	if (r == 0)
		r = check_size(job, boot, err);
	if (r == 0)
		*ret = TAKE_PTR(boot);
	return r;
}

int drive_boot_set(struct drive_job *job, const struct rf_boot_want *want, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *boot = NULL;
	int r = rf_boot_set(job->bmc, want, &boot, err);

	if (r == 0)
		r = check_size(job, boot, err);
	if (r == 0)
		*ret = TAKE_PTR(boot);
	return r;
}

void drive_close(struct drive_job *job)
{
	struct err err;

	rf_system_clear(&job->system);
	if (job->bmc && rf_bmc_close(job->bmc, &err) < 0)
		log_warn("order %s: %s", job->row.id, err.text);
	rf_bmc_free(job->bmc);
	job->bmc = NULL;
}
