/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay's archive into the agent's own memory: a file system for it alone, bounded by what its manifest declares, and read-only when all is
 * in it. The archive is signed, and treated as if it were not: nothing is made outside the folder, nothing special is made at all, and of what
 * is refused nothing stays. docs/overlays.md
 */
#ifndef AGENT_OVERLAY_UNPACK_H
#define AGENT_OVERLAY_UNPACK_H

#include <stdbool.h>

#include "images/overlay.h"
#include "images/tar_read.h"

#define OVERLAY_FOLDER "/run/overlays"

struct overlay_input {
	struct tar_source source;      /* the archive */
	bool (*cancelled)(void *data); /* asked often */
	void *data;
};

/*
 * Mounts, unpacks and seals OVERLAY_FOLDER/name. `memory`: bytes that it may take; -ENOMEM says what there is. What an earlier worker has left
 * there is dropped first. *ret_tree: its path, malloc'd, to be given to overlay_drop(). -EBADMSG, -EFBIG, -ECANCELED.
 */
int overlay_unpack(const char *name, const struct overlay *overlay, uint64_t memory,
		   const struct overlay_input *input, char **ret_tree, struct err *err) _must_check_;
int overlay_drop(const char *tree, struct err *err) _must_check_;

/* The unpacking alone, into an open, empty folder, with overlay_mount_points; what is refused is left there half done. */
int overlay_unpack_into(int root, const struct overlay *overlay, const struct overlay_input *input,
			struct err *err) _must_check_;

/* The tree's folders that shared libraries are found in, of the usual ones: absolute, NULL-terminated, each and the list malloc'd. */
char **overlay_library_folders(const char *tree) _must_check_;

#endif
