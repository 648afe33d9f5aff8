/* SPDX-License-Identifier: Apache-2.0 */
/* The list of drives, and what they are called. */
#include "agent/hw/block/block.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "agent/hw/block/private.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

int block_list(const char *root, struct block **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ struct block_found *found = NULL;
	_cleanup_free_ char *folder = str_printf("%s/sys/class/block", root);
	struct block *list;
	char **names;
	unsigned n_names, n = 0;
	int r;

	r = sysfs_names(folder, &names, &n_names, err);
	if (r < 0)
		return err_prepend(err, "list drives");
	found = xcalloc(n_names + 1, sizeof(*found));
	for (unsigned i = 0; i < n_names; i++)
		if (strlen(names[i]) < sizeof(list->dev) && block_is_drive(root, names[i]))
			block_read(root, names[i], &found[n++]);
	sysfs_names_free(names, n_names);
	n = block_name_all(found, n);
	list = xcalloc(n + 1, sizeof(*list));
	for (unsigned i = 0; i < n; i++)
		list[i] = found[i].block;
	*ret = list;
	*ret_n = n;
	return 0;
}

/* "naa.5000c500a1b2c3d4", "0x5000c500a1b2c3d4" and "5000c500a1b2c3d4" mean the same. */
static const char *wwn_digits(const char *wwn)
{
	static const char *const prefixes[] = {"naa.", "eui.", "0x"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncasecmp(wwn, prefixes[i], strlen(prefixes[i])))
			return wwn + strlen(prefixes[i]);
	return wwn;
}

bool block_is(const struct block *block, const char *order_name)
{
	if (!*order_name)
		return false;
	if (!strcmp(order_name, block->name) || !strcmp(order_name, block->serial))
		return true;
	if (!strncmp(order_name, "wwn:", 4))
		order_name += 4;
	return *block->wwn && !strcasecmp(wwn_digits(order_name), wwn_digits(block->wwn));
}

const char *block_untouchable(const struct block *block)
{
	if (block->fabrics)
		return "it is reached over a network and is not this machine's own";
	if (block->virtual_media)
		return "it is on USB, as a management controller's virtual media are";
	if (block->removable)
		return "its medium is removable";
	if (block->read_only)
		return "it is read-only";
	if (block->zoned)
		return "it is zoned";
	return NULL;
}
