/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings to light what drives hide, before anything is chosen, checked or erased: namespaces that are not attached, namespaces that are
 * write protected, sectors behind HPA, AMAC or DCO. What drives hold is not changed; it is seen as a whole afterwards, or the machine is
 * held: what cannot be reached cannot be erased. Only drives that the order means are touched.
 */
#include <inttypes.h>
#include <string.h>

#include "agent/hw/ata/ata.h"
#include "agent/hw/nvme/nvme.h"
#include "agent/hw/transport.h"
#include "agent/step.h"
#include "core/io.h"

enum {
	APPEAR_MS = 10 * 1000, /* for the kernel to make block devices of namespaces */
	APPEAR_PAUSE_MS = 100,
};

struct reveal {
	struct job *job;
	bool changed;           /* the list of drives is to be made anew */
	bool needs_power_cycle; /* a drive takes a setting only after one */
};

/* ---- the record ---- */

static json_t *record_of(struct job *job, const char *drive, uint64_t size)
{
	json_t *record;

	if (!job->facts.revealed)
		job->facts.revealed = json_object();
	record = json_object_get(job->facts.revealed, drive);
	if (!record) {
		record = json_pack("{s:I, s:[]}", "size_before", (json_int_t)size, "what");
		json_object_set_new(job->facts.revealed, drive, record);
	}
	return record;
}

static _printf_(4, 5) void tell(struct reveal *r, const char *drive, uint64_t size, const char *fmt, ...)
{
	char text[256], note[448];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_array_append_new(json_object_get(record_of(r->job, drive, size), "what"), json_string(text));
	snprintf(note, sizeof(note), "drive %s: %s", drive, text);
	r->job->ops->note(r->job, note);
	r->changed = true;
}

/* ---- NVMe ---- */

static bool is_among(const uint32_t *list, unsigned n, uint32_t nsid)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == nsid)
			return true;
	return false;
}

/* Is a namespace of this subsystem attached by another controller of this machine, and so seen already? */
static bool is_seen(const struct job *job, const struct nvme_controller *c, uint32_t nsid)
{
	for (unsigned i = 0; i < job->facts.n_disks; i++) {
		const struct block *b = &job->facts.disks[i];

		if (b->transport == BLOCK_NVME && *b->subsystem && !strcmp(b->subsystem, c->subsystem) &&
		    b->nsid == nsid)
			return true;
	}
	return false;
}

static int attach_missing(struct reveal *r, const struct nvme_controller *c, int fd, struct err *err)
{
	_cleanup_free_ uint32_t *allocated = NULL, *active = NULL;
	unsigned n_allocated = 0, n_active = 0;
	struct err unknown = {0};
	char name[160];

	/* A controller without namespace management knows of no others. */
	if (nvme_list_allocated(fd, &allocated, &n_allocated, &unknown) < 0)
		return 0;
	if (nvme_list_active(fd, &active, &n_active, err) < 0)
		return -err->code;
	snprintf(name, sizeof(name), "serial:%s", c->serial);
	for (unsigned i = 0; i < n_allocated; i++) {
		if (is_among(active, n_active, allocated[i]) || is_seen(r->job, c, allocated[i]))
			continue;
		if (nvme_attach(fd, allocated[i], err) < 0)
			return err_prepend(err,
					   "namespace %" PRIu32
					   " is not attached, may hold data, and cannot be attached",
					   allocated[i]);
		if (allocated[i] > 1)
			snprintf(name, sizeof(name), "serial:%s-ns%" PRIu32, c->serial, allocated[i]);
		tell(r, name, 0, "namespace %" PRIu32 " was not attached, and is now", allocated[i]);
	}
	return 0;
}

static int reveal_controllers(struct reveal *r, struct err *err)
{
	_cleanup_free_ struct nvme_controller *list = NULL;
	unsigned n = 0;
	int status = nvme_controllers("", &list, &n, err);

	for (unsigned i = 0; status == 0 && i < n; i++) {
		_cleanup_close_ int fd = -EBADF;

		status = nvme_controller_open(&list[i], &fd, err);
		if (status == 0)
			status = attach_missing(r, &list[i], fd, err);
		if (status < 0)
			return err_prepend(err, "drive %s", list[i].serial);
	}
	return status;
}

