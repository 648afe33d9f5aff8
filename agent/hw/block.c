/* SPDX-License-Identifier: Apache-2.0 */
/* The list of drives, and what they are called. */
#include "agent/hw/block.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "agent/hw/block_private.h"
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

const char *block_transport_name(enum block_transport transport)
{
	static const char *const names[] = {
		[BLOCK_NVME] = "nvme",     [BLOCK_ATA] = "ata", [BLOCK_SCSI] = "scsi",
		[BLOCK_VIRTIO] = "virtio", [BLOCK_MMC] = "mmc", [BLOCK_OTHER] = "other",
	};

	return names[transport];
}

json_t *block_to_json(const struct block *b)
{
	static const char *const zoned[] = {"none", "host-aware", "host-managed"};
	const char *left_alone = block_untouchable(b);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, "
		"s:s}",
		"name", b->name, "dev", b->dev, "model", b->model, "serial", b->serial, "wwn", b->wwn,
		"firmware", b->firmware, "transport", block_transport_name(b->transport), "size",
		(json_int_t)b->size, "logical_block_size", (json_int_t)b->logical_block_size,
		"physical_block_size", (json_int_t)b->physical_block_size, "rotational", b->rotational,
		"removable", b->removable, "read_only", b->read_only, "fabrics", b->fabrics, "virtual_media",
		b->virtual_media, "discard_granularity", (json_int_t)b->discard_granularity, "discard_max",
		(json_int_t)b->discard_max, "write_zeroes_max", (json_int_t)b->write_zeroes_max, "zoned",
		zoned[b->zoned]);

	if (!json)
		abort(); /* out of memory: every text is ASCII */
	if (left_alone)
		json_object_set_new(json, "untouchable", json_string(left_alone));
	return json;
}
