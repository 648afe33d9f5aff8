/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/wipe/order.h"

#include <string.h>

#include "agent/wipe/plan.h"
#include "core/hash.h"
#include "core/io.h"

int wipe_policy_of_order(const struct order *order, struct wipe_policy *ret, struct err *err)
{
	struct wipe_policy policy = {
		.at_least = order->wipe.clear_allowed ? WIPE_CLEAR : WIPE_PURGE,
		.sampled = order->wipe.sampled,
	};
	enum wipe_method method;

	for (unsigned i = 0; i < order->wipe.n_forbid; i++) {
		if (wipe_method_by_name(order->wipe.forbid[i], &method) < 0)
			return err_set(err, EINVAL,
				       "order %s forbids \"%s\", which is no method of this agent", order->id,
				       order->wipe.forbid[i]);
		policy.forbidden[method] = true;
	}
	*ret = policy;
	return 0;
}

static void add_secrets(const struct order *order, struct wipe_unit *unit)
{
	for (unsigned i = 0; i < order->wipe.n_secrets; i++) {
		const struct order_secret *secret = &order->wipe.secrets[i];

		if (!block_is(unit->block, secret->drive))
			continue;
		unit->psid = secret->psid;
		unit->sid = secret->sid;
	}
}

/* Only the last entry of a drive counts: what came before it has ended. */
static void add_marked(const struct journal_entry *journal, unsigned n, struct wipe_unit *unit)
{
	const struct journal_entry *last = NULL;

	for (unsigned i = 0; i < n; i++)
		if (!strcmp(journal[i].step, "wipe") && !strcmp(journal[i].drive, unit->block->name))
			last = &journal[i];
	unit->marked = last && last->state == JOURNAL_MARKED &&
		       wipe_method_by_name(last->method, &unit->marked_method) == 0 &&
		       hex_decode(last->marker_key, unit->marked_key, WIPE_KEY_SIZE) == 0;
}

static bool are_one_drive(const struct block *a, const struct block *b)
{
	return a == b || (a->transport == BLOCK_NVME && b->transport == BLOCK_NVME && *a->subsystem &&
			  !strcmp(a->subsystem, b->subsystem));
}

/* Has one of those before it taken it along? */
static bool is_taken(const struct block *const *blocks, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (are_one_drive(blocks[k], blocks[i]))
			return true;
	return false;
}

static int make_one(const struct order *order, const struct wipe_policy *policy,
		    const struct block *const *blocks, unsigned n, unsigned first,
		    const struct journal_entry *journal, unsigned n_journal, struct wipe_drive **ret,
		    struct err *err)
{
	struct wipe_drive *drive;
	unsigned units = 0;

	for (unsigned i = first; i < n; i++)
		units += are_one_drive(blocks[first], blocks[i]);
	if (wipe_drive_new(units, policy, &drive, err) < 0)
		return err_prepend(err, "drive %s", blocks[first]->name);
	units = 0;
	for (unsigned i = first; i < n; i++) {
		struct wipe_unit *unit = &drive->units[units];

		if (!are_one_drive(blocks[first], blocks[i]))
			continue;
		unit->block = blocks[i];
		add_secrets(order, unit);
		add_marked(journal, n_journal, unit);
		units++;
	}
	*ret = drive;
	return 0;
}

int wipe_drives_make(const struct order *order, const struct wipe_policy *policy,
		     const struct block *const *blocks, unsigned n, const struct journal_entry *journal,
		     unsigned n_journal, struct wipe_drive ***ret_drives, unsigned *ret_n, struct err *err)
{
	struct wipe_drive **drives = xcalloc(n ? n : 1, sizeof(*drives));
	unsigned made = 0;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		if (is_taken(blocks, i))
			continue;
		r = make_one(order, policy, blocks, n, i, journal, n_journal, &drives[made], err);
		made += r == 0;
	}
	if (r < 0) {
		for (unsigned i = 0; i < made; i++)
			wipe_drive_free(drives[i]);
		free(drives);
		return r;
	}
	*ret_drives = drives;
	*ret_n = made;
	return 0;
}

static int check_drive(const struct wipe_drive *drive, struct err *err)
{
	const struct wipe_unit *first = &drive->units[0];
	struct wipe_caps caps;
	const struct wipe_subject subject = {
		.block = first->block,
		.caps = &caps,
		.policy = drive->policy,
		.n_meant = drive->n,
		.has_psid = first->psid,
		.has_sid = first->sid,
	};
	struct wipe_plan plan;
	char why[900];

	for (unsigned i = drive->n; i > 0; i--) {
		_cleanup_close_ int fd = -EBADF;

		/* One that is mounted, or held by RAID or LVM, cannot be opened exclusively. */
		if (block_open(drive->units[i - 1].block, true, &fd, err) < 0)
			return -err->code;
		if (i == 1)
			wipe_caps_read(fd, first->block, &caps);
	}
	wipe_plan_make(&subject, &plan);
	if (plan.n > 0)
		return 0;
	wipe_plan_why_none(&plan, drive->policy, why, sizeof(why));
	return err_set(err, ENOTSUP, "drive %s: %s", first->block->name, why);
}

int wipe_check_plans(const struct order *order, const struct block *const *blocks, unsigned n,
		     struct err *err)
{
	_cleanup_free_ struct wipe_drive **drives = NULL;
	struct wipe_policy policy;
	unsigned n_drives = 0;
	int r = wipe_policy_of_order(order, &policy, err);

	if (r == 0)
		r = wipe_drives_make(order, &policy, blocks, n, NULL, 0, &drives, &n_drives, err);
	for (unsigned i = 0; i < n_drives; i++) {
		if (r == 0)
			r = check_drive(drives[i], err);
		wipe_drive_free(drives[i]);
	}
	return r;
}
