/* SPDX-License-Identifier: Apache-2.0 */
/* Which images of a folder nobody needs any more, and their removal. docs/image-store.md. */
#ifndef IMAGES_STORE_GC_H
#define IMAGES_STORE_GC_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"
#include "core/hash.h"
#include "images/manifest.h"

#define GC_NAMED_MAX (2 + MANIFEST_FILES_MAX)

enum gc_kind {
	GC_IMAGE,
	GC_REMAINS, /* of an interrupted packing, copy or removal: no manifest, and nothing but an image's files */
	GC_OTHER, /* not ours: never touched */
};

struct gc_entry {
	char *folder; /* name in the images folder, which is what orders call it */
	enum gc_kind kind;
	bool remove, removed;
	char reason[160];     /* of keeping or removing it */
	char *name, *version; /* GC_IMAGE */
	uint64_t serial;
	char sha256[SHA256_HEX_SIZE]; /* of its manifest */
	char *files[GC_NAMED_MAX];    /* kernel, initramfs, index and payload, as the manifest names them */
	unsigned n_files;
	uint64_t bytes; /* of all its files */
	time_t touched; /* newest of its and its files' times of change */
};

enum gc_use { GC_USED_BY_ORDER = 1, GC_USED_BY_RUN };

struct gc_options {
	const char *dir;
	uint64_t keep;  /* newest serials of each name */
	time_t min_age; /* seconds: what is younger stays */
	time_t now;
	/* Who needs it? An enum gc_use, or 0: nobody. Asked again right before each removal. NULL: nothing is asked. */
	int (*used)(void *data, const struct gc_entry *entry, struct err *err);
	void *data;
};

struct gc {
	struct gc_entry *entries; /* by name, then newest serial first */
	unsigned n_entries;
};
void gc_clear(struct gc *gc);

/* Looks and decides; changes nothing. */
int gc_plan(const struct gc_options *options, struct gc *ret, struct err *err) _must_check_;

/*
 * Removes what the plan says: the manifest first, so that no reader begins. What has changed since, is locked, or has come into use
 * is left, with the reason; the first error ends it.
 */
int gc_run(const struct gc_options *options, struct gc *gc, struct err *err) _must_check_;

/* Between gc.c and gc_scan.c. */
int gc_scan(const char *dir, struct gc *ret, struct err *err) _must_check_;
/* Reads one folder; *ret is empty but for `folder`. */
int gc_look(int dir_fd, const char *folder, struct gc_entry *ret, struct err *err) _must_check_;
void gc_entry_clear(struct gc_entry *entry);

#endif
