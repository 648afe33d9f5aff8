/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/block/media.h"

#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

static void add(char **paths, unsigned *n, const char *dev)
{
	paths[(*n)++] = str_printf("/dev/%s", dev);
}

/* Optical drives hold nothing to be erased: block_list() has none. */
static int list_optical(const char *root, char ***ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/class/block", root);
	int r = sysfs_names(folder, ret, ret_n, err);
	unsigned n = 0;

	for (unsigned i = 0; r == 0 && i < *ret_n; i++) {
		char *name = (*ret)[i];

		if (!strncmp(name, "sr", 2) && name[2] && !name[2 + strspn(name + 2, "0123456789")])
			(*ret)[n++] = name;
		else
			free(name);
	}
	*ret_n = r == 0 ? n : 0;
	return r;
}

int media_list(const char *root, char ***ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ struct block *blocks = NULL;
	char **optical = NULL, **paths;
	unsigned n_optical = 0, n_blocks = 0, n = 0;
	int r = list_optical(root, &optical, &n_optical, err);

	if (r == 0)
		r = block_list(root, &blocks, &n_blocks, err);
	if (r < 0) {
		sysfs_names_free(optical, n_optical);
		return r;
	}
	paths = xcalloc(n_optical + n_blocks + 1, sizeof(*paths));
	for (unsigned i = 0; i < n_optical; i++)
		add(paths, &n, optical[i]);
	for (unsigned i = 0; i < n_blocks; i++)
		if ((blocks[i].removable || blocks[i].virtual_media) && !blocks[i].fabrics)
			add(paths, &n, blocks[i].dev);
	sysfs_names_free(optical, n_optical);
	*ret = paths;
	*ret_n = n;
	return 0;
}

void media_free(char **paths, unsigned n)
{
	sysfs_names_free(paths, n);
}
