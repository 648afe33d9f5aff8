/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the machine from the network, by an override that is used once. */
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "images/boot/build.h"
#include "redfish/power.h"
#include "station/drive/job.h"
#include "station/drive/record.h"
#include "station/images.h"

struct way {
	const char *how; /* for the record */
	struct rf_boot_want want;
};
enum { WAYS_MAX = 2 };

/* Facts for the choice: what the node's agent has said of its firmware, and whether there is one file to start by HTTP. */
static int read_facts(struct drive_job *job, bool *ret_bios, bool *ret_file, struct err *err)
{
	struct store *store = job->station->store;
	struct err ignored = {0};
	_cleanup_close_ int fd = boot_file_open(job->station, BOOT_UKI, &ignored);
	int64_t bios = 0;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = store_int(store, err, 0, &bios,
		      "SELECT json_extract(inventory, '$.firmware') = 'bios' FROM nodes WHERE id = ?1", "i",
		      job->row.node);
	store_rollback(store);
	*ret_bios = bios;
	*ret_file = fd >= 0;
	return r;
}

/* The best first. Every other try goes by PXE alone: firmware may take an address and not come by it. */
static unsigned find_ways(const struct drive_job *job, bool bios, bool file, const char *uri,
			  struct way ways[WAYS_MAX])
{
	unsigned n = 0;

	if (!bios && file && job->row.tries % 2 == 0)
		ways[n++] = (struct way){"UefiHttp", {.target = RF_BOOT_HTTP, .uri = uri}};
	ways[n++] = bios ? (struct way){"Pxe, legacy", {.target = RF_BOOT_PXE, .legacy = true}}
			 : (struct way){"Pxe", {.target = RF_BOOT_PXE}};
	return n;
}

/* From now on there is something to return. */
static int will_touch(struct drive_job *job, struct err *err)
{
	int r = drive_find(job, err);

	if (r == 0)
		r = drive_may_act(job, err);
	if (r < 0)
		return r;
	json_object_set_new(job->record, "touched", json_true());
	return drive_save(job, err);
}

static int set_one(struct drive_job *job, const struct way *way, bool last, struct err *err)
{
	json_t *read = NULL;
	struct err why;
	int r = drive_boot_set(job, &way->want, &read, &why);

	if (r == 0)
		return drive_say(job, "override", read, err, "boot override, once: %s%s%s", way->how,
				 way->want.uri ? " " : "", way->want.uri ?: "");
	if (last || (r != -EOPNOTSUPP && r != -RF_UNCHANGED)) {
		*err = why;
		return err_prepend(err, "boot override %s", way->how);
	}
	r = drive_say(job, "problem", NULL, err, "not by %s, but by PXE: %.300s", way->how, why.text);
	return r < 0 ? r : 1;
}

int drive_override(struct drive_job *job, const char **ret_how, char **ret_uri, struct err *err)
{
	_cleanup_free_ char *uri = str_printf("%s/boot.efi", job->station->http_url);
	bool bios = false, file = false;
	struct way ways[WAYS_MAX];
	unsigned n, i = 0;
	int r = read_facts(job, &bios, &file, err);

	if (r == 0)
		r = will_touch(job, err);
	if (r < 0)
		return r;
	n = find_ways(job, bios, file, uri, ways);
	while ((r = set_one(job, &ways[i], i + 1 == n, err)) > 0)
		i++;
	if (r < 0)
		return r;
	*ret_how = ways[i].how;
	*ret_uri = ways[i].want.uri ? TAKE_PTR(uri) : NULL;
	return 0;
}

/* Whether the boot image has gone out is a question of this start alone. */
static int forget_given(struct drive_job *job, struct err *err)
{
	struct store *store = job->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = store_exec(store, err, "UPDATE orders SET given = NULL WHERE seq = ?1", "i", job->row.order);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	return store_commit(store, err);
}

static const char *in_words(const struct rf_power_done *done)
{
	return done->cycled ? ", by off, wait, on" : done->forced ? ", forced" : "";
}

int drive_boot(struct drive_job *job, struct err *err)
{
	struct rf_power_done done;
	_cleanup_free_ char *uri = NULL;
	const char *how = NULL;
	int r = drive_override(job, &how, &uri, err);

	if (r == 0)
		r = forget_given(job, err);
	if (r == 0)
		r = drive_may_act(job, err);
	if (r < 0)
		return r;
	drive_record_start(job->record, how, uri);
	r = drive_save(job, err);
	/* Off or on, whatever runs: the order is to erase it. */
	if (r == 0)
		r = rf_power_set(job->bmc, RF_POWER_RESTART, true, &done, err);
	if (r < 0) {
		drive_record_end(job->record, "failed", err->text);
		return r;
	}
	job->row.tries++;
	r = drive_move(job, DRIVE_AWAIT, time(NULL) + job->options.boot_within_s, err);
	return r < 0 ? r
		     : drive_say(job, "power",
				 json_pack("{s:s, s:s}", "before", done.before, "after", done.after), err,
				 "power %s -> %s%s; start %lld of %u, by %s", done.before, done.after,
				 in_words(&done), (long long)job->row.tries, job->options.tries, how);
}
