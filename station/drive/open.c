/* SPDX-License-Identifier: Apache-2.0 */
/* A visit to a BMC begins and ends. */
#include "core/json.h"
#include "core/log.h"
#include "redfish/value.h"
#include "station/bmc/login.h"
#include "station/drive/job.h"

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

int drive_open(struct drive_job *job, struct err *err)
{
	struct rf_times times = times_of(&job->options);
	int r = bmc_login(job->station, job->loop, job->row.node, &times, &job->bmc, err);

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
