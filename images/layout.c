/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing a layout; what may stand in it together is layout_check.c's part. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "images/layout_check.h"
#include "images/manifest.h"

#define NAME_LEN_MAX 36  /* UTF-16 units of a GPT entry's name, UEFI 2.10, table 5.6 */
#define TEXT_LEN_MAX 255 /* bytes of a label */
#define PATH_LEN_MAX 1024
#define WHAT_SIZE    64

static const struct {
	const char *name, *guid;
} types[] = {
	{"esp", LAYOUT_TYPE_ESP},
	{"linux", "0fc63daf-8483-4772-8e79-3d69d8477de4"},
	{"swap", LAYOUT_TYPE_SWAP},
	{"linux-raid", "a19d880f-05fc-4d3b-a006-743f0f84911e"},
};

static const char *const fs_names[] = {
	[LAYOUT_NONE] = "none", [LAYOUT_VFAT] = "vfat",   [LAYOUT_EXT4] = "ext4",
	[LAYOUT_XFS] = "xfs",   [LAYOUT_BTRFS] = "btrfs", [LAYOUT_SWAP] = "swap",
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))
#define N_FS    (sizeof(fs_names) / sizeof(fs_names[0]))

const char *layout_fs_name(enum layout_fs fs)
{
	return fs_names[fs];
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static int parse_fs(const char *text, const char *what, enum layout_fs *ret, struct err *err)
{
	for (size_t i = 0; i < N_FS; i++)
		if (!strcmp(text, fs_names[i])) {
			*ret = (enum layout_fs)i;
			return 0;
		}
	return err_set(err, EBADMSG, "%s.fs is none of none, vfat, ext4, xfs, btrfs and swap", what);
}

static int parse_type(const char *text, const char *what, char ret[37], struct err *err)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (!strcmp(text, types[i].name))
			text = types[i].guid;
	if (!layout_guid_valid(text))
		return err_set(err, EBADMSG,
			       "%s.type is none of esp, linux, swap and linux-raid, nor a GUID in lower case",
			       what);
	strcpy(ret, text);
	return 0;
}

static int parse_guid(const char *text, const char *what, char ret[37], struct err *err)
{
	if (text && !layout_guid_valid(text))
		return err_set(err, EBADMSG, "%s.guid is not a GUID in lower case", what);
	strcpy(ret, text ? text : "");
	return 0;
}

static int parse_partition(const json_t *json, const char *what, struct layout_partition *p, struct err *err)
{
	static const char *const keys[] = {"name",  "type", "guid",  "size",     "fs",
					   "label", "uuid", "mount", "mirrored", NULL};
	const char *name, *type, *fs, *guid = NULL, *label = NULL, *uuid = NULL, *mount = NULL;
	int r;

	if ((r = json_only_keys(json, what, keys, err)) < 0 ||
	    (r = json_get_str(json, what, "name", NAME_LEN_MAX, &name, err)) < 0 ||
	    (r = json_get_str(json, what, "type", 36, &type, err)) < 0 ||
	    (r = json_get_str(json, what, "fs", 16, &fs, err)) < 0 ||
	    (r = json_opt_str(json, what, "guid", 36, &guid, err)) < 0 ||
	    (r = json_opt_u64(json, what, "size", LAYOUT_ALIGN, IMAGE_SIZE_MAX, &p->size, err)) < 0 ||
	    (r = json_opt_str(json, what, "label", TEXT_LEN_MAX, &label, err)) < 0 ||
	    (r = json_opt_str(json, what, "uuid", 36, &uuid, err)) < 0 ||
	    (r = json_opt_str(json, what, "mount", TEXT_LEN_MAX, &mount, err)) < 0 ||
	    (r = json_opt_bool(json, what, "mirrored", &p->mirrored, err)) < 0 ||
	    (r = parse_fs(fs, what, &p->fs, err)) < 0 ||
	    (r = parse_type(type, what, p->type_guid, err)) < 0 ||
	    (r = parse_guid(guid, what, p->guid, err)) < 0)
		return r;
	p->name = xstrdup(name);
	p->label = copy_or_null(label);
	p->fs_uuid = copy_or_null(uuid);
	p->mount = copy_or_null(mount);
	return layout_check_partition(p, what, err);
}

