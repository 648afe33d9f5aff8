/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that could make this the wrong machine or the wrong time is found before the medium's record of use is written, and that is
 * written before anything is destroyed.
 */
#include "agent/alone.h"

#include <sys/stat.h>

#include "agent/alone_ask.h"
#include "agent/alone_drives.h"
#include "agent/hw/block/mount.h"
#include "agent/hw/block/stick.h"
#include "agent/hw/modules.h"
#include "agent/run_alone.h"
#include "agent/supervise.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define MEDIUM     "/run/medium" /* where it is mounted */
#define KEY_FOLDER "/run"
#define PATIENCE_S 60   /* for a medium that is slow to appear */
#define SETTLE_MS  5000 /* at a time */

struct alone {
	const struct alone_options *options;
	time_t now; /* by this machine's clock, and not before the boot image was made */
	bool is_mounted;
	struct alone_order order;
	struct block *disks;
	unsigned n_disks;
	struct wipe_targets targets;
	struct alone_use use;
};

static void alone_clear(struct alone *a)
{
	struct err err = {0};

	if (a->is_mounted && mount_drop(MEDIUM, &err) < 0)
		log_warn("%s", err.text);
	alone_use_clear(&a->use);
	wipe_targets_clear(&a->targets);
	free(a->disks);
	alone_order_clear(&a->order);
}

/* A stick's disk appears a second or more after its controller, and only then is it known that it needs the driver for disks. */
static int wait_for_medium(const struct alone *a, char **ret, struct err *err)
{
	uint64_t until = monotonic_ns() + PATIENCE_S * 1000000000ull;
	int r = stick_find(ret, err);

	while (r == -ENODEV && monotonic_ns() < until) {
		struct err none = {0};

		a->options->alive(a->options->alive_data);
		if (modules_load_all("", SETTLE_MS, &none) < 0)
			log_warn("drivers: %s", none.text);
		*err = (struct err){0};
		r = stick_find(ret, err);
	}
	return r;
}

static int mount_medium(struct alone *a, struct err *err)
{
	_cleanup_free_ char *device = NULL;
	int r = wait_for_medium(a, &device, err);

	if (r == 0)
		r = mount_ready("vfat", err);
	if (r == 0)
		r = mount_unshare(err);
	if (r == 0 && mkdir(MEDIUM, 0700) < 0 && errno != EEXIST)
		r = err_sys(err, errno, "%s", MEDIUM);
	if (r == 0)
		r = mount_disk(device, "vfat", MEDIUM, false, err);
	if (r < 0)
		return r;
	a->is_mounted = true;
	log_info("boot medium: %s", device);
	return 0;
}

static int read_order(struct alone *a, struct err *err)
{
	int r = alone_order_read(MEDIUM, a->options->site->image_trust, a->now, &a->order, err);

	if (r == 0)
		log_info("order %s for %s, signed by %s", a->order.order->id, a->order.order->node,
			 a->order.signer.subject);
	return r;
}

/* Which drives it would erase here, and whether it may. */
static int find_drives(struct alone *a, struct err *err)
{
	const struct order *order = a->order.order;
	int r = block_list("", &a->disks, &a->n_disks, err);

	if (r == 0)
		r = wipe_targets_choose(order, a->disks, a->n_disks, NULL, 0, &a->targets, err);
	if (r == 0 && order->alone->n_serials)
		r = alone_drives_match(order->alone, &a->targets, err);
	if (r == 0)
		r = alone_use_choose(MEDIUM, &a->order, a->options->machine, &a->targets, a->now, &a->use,
				     err);
	return r;
}

/* After a power cut the person need not be there any more: the same drives of the same machine were confirmed already. */
static int confirm(const struct alone *a, struct err *err)
{
	const struct alone_ask ask = {.in = STDIN_FILENO,
				      .out = STDOUT_FILENO,
				      .wait_ms = ALONE_ASK_WAIT_S * 1000,
				      .alive = a->options->alive,
				      .alive_data = a->options->alive_data};

	if (a->order.order->alone->n_serials || a->use.is_resumed)
		return 0;
	return alone_ask(&ask, a->order.order, &a->targets, err);
}

static int prepare(struct alone *a, struct err *err)
{
	int r = mount_medium(a, err);

	if (r == 0)
		r = read_order(a, err);
	if (r == 0)
		r = find_drives(a, err);
	if (r == 0)
		r = confirm(a, err);
	if (r == 0)
		r = alone_use_write(MEDIUM, &a->order, &a->use, err);
	if (r == 0)
		alone_drives_fix(a->order.order, &a->targets);
	return r;
}

static int exit_of(enum run_outcome outcome)
{
	switch (outcome) {
	case RUN_ERASED:
		return WORKER_ERASED;
	case RUN_RESET:
		return WORKER_RESET;
	default:
		return WORKER_STOPPED;
	}
}

static int carry_out(struct alone *a, struct err *err)
{
	struct run_alone station = {.folder = MEDIUM,
				    .order = &a->order,
				    .use = &a->use,
				    .key_folder = KEY_FOLDER,
				    .site_folder = a->options->site_folder,
				    .lock = PTHREAD_MUTEX_INITIALIZER};
	const struct run_options options = {.rows = run_table,
					    .n_rows = run_table_len,
					    .station = &run_station_alone,
					    .station_data = &station,
					    .alive = a->options->alive,
					    .alive_data = a->options->alive_data};
	struct job job = {.order = a->order.order, .site = a->options->site, .now = a->now};
	struct journal_entry *journal = NULL;
	enum run_outcome outcome;
	int r = run_alone_journal(&station, &journal, &job.n_journal, err);

	if (r < 0)
		return r;
	job.journal = journal;
	outcome = run_order(&job, &options);
	job_facts_clear(&job.facts);
	json_decref(job.steps);
	while (job.n_journal)
		journal_entry_clear(&journal[--job.n_journal]);
	free(journal);
	return exit_of(outcome);
}

int alone_work(const struct alone_options *options)
{
	time_t now = time(NULL);
	_cleanup_(alone_clear) struct alone a = {
		.options = options, .now = now > options->site->built ? now : options->site->built};
	struct err err = {0};
	int r = prepare(&a, &err);

	if (r == 0)
		r = carry_out(&a, &err);
	if (r >= 0)
		return r;
	log_error("nothing was erased: %s", err.text);
	return WORKER_STOPPED;
}
