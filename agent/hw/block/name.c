/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stable, unique names for drives. A name must depend on the drive (or its place), never on what else is
 * plugged in, as far as the makers allow: docs/inventory.md, "Names of drives".
 */
#include <string.h>

#include "agent/hw/block/private.h"
#include "core/io.h"

static void set_name(struct block_found *f)
{
	struct block *b = &f->block;

	if (*b->serial)
		snprintf(b->name, sizeof(b->name), "serial:%s", b->serial);
	else if (*b->wwn)
		snprintf(b->name, sizeof(b->name), "wwn:%s", b->wwn);
	else
		snprintf(b->name, sizeof(b->name), "path:%s", *f->place ? f->place : b->dev);
	/* Namespaces of one controller share its serial. The first keeps it alone, whether or not there
	 * are others. */
	if (*b->serial && b->nsid > 1)
		snprintf(b->name, sizeof(b->name), "serial:%s-ns%u", b->serial, b->nsid);
}

/* Two ports of one drive. All three must agree: makers have shipped batches with one WWN. */
static bool same_drive(const struct block *a, const struct block *b)
{
	return *a->wwn && *a->serial && !strcmp(a->wwn, b->wwn) && !strcmp(a->serial, b->serial) &&
	       a->size == b->size;
}

static unsigned drop_second_paths(struct block_found *found, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		bool seen = false;

		for (unsigned j = 0; j < kept && !seen; j++)
			seen = same_drive(&found[j].block, &found[i].block);
		if (!seen)
			found[kept++] = found[i];
	}
	return kept;
}

static int by_name_then_place(const void *a, const void *b)
{
	const struct block_found *x = a, *y = b;
	int r = strcmp(x->block.name, y->block.name);

	if (!r)
		r = strcmp(x->place, y->place);
	return r ? r : strcmp(x->block.dev, y->block.dev);
}

/* Does a neighbour in the sorted list have this name? */
static bool is_shared(const struct block_found *found, unsigned n, unsigned i)
{
	return (i && !strcmp(found[i - 1].block.name, found[i].block.name)) ||
	       (i + 1 < n && !strcmp(found[i + 1].block.name, found[i].block.name));
}

/* Longer names by WWN, then by place; the kernel's name, which is unique, settles what is left. */
static void lengthen(struct block_found *f, unsigned round)
{
	struct block *b = &f->block;
	const char *by = round == 0 ? b->wwn : f->place;
	size_t len = strlen(b->name);

	if (round == 2)
		snprintf(b->name, sizeof(b->name), "path:%s-%s", f->place, b->dev);
	else if (*by && !strstr(b->name, by))
		snprintf(b->name + len, sizeof(b->name) - len, "-%s", by);
}

/* Drives that claim one serial. All of a group get the longer name: one that kept the short name would
 * swap with another after a change of slots. */
static void tell_apart(struct block_found *found, unsigned n, unsigned round)
{
	bool *shared = xcalloc(n, sizeof(*shared));

	qsort(found, n, sizeof(*found), by_name_then_place);
	for (unsigned i = 0; i < n; i++)
		shared[i] = is_shared(found, n, i);
	for (unsigned i = 0; i < n; i++)
		if (shared[i])
			lengthen(&found[i], round);
	free(shared);
}

unsigned block_name_all(struct block_found *found, unsigned n)
{
	n = drop_second_paths(found, n);
	for (unsigned i = 0; i < n; i++)
		set_name(&found[i]);
	for (unsigned round = 0; round < 3 && n; round++)
		tell_apart(found, n, round);
	if (n)
		qsort(found, n, sizeof(*found), by_name_then_place);
	return n;
}
