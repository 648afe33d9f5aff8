/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/pstore.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/hw/modules.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define FOLDER "/sys/fs/pstore"

/* The kernel reads the records when it is mounted: the only way to see what is there now. 1: there is no pstore. */
static int mount_it(const char *root, struct err *err)
{
	struct err none;

	if (*root)
		return 0;
	if (mount("pstore", FOLDER, "pstore", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	if (errno == ENODEV && module_load("pstore", &none) == 0 &&
	    mount("pstore", FOLDER, "pstore", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	if (errno == ENODEV || errno == ENOENT)
		return 1;
	return err_sys(err, errno, "mounting pstore");
}

static void unmount_it(const char *root)
{
	if (!*root)
		umount2(FOLDER, MNT_DETACH);
}

/* Counts the records and, with `remove`, removes them. A record that cannot be removed is an error that names it. */
static int walk(const char *folder, bool remove, struct pstore *count, struct err *err)
{
	char **names = NULL;
	unsigned n = 0;
	int r = sysfs_names(folder, &names, &n, err);

	for (unsigned i = 0; r == 0 && i < n; i++) {
		_cleanup_free_ char *path = path_join(folder, names[i]);
		struct stat st;

		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		count->records++;
		count->bytes += (uint64_t)st.st_size;
		if (remove && unlink(path) < 0)
			r = err_sys(err, errno, "removing pstore's record %s", names[i]);
	}
	sysfs_names_free(names, n);
	return r;
}

static void read_backend(const char *root, struct pstore *pstore)
{
	sysfs_text(pstore->backend, sizeof(pstore->backend), "%s/sys/module/pstore/parameters/backend", root);
	if (!*pstore->backend || !strcmp(pstore->backend, "(null)"))
		strcpy(pstore->backend, "none");
}

static int look(const char *root, bool remove, struct pstore *pstore, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s" FOLDER, root);
	int r = mount_it(root, err);

	if (r)
		return r;
	r = walk(folder, remove, pstore, err);
	unmount_it(root);
	return r;
}

int pstore_empty(const char *root, struct pstore *ret, struct err *err)
{
	struct pstore pstore = {0}, after = {0};
	int r = look(root, true, &pstore, err);

	if (r < 0)
		return r;
	pstore.present = r == 0;
	read_backend(root, &pstore);
	if (pstore.records) {
		r = look(root, false, &after, err);
		if (r >= 0 && after.records)
			r = err_set(err, EIO, "%u records of pstore were removed, and %u are there again",
				    pstore.records, after.records);
		if (r < 0)
			return r;
	}
	*ret = pstore;
	return 0;
}
