/* SPDX-License-Identifier: Apache-2.0 */
/* A drive's description as JSON, and back: for inventory and certificate, and for plans that are made without the machine. */
#include <string.h>

#include "agent/hw/block/block.h"
#include "core/json.h"

#define BYTES_MAX ((1ull << 62) - 1)

static const char *const transports[] = {
	[BLOCK_NVME] = "nvme", [BLOCK_ATA] = "ata",   [BLOCK_SCSI] = "scsi",   [BLOCK_VIRTIO] = "virtio",
	[BLOCK_MMC] = "mmc",   [BLOCK_PMEM] = "pmem", [BLOCK_OTHER] = "other",
};

const char *block_transport_name(enum block_transport transport)
{
	return transports[transport];
}

static const char *const zoned_names[] = {"none", "host-aware", "host-managed"};

json_t *block_to_json(const struct block *b)
{
	const char *left_alone = block_untouchable(b);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, "
		"s:b, s:I, s:I, "
		"s:I, s:s}",
		"name", b->name, "dev", b->dev, "model", b->model, "serial", b->serial, "wwn", b->wwn,
		"firmware", b->firmware, "transport", block_transport_name(b->transport), "subsystem",
		b->subsystem, "namespace", (json_int_t)b->nsid, "size", (json_int_t)b->size,
		"logical_block_size", (json_int_t)b->logical_block_size, "physical_block_size",
		(json_int_t)b->physical_block_size, "rotational", b->rotational, "removable", b->removable,
		"read_only", b->read_only, "fabrics", b->fabrics, "virtual_media", b->virtual_media,
		"discard_granularity", (json_int_t)b->discard_granularity, "discard_max",
		(json_int_t)b->discard_max, "write_zeroes_max", (json_int_t)b->write_zeroes_max, "zoned",
		zoned_names[b->zoned]);

	if (!json)
		abort(); /* out of memory: every text is ASCII */
	if (left_alone)
		json_object_set_new(json, "untouchable", json_string(left_alone));
	return json;
}

/* The index of a word in a list. */
static int read_word(const json_t *json, const char *key, const char *const *words, unsigned n, unsigned *ret,
		     struct err *err)
{
	const char *text;
	int r = json_get_str(json, "disk", key, 31, &text, err);

	for (unsigned i = 0; r == 0 && i < n; i++) {
		*ret = i;
		if (!strcmp(text, words[i]))
			return 0;
	}
	return r ? r : err_set(err, EBADMSG, "disk.%s: \"%s\" is unknown", key, text);
}

static int read_text(const json_t *json, const char *key, char *to, size_t size, struct err *err)
{
	const char *text = "";
	int r = json_get_str_or_empty(json, "disk", key, size - 1, &text, err);

	snprintf(to, size, "%s", text);
	return r;
}

static int read_texts(const json_t *json, struct block *b, struct err *err)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{"name", b->name, sizeof(b->name)},
		{"dev", b->dev, sizeof(b->dev)},
		{"model", b->model, sizeof(b->model)},
		{"serial", b->serial, sizeof(b->serial)},
		{"wwn", b->wwn, sizeof(b->wwn)},
		{"firmware", b->firmware, sizeof(b->firmware)},
		{"subsystem", b->subsystem, sizeof(b->subsystem)},
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		r = read_text(json, texts[i].key, texts[i].to, texts[i].size, err);
	return r;
}

static int read_numbers(const json_t *json, struct block *b, struct err *err)
{
	uint64_t logical = 0, physical = 0, nsid = 0;
	const struct {
		const char *key;
		uint64_t *to, max;
	} numbers[] = {
		{"size", &b->size, BYTES_MAX},
		{"logical_block_size", &logical, 1 << 20},
		{"physical_block_size", &physical, 1 << 30},
		{"namespace", &nsid, UINT32_MAX},
		{"discard_granularity", &b->discard_granularity, BYTES_MAX},
		{"discard_max", &b->discard_max, BYTES_MAX},
		{"write_zeroes_max", &b->write_zeroes_max, BYTES_MAX},
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		r = json_get_u64(json, "disk", numbers[i].key, 0, numbers[i].max, numbers[i].to, err);
	b->logical_block_size = (uint32_t)logical;
	b->physical_block_size = (uint32_t)physical;
	b->nsid = (uint32_t)nsid;
	return r;
}

static int read_flags(const json_t *json, struct block *b, struct err *err)
{
	const struct {
		const char *key;
		bool *to;
	} flags[] = {
		{"rotational", &b->rotational},       {"removable", &b->removable},
		{"read_only", &b->read_only},         {"fabrics", &b->fabrics},
		{"virtual_media", &b->virtual_media},
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
		r = json_get_bool(json, "disk", flags[i].key, flags[i].to, err);
	return r;
}

int block_from_json(const json_t *json, struct block *ret, struct err *err)
{
	struct block b = {0};
	unsigned transport = 0;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "a disk must be an object");
	r = read_texts(json, &b, err);
	if (!r)
		r = read_numbers(json, &b, err);
	if (!r)
		r = read_flags(json, &b, err);
	if (!r)
		r = read_word(json, "zoned", zoned_names, 3, &b.zoned, err);
	if (!r)
		r = read_word(json, "transport", transports, sizeof(transports) / sizeof(transports[0]),
			      &transport, err);
	if (r)
		return r;
	b.transport = (enum block_transport)transport;
	*ret = b;
	return 0;
}
