/* SPDX-License-Identifier: Apache-2.0 */
/* What libblkid finds on a drive. The content is a tenant's: types are libblkid's own words, labels are
 * shown as ASCII. */
#include <blkid/blkid.h>
#include <fcntl.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/hw/sysfs.h"

#define SIGNATURES_MAX 128

DEFINE_CLEANUP(blkid_probe, blkid_free_probe);

static void add_text(json_t *to, const char *key, blkid_probe probe, const char *name)
{
	char text[256];
	const char *value;
	size_t len;

	if (blkid_probe_lookup_value(probe, name, &value, &len))
		return;
	text_clean(text, sizeof(text), value, len);
	if (*text)
		json_object_set_new(to, key, json_string(text));
}

static json_t *describe(blkid_probe probe)
{
	bool table = blkid_probe_has_value(probe, "PTTYPE");
	const char *offset;
	json_t *json = json_object();

	add_text(json, "type", probe, table ? "PTTYPE" : "TYPE");
	add_text(json, "usage", probe, "USAGE");
	add_text(json, "label", probe, "LABEL");
	add_text(json, "uuid", probe, table ? "PTUUID" : "UUID");
	if (table)
		json_object_set_new(json, "usage", json_string("partition-table"));
	if (!blkid_probe_lookup_value(probe, table ? "PTMAGIC_OFFSET" : "SBMAGIC_OFFSET", &offset, NULL))
		json_object_set_new(json, "offset", json_integer((json_int_t)strtoull(offset, NULL, 10)));
	return json;
}

/* libblkid reads unaligned: it needs a descriptor without O_DIRECT, and no page that is older than what
 * O_DIRECT wrote. */
static int open_buffered(int fd, struct err *err)
{
	char path[32];
	int buffered;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	buffered = open(path, O_RDONLY | O_CLOEXEC);
	if (buffered < 0)
		return err_sys(err, errno, "open again for reading");
	posix_fadvise(buffered, 0, 0, POSIX_FADV_DONTNEED);
	return buffered;
}

static int probe_new(int fd, blkid_probe *ret, struct err *err)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0))
		return err_set(err, EIO, "libblkid cannot read the drive");
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_UUID | BLKID_SUBLKS_MAGIC |
							 BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
	*ret = TAKE_PTR(probe);
	return 0;
}

int block_signatures(int fd, json_t **ret, struct err *err)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = NULL;
	_cleanup_close_ int buffered = open_buffered(fd, err);
	_cleanup_(json_decrefp) json_t *found = json_array();
	int r = buffered;

	if (r >= 0)
		r = probe_new(buffered, &probe, err);
	if (r < 0 || !probe)
		return err_prepend(err, "signatures");
	/* Each call goes on behind the last hit, so that what a mere "probe" hides (RAID over GPT over
	 * ext4) is seen too. */
	while ((r = blkid_do_probe(probe)) == 0 && json_array_size(found) < SIGNATURES_MAX)
		json_array_append_new(found, describe(probe));
	if (r < 0)
		return err_set(err, EIO, "signatures: libblkid cannot read the drive");
	*ret = TAKE_PTR(found);
	return 0;
}
