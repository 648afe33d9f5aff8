/* SPDX-License-Identifier: Apache-2.0 */
/* The machine was started, and its agent has not come: why, as far as can be told from here; then once more, or it is held. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "redfish/power.h"
#include "redfish/value.h"
#include "station/drive/job.h"
#include "station/drive/record.h"

/* What the station has seen of the machine since its start. */
struct seen {
	int64_t given;   /* when the boot image went out; 0: it did not */
	int64_t refused; /* check-ins that got no order */
};

static int read_seen(struct drive_job *job, struct seen *ret, struct err *err)
{
	struct store *store = job->station->store;
	int64_t since = job->row.until - job->options.boot_within_s;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = store_int(store, err, 0, &ret->given, "SELECT given FROM orders WHERE seq = ?1", "i",
		      job->row.order);
	if (r == 0)
		r = store_int(
			store, err, 0, &ret->refused,
			"SELECT count(*) FROM leases WHERE node = ?1 AND order_seq IS NULL AND created >= ?2",
			"ii", job->row.node, since);
	store_rollback(store);
	return r;
}

/* What the BMC says now. */
struct said {
	char power[RF_POWER_STATE_MAX];
	char *progress; /* BootProgress in printable letters; NULL: not told */
	json_t *boot;
};

static void said_clear(struct said *said)
{
	free(said->progress);
	json_decref(said->boot);
}

static int ask_bmc(struct drive_job *job, struct said *ret, struct err *err)
{
	const char *progress = NULL;
	int r = rf_power_state(job->bmc, ret->power, err);

	if (r == 0)
		r = rf_system_read(job->bmc, &job->system, err);
	if (r == 0)
		r = rf_str(job->system.json, job->system.path, "BootProgress/LastState", &progress, err);
	if (r == 0)
		r = drive_boot_get(job, &ret->boot, err);
	ret->progress = progress ? rf_plain(progress) : NULL;
	return r;
}

static const char *fate_of_override(const json_t *boot)
{
	const char *enabled = json_string_value(json_object_get(boot, "enabled"));

	if (!enabled)
		return "does not say what became of the boot override";
	return !strcmp(enabled, "Once")
		       ? "still has the boot override: the firmware has not used it, or the BMC keeps it"
	       : !strcmp(enabled, "Disabled") ? "has had its boot override used up"
					      : "has a boot override that was not set here";
}

/* The likeliest first. */
static const char *advice(const struct seen *seen, const struct said *said)
{
	if (seen->refused)
		return "An agent checked in and got no order: the audit trail says why";
	if (!strcmp(said->power, "Off"))
		return "It is off: it did not start, or was switched off";
	if (seen->given)
		return "It was given the boot image: its firmware may have refused the image (Secure Boot "
		       "keys that are not "
		       "this site's), or the image does not reach the station; its console says which";
	return "It has not asked the station for a boot image: its firmware did not boot from the network "
	       "(is the card "
	       "enabled for it, does DHCP answer?), or ignored the override";
}

static char *reason_for(const struct drive_job *job, const struct seen *seen, const struct said *said)
{
	return str_printf("start %lld of %u: no agent has checked in within %u s. The BMC says power %s, "
			  "%s%s, and %s. %s",
			  (long long)job->row.tries, job->options.tries, job->options.boot_within_s,
			  said->power, said->progress ? "boot progress " : "no boot progress",
			  said->progress ?: "", fate_of_override(said->boot), advice(seen, said));
}

int drive_missed(struct drive_job *job, struct err *err)
{
	_cleanup_(said_clear) struct said said = {0};
	_cleanup_free_ char *reason = NULL;
	struct seen seen = {0};
	json_t *read;
	int r = ask_bmc(job, &said, err);

	if (r == 0)
		r = read_seen(job, &seen, err);
	if (r == 0)
		r = drive_may_act(job, err);
	if (r < 0)
		return r;
	reason = reason_for(job, &seen, &said);
	read = json_pack("{s:s, s:s?, s:O}", "power", said.power, "progress", said.progress, "boot",
			 said.boot);
	drive_record_end(job->record, "missed", reason);
	r = drive_say(job, "problem", read, err, "%s", reason);
	if (r < 0)
		return r;
	if (job->row.tries >= job->options.tries)
		return drive_hold(job, reason, err);
	return drive_move(job, DRIVE_BOOT, 0, err);
}
