/* SPDX-License-Identifier: Apache-2.0 */
/* What a SCSI drive said of itself, as JSON and back. */
#include <string.h>

#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/spec.h"
#include "agent/hw/sysfs.h"
#include "core/json.h"

#define WHAT "scsi"

json_t *scsi_caps_to_json(const struct scsi_caps *caps)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:b, s:b, s:b, s:I, s:i, s:i, s:i}", "vendor",
			 caps->vendor, "product", caps->product, "revision", caps->revision, "device_type",
			 caps->device_type, "sanitize_overwrite", caps->sanitize_overwrite, "sanitize_block",
			 caps->sanitize_block, "sanitize_crypto", caps->sanitize_crypto, "write_protected",
			 caps->write_protected, "blocks", (json_int_t)caps->blocks, "block_size",
			 (int)caps->block_size, "protection", caps->protection, "rotation", caps->rotation);
}

/* Text as text_clean() leaves it, of at most size - 1 bytes. */
static int get_text(const json_t *json, const char *key, char *to, size_t size, struct err *err)
{
	char clean[24];
	const char *text;
	int r = json_get_str_or_empty(json, WHAT, key, size - 1, &text, err);

	if (r < 0)
		return r;
	text_clean(clean, sizeof(clean), text, strlen(text));
	if (strcmp(clean, text) != 0)
		return err_set(err, EBADMSG, WHAT ": %s is not as a drive's text is written", key);
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

static int get_texts(const json_t *json, struct scsi_caps *caps, struct err *err)
{
	int r = get_text(json, "vendor", caps->vendor, sizeof(caps->vendor), err);

	if (r == 0)
		r = get_text(json, "product", caps->product, sizeof(caps->product), err);
	return r < 0 ? r : get_text(json, "revision", caps->revision, sizeof(caps->revision), err);
}

static int get_flags(const json_t *json, struct scsi_caps *caps, struct err *err)
{
	const struct {
		const char *key;
		bool *to;
	} flags[] = {{"sanitize_overwrite", &caps->sanitize_overwrite},
		     {"sanitize_block", &caps->sanitize_block},
		     {"sanitize_crypto", &caps->sanitize_crypto},
		     {"write_protected", &caps->write_protected}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int r = json_get_bool(json, WHAT, flags[i].key, flags[i].to, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int get_numbers(const json_t *json, struct scsi_caps *caps, struct err *err)
{
	uint64_t type, blocks, size, protection, rotation;
	int r;

	if ((r = json_get_u64(json, WHAT, "device_type", 0, SCSI_TYPE_MASK, &type, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "blocks", 0, INT64_MAX, &blocks, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "block_size", 0, 1u << 20, &size, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "protection", 0, 3, &protection, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "rotation", 0, SCSI_ROTATION_MAX, &rotation, err)) < 0)
		return r;
	if (!blocks != !size || (size && blocks > (uint64_t)INT64_MAX / size))
		return err_set(err, EBADMSG, WHAT ": blocks and block_size cannot be");
	if (rotation > SCSI_ROTATION_NONE && rotation < SCSI_ROTATION_MIN)
		return err_set(err, EBADMSG, WHAT ": rotation is a reserved value");
	caps->device_type = (uint8_t)type;
	caps->blocks = blocks;
	caps->block_size = (uint32_t)size;
	caps->protection = (uint8_t)protection;
	caps->rotation = (uint16_t)rotation;
	return 0;
}

int scsi_caps_from_json(const json_t *json, struct scsi_caps *ret, struct err *err)
{
	static const char *const keys[] = {"vendor",
					   "product",
					   "revision",
					   "device_type",
					   "sanitize_overwrite",
					   "sanitize_block",
					   "sanitize_crypto",
					   "write_protected",
					   "blocks",
					   "block_size",
					   "protection",
					   "rotation",
					   NULL};
	struct scsi_caps caps = {.device_type = 0};
	int r = json_only_keys(json, WHAT, keys, err);

	if (r == 0)
		r = get_texts(json, &caps, err);
	if (r == 0)
		r = get_flags(json, &caps, err);
	if (r == 0)
		r = get_numbers(json, &caps, err);
	if (r == 0)
		*ret = caps;
	return r;
}