/* A namespace that a former tenant has write protected keeps what it holds. */
static int unprotect(struct reveal *r, const struct block *block, int fd, struct err *err)
{
	enum nvme_write_protect state;
	struct err unknown = {0};

	if (nvme_write_protect_get(fd, block->nsid, &state, &unknown) < 0 || state == NVME_WP_NONE)
		return 0; /* a drive without this feature protects nothing */
	if (nvme_write_protect_clear(fd, block->nsid, err) < 0)
		return -err->code;
	tell(r, block->name, block->size, "the namespace was write protected, and is not any more");
	return 0;
}

/* ---- ATA ---- */

static int unhide(struct reveal *r, const struct block *block, int fd, struct err *err)
{
	struct err unknown = {0};
	struct ata_caps caps;
	uint64_t hidden;
	bool needs_power_cycle = false;

	if (ata_identify(fd, &caps, &unknown) < 0)
		return 0; /* a bridge that passes no ATA commands */
	hidden = ata_hidden_sectors(&caps);
	if (!hidden)
		return 0;
	if (ata_unhide(fd, &caps, &needs_power_cycle, err) < 0)
		return err_prepend(
			err, "%" PRIu64 " sectors are hidden, may hold data, and cannot be made visible",
			hidden);
	r->needs_power_cycle |= needs_power_cycle;
	tell(r, block->name, block->size, "%" PRIu64 " hidden sectors were made visible", hidden);
	return needs_power_cycle ? 0 : block_rescan(block, err);
}

/* ---- all ---- */

static bool is_meant(const struct order *order, const struct block *block)
{
	struct block writable = *block;

	writable.read_only = false; /* which write protection makes it */
	if (block_untouchable(&writable))
		return false;
	for (unsigned i = 0; i < order->wipe.n_disks; i++)
		if (block_is(block, order->wipe.disks[i]))
			return true;
	return order->wipe.n_disks == 0;
}

static int reveal_disk(struct reveal *r, const struct block *block, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int status = 0;

	if ((block->transport != BLOCK_NVME && block->transport != BLOCK_ATA) ||
	    !is_meant(r->job->order, block))
		return 0;
	if ((status = block_open(block, false, &fd, err)) < 0)
		return status;
	if (IS_ENABLED(CONFIG_HW_NVME) && block->transport == BLOCK_NVME)
		status = unprotect(r, block, fd, err);
	else if (IS_ENABLED(CONFIG_HW_ATA) && block->transport == BLOCK_ATA)
		status = unhide(r, block, fd, err);
	return status < 0 ? err_prepend(err, "drive %s", block->name) : 0;
}

/* The kernel makes block devices of namespaces in its own time; until none has been added for a while. */
static int list_anew(struct job *job, struct err *err)
{
	struct facts *facts = &job->facts;
	unsigned before = 0, still_ms = 0, waited_ms = 0;

	for (;;) {
		struct block *disks = NULL;
		unsigned n = 0;
		int r = block_list("", &disks, &n, err);

		if (r < 0)
			return r;
		free(facts->disks);
		facts->disks = disks;
		facts->n_disks = n;
		still_ms = n == before ? still_ms + APPEAR_PAUSE_MS : 0;
		before = n;
		if (still_ms >= APPEAR_MS / 10 || waited_ms >= APPEAR_MS || job->ops->cancelled(job))
			return 0;
		device_transport()->pause(APPEAR_PAUSE_MS);
		waited_ms += APPEAR_PAUSE_MS;
	}
}

static int reveal_run(struct job *job, struct err *err)
{
	struct reveal r = {.job = job};
	int status = 0;

	/* An order that names drives says what is to be erased: what it does not name stays as it is. */
	if (IS_ENABLED(CONFIG_HW_NVME) && job->order->wipe.n_disks == 0)
		status = reveal_controllers(&r, err);
	if (status == 0 && r.changed)
		status = list_anew(job, err);
	for (unsigned i = 0; status == 0 && i < job->facts.n_disks; i++)
		status = reveal_disk(&r, &job->facts.disks[i], err);
	if (status < 0)
		return status;
	if (r.needs_power_cycle)
		return STEP_NEEDS_POWER_CYCLE;
	if (!r.changed)
		return STEP_DONE;
	return list_anew(job, err);
}

const struct step step_reveal = {.name = "reveal", .effect = STEP_CHANGES, .run = reveal_run};
