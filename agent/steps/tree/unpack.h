/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar archive into a folder, by libarchive's reader. Nothing is written outside the folder, whatever the archive says: paths are relative,
 * without "..", and no link is followed (openat2(2), RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). What one file is twice, device nodes,
 * hard links to what was not unpacked, and files that their file system cannot carry are errors that name the entry.
 */
#ifndef AGENT_STEPS_TREE_UNPACK_H
#define AGENT_STEPS_TREE_UNPACK_H

#include <sys/types.h>

#include "agent/steps/tree/list.h"

struct unpack {
	int root;               /* the folder */
	struct tree_list *list; /* filled */
	uint64_t file_max;      /* bytes that one file may have, holes included */
	/* The archive's next bytes, valid until the next call; 0 at its end; negative errno. */
	ssize_t (*read)(void *data, const void **ret);
	bool (*cancelled)(void *data); /* asked often */
	void *data;
	uint64_t bytes; /* of regular files so far */
};

/* The archive's end must have come. Folders get their times at the end. -ECANCELED. */
int unpack_tar(struct unpack *u, struct err *err) _must_check_;

/* Makes a folder ("boot/efi") and those above it that are missing, as the archive may not list them; flags are the folder's in the list. */
int unpack_folder(struct unpack *u, const char *path, uint32_t flags, struct err *err) _must_check_;
/* Puts down what a folder that something has been mounted on is now. */
int unpack_folder_again(struct unpack *u, const char *path, uint32_t flags, struct err *err) _must_check_;
/* Copies a regular file of the tree into another one: "usr/lib/x.efi" to "EFI/BOOT/BOOTX64.EFI" of `to`, replacing what is there. */
int unpack_copy(struct unpack *u, const char *from, struct unpack *to, const char *path,
		struct err *err) _must_check_;

#endif
