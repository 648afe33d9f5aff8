/* SPDX-License-Identifier: Apache-2.0 */
/* In the disk kind's shape, with partitions where that has chunks. */
#include "agent/steps/tree/record.h"

#include <sys/stat.h>

#include "agent/steps/roots.h"
#include "agent/steps/write_record.h"
#include "core/hash.h"
#include "core/io.h"

static void set_u64(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *partition_json(const struct rig *rig, unsigned disk, unsigned partition)
{
	const struct plan_partition *p = &rig->disks[disk].plan.partitions[partition];
	json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s*, s:s*, s:b}", "number", (int)partition + 1,
				 "name", p->part->name, "type", p->part->type_guid, "guid", p->guid, "fs",
				 layout_fs_name(p->part->fs), "label", p->part->label, "mount",
				 p->part->mount, "mirrored", rig_is_mirrored(rig, partition));

	set_u64(json, "offset", p->offset);
	set_u64(json, "size", p->size);
	if (p->part->fs != LAYOUT_NONE)
		json_object_set_new(json, "uuid",
				    json_string(rig_runs_own_swap(rig, partition)
							? rig->disks[disk].swap_uuid[partition]
							: rig->fs_uuid[partition]));
	return json;
}

static json_t *target_json(const struct rig *rig, unsigned disk)
{
	const struct rig_disk *d = &rig->disks[disk];
	json_t *partitions = json_array();

	for (unsigned p = 0; root_is_whole(d->root) && p < d->plan.n; p++)
		json_array_append_new(partitions, partition_json(rig, disk, p));
	return json_pack("{s:s, s:o, s:s, s:o}", "disk", d->root->block->name, "lost",
			 root_is_whole(d->root) ? json_null() : json_string(d->root->lost.text), "guid",
			 d->plan.disk_guid, "partitions", partitions);
}

/* As mdadm prints it: four groups of eight digits. */
static json_t *array_json(const struct rig *rig, unsigned partition)
{
	const struct md_array *array = &rig->arrays[partition];
	_cleanup_free_ char *uuid = NULL;
	char hex[33];

	hex_encode(array->uuid, sizeof(array->uuid), hex);
	uuid = str_printf("%.8s:%.8s:%.8s:%.8s", hex, hex + 8, hex + 16, hex + 24);
	return json_pack("{s:s, s:s, s:s, s:i, s:I}", "name", array->name, "uuid", uuid, "metadata", "1.0",
			 "partition", (int)partition + 1, "size", (json_int_t)array->size);
}

/* Names of regular files: what reading all back compares. */
static uint64_t count_files(struct tree_list *list)
{
	uint64_t files = 0;

	for (uint32_t i = 0; list && i < tree_list_count(list); i++)
		files += S_ISREG(tree_list_at(list, i)->mode);
	return files;
}

json_t *root_record_make(const struct rig *rig, const struct pipeline_job *pipeline,
			 const struct filled *filled)
{
	json_t *written = write_record_make(rig->job, pipeline, &filled->result), *targets = json_array(),
	       *arrays = json_array();

	for (unsigned i = 0; i < rig->n; i++)
		json_array_append_new(targets, target_json(rig, i));
	for (unsigned p = 0; p < rig->layout->n_partitions; p++)
		if (rig_is_mirrored(rig, p))
			json_array_append_new(arrays, array_json(rig, p));
	json_object_set_new(written, "kind", json_string("root"));
	set_u64(written, "files", count_files(filled->tree) + count_files(filled->esp));
	set_u64(written, "file_bytes", filled->bytes);
	json_object_set_new(written, "resumed", json_false());
	json_object_set_new(written, "targets", targets);
	json_object_set_new(written, "arrays", arrays);
	return written;
}

void root_record_read_back(json_t *written, const struct rig *rig, unsigned disk, uint64_t files,
			   uint64_t bytes)
{
	json_t *target = json_array_get(json_object_get(written, "targets"), disk);
	const struct root *root = rig->disks[disk].root;

	json_object_set_new(target, "lost", root_is_whole(root) ? json_null() : json_string(root->lost.text));
	set_u64(target, "files_read", files);
	set_u64(target, "read_back", bytes);
}