static int parse_copy(const json_t *json, const char *what, struct layout_copy *copy, struct err *err)
{
	static const char *const keys[] = {"from", "to", NULL};
	const char *from, *to;
	int r;

	if ((r = json_only_keys(json, what, keys, err)) < 0 ||
	    (r = json_get_str(json, what, "from", PATH_LEN_MAX, &from, err)) < 0 ||
	    (r = json_get_str(json, what, "to", PATH_LEN_MAX, &to, err)) < 0)
		return r;
	if (!layout_path_valid(from) || !strcmp(from, "/"))
		return err_set(err, EBADMSG,
			       "%s.from is not an absolute path without \"//\", \".\" and \"..\"", what);
	if (!image_loader_valid(to))
		return err_set(err, EBADMSG, "%s.to is not a path such as \\EFI\\BOOT\\BOOTX64.EFI", what);
	copy->from = xstrdup(from);
	copy->to = xstrdup(to);
	return 0;
}

static int parse_partitions(const json_t *json, struct layout *layout, struct err *err)
{
	char what[WHAT_SIZE];
	json_t *array;
	int r;

	if ((r = json_get_array(json, "layout", "partitions", LAYOUT_PARTITIONS_MAX, &array, err)) < 0)
		return r;
	for (size_t i = 0; i < json_array_size(array); i++) {
		snprintf(what, sizeof(what), "layout: partitions[%zu]", i);
		layout->n_partitions++;
		if ((r = parse_partition(json_array_get(array, i), what, &layout->partitions[i], err)) < 0)
			return r;
	}
	return 0;
}

static int parse_copies(const json_t *json, struct layout *layout, struct err *err)
{
	char what[WHAT_SIZE];
	json_t *array;
	int r;

	if (!json_object_get(json, "copies"))
		return 0;
	if ((r = json_get_array(json, "layout", "copies", LAYOUT_COPIES_MAX, &array, err)) < 0)
		return r;
	for (size_t i = 0; i < json_array_size(array); i++) {
		snprintf(what, sizeof(what), "layout: copies[%zu]", i);
		layout->n_copies++;
		if ((r = parse_copy(json_array_get(array, i), what, &layout->copies[i], err)) < 0)
			return r;
	}
	return 0;
}

int layout_from_json(const json_t *json, struct layout **ret, struct err *err)
{
	static const char *const keys[] = {"partitions", "copies", NULL};
	_cleanup_(layout_freep) struct layout *layout = xcalloc(1, sizeof(*layout));
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "layout: not a JSON object");
	if ((r = json_only_keys(json, "layout", keys, err)) < 0 ||
	    (r = parse_partitions(json, layout, err)) < 0 || (r = parse_copies(json, layout, err)) < 0 ||
	    (r = layout_check(layout, err)) < 0)
		return r;
	*ret = TAKE_PTR(layout);
	return 0;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && text[0] && json_object_set_new(object, key, json_string(text)) < 0)
		abort();
}

static json_t *partition_json(const struct layout_partition *p)
{
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", p->name, "type", p->type_guid, "fs",
				   layout_fs_name(p->fs));

	if (!object)
		abort();
	for (size_t i = 0; i < N_TYPES; i++)
		if (!strcmp(p->type_guid, types[i].guid))
			set_text(object, "type", types[i].name);
	set_text(object, "guid", p->guid);
	set_text(object, "label", p->label);
	set_text(object, "uuid", p->fs_uuid);
	set_text(object, "mount", p->mount);
	if ((p->size && json_object_set_new(object, "size", json_integer((json_int_t)p->size)) < 0) ||
	    (p->mirrored && json_object_set_new(object, "mirrored", json_true()) < 0))
		abort();
	return object;
}

json_t *layout_to_json(const struct layout *layout)
{
	json_t *root = json_object(), *partitions = json_array(), *copies = json_array();

	for (unsigned i = 0; i < layout->n_partitions; i++)
		if (json_array_append_new(partitions, partition_json(&layout->partitions[i])) < 0)
			abort();
	for (unsigned i = 0; i < layout->n_copies; i++)
		if (json_array_append_new(copies, json_pack("{s:s, s:s}", "from", layout->copies[i].from,
							    "to", layout->copies[i].to)) < 0)
			abort();
	if (json_object_set_new(root, "partitions", partitions) < 0 ||
	    json_object_set_new(root, "copies", copies) < 0)
		abort();
	return root;
}

void layout_free(struct layout *layout)
{
	if (!layout)
		return;
	for (unsigned i = 0; i < layout->n_partitions; i++) {
		free(layout->partitions[i].name);
		free(layout->partitions[i].label);
		free(layout->partitions[i].fs_uuid);
		free(layout->partitions[i].mount);
	}
	for (unsigned i = 0; i < layout->n_copies; i++) {
		free(layout->copies[i].from);
		free(layout->copies[i].to);
	}
	free(layout);
}
