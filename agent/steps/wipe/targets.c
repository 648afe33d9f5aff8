/* SPDX-License-Identifier: Apache-2.0 */
/* An order names drives by what is stable; what it does not mean is listed with the reason, never passed over in silence. */
#include <string.h>

#include "agent/steps/wipe/targets.h"
#include "core/io.h"

void wipe_targets_clear(struct wipe_targets *targets)
{
	free(targets->drives);
	json_decref(targets->untouched);
	memset(targets, 0, sizeof(*targets));
}

/* A serial number that several namespaces of one drive share means all of them. */
static int check_named(const struct order *order, const char *name, const struct block *disks,
		       unsigned n_disks, struct err *err)
{
	const struct block *found = NULL;
	const char *why;

	for (unsigned i = 0; i < n_disks; i++) {
		if (!block_is(&disks[i], name))
			continue;
		if (found && !(*found->subsystem && !strcmp(found->subsystem, disks[i].subsystem)))
			return err_set(err, ENOTUNIQ, "order %s: \"%s\" means both %s and %s", order->id,
				       name, found->dev, disks[i].dev);
		found = &disks[i];
	}
	if (!found)
		return err_set(err, ENODEV, "order %s: this machine has no drive \"%s\"", order->id, name);
	why = block_untouchable(found);
	if (why)
		return err_set(err, EPERM, "order %s: drive \"%s\" (%s) may not be erased: %s", order->id,
			       name, found->dev, why);
	return 0;
}

static int check_names_differ(const struct block *disks, unsigned n_disks, struct err *err)
{
	for (unsigned i = 0; i < n_disks; i++)
		for (unsigned j = i + 1; j < n_disks; j++)
			if (strcmp(disks[i].name, disks[j].name) == 0)
				return err_set(
					err, ENOTUNIQ,
					"%s and %s both go by the name \"%s\": they cannot be told apart",
					disks[i].dev, disks[j].dev, disks[i].name);
	return 0;
}

/* NULL: it is meant. */
static const char *why_not(const struct order *order, const struct block *disk)
{
	const char *why = block_untouchable(disk);

	if (why || order->wipe.n_disks == 0)
		return why;
	for (unsigned i = 0; i < order->wipe.n_disks; i++)
		if (block_is(disk, order->wipe.disks[i]))
			return NULL;
	return "the order does not name it";
}

static void leave_alone(struct wipe_targets *t, const struct block *disk, const char *why)
{
	json_t *object = block_to_json(disk);

	json_object_set_new(object, "reason", json_string(why));
	json_array_append_new(t->untouched, object);
}

/*
 * Left alone for no other reason than that we cannot erase it: a fixed drive of this machine, which may hold a former tenant's data and would
 * go along to the next.
 */
static bool must_not_go_along(const struct order *order, const struct block *disk)
{
	struct block plain = *disk;

	plain.zoned = 0;
	return disk->zoned && order->wipe.n_disks == 0 && !block_untouchable(&plain);
}

static int check_roots(const struct order *order, const struct block *const *roots, unsigned n_roots,
		       const struct wipe_targets *t, struct err *err)
{
	for (unsigned i = 0; i < n_roots; i++) {
		bool meant = false;

		for (unsigned k = 0; k < t->n; k++)
			meant |= t->drives[k] == roots[i];
		if (!meant)
			return err_set(err, EINVAL,
				       "order %s: the root disk %s is not among the drives to be wiped: name "
				       "it too",
				       order->id, roots[i]->name);
	}
	if (order_has_image(order) && !n_roots)
		return err_set(err, EINVAL, "order %s: no root disk was chosen", order->id);
	return t->n ? 0
		    : err_set(err, ENODEV, "order %s: this machine has no drive that may be erased",
			      order->id);
}

int wipe_targets_choose(const struct order *order, const struct block *disks, unsigned n_disks,
			const struct block *const *roots, unsigned n_roots, struct wipe_targets *ret,
			struct err *err)
{
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};
	const char *why;
	int r;

	t.drives = xcalloc(n_disks ? n_disks : 1, sizeof(const struct block *));
	t.untouched = json_array();
	if ((r = check_names_differ(disks, n_disks, err)) < 0)
		return r;
	for (unsigned i = 0; i < order->wipe.n_disks; i++)
		if ((r = check_named(order, order->wipe.disks[i], disks, n_disks, err)) < 0)
			return r;
	for (unsigned i = 0; i < n_disks; i++) {
		if (must_not_go_along(order, &disks[i]))
			return err_set(err, ENOTSUP,
				       "order %s: drive %s is zoned, and this agent erases no zoned drive: "
				       "take it out, or "
				       "name the drives that are to be erased",
				       order->id, disks[i].name);
		why = why_not(order, &disks[i]);
		if (why) {
			leave_alone(&t, &disks[i], why);
			continue;
		}
		t.drives[t.n++] = &disks[i];
	}
	if ((r = check_roots(order, roots, n_roots, &t, err)) < 0)
		return r;
	*ret = t;
	t = (struct wipe_targets){0};
	return 0;
}
