/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ATA drive told, as JSON: the raw words of IDENTIFY DEVICE, what they mean for whoever reads it, and what was asked for besides.
 * Reading it back believes the raw words alone, and refuses a text whose meaning is another.
 */
#include <errno.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "core/hash.h"
#include "core/json.h"

#define WHAT "ata"

static json_t *security_to_json(const struct ata_caps *c)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:i}", "supported", c->security, "enabled",
			 c->security_enabled, "locked", c->security_locked, "frozen", c->security_frozen,
			 "expired", c->security_expired, "enhanced", c->security_enhanced, "erase_s",
			 (int)c->erase_s, "enhanced_s", (int)c->enhanced_s);
}

static json_t *sanitize_to_json(const struct ata_caps *c)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:b}", "supported", c->sanitize, "crypto", c->sanitize_crypto,
			 "block", c->sanitize_block, "overwrite", c->sanitize_overwrite, "frozen",
			 c->sanitize_frozen);
}

json_t *ata_caps_to_json(const struct ata_caps *c)
{
	char hex[2 * sizeof(c->id) + 1];
	uint8_t bytes[sizeof(c->id)];

	for (unsigned i = 0; i < 256; i++) {
		bytes[2 * i] = (uint8_t)c->id[i];
		bytes[2 * i + 1] = (uint8_t)(c->id[i] >> 8);
	}
	hex_encode(bytes, sizeof(bytes), hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:i, s:I, s:I, s:o, s:o}",
			 "identify", hex, "model", c->model, "serial", c->serial, "firmware", c->firmware,
			 "rotational", c->rotational, "trusted", c->trusted, "hpa", c->hpa, "amac", c->amac,
			 "dco", c->dco, "sectors", (json_int_t)c->sectors, "sector_size", (int)c->sector_size,
			 "native_sectors", (json_int_t)c->native_sectors, "dco_sectors",
			 (json_int_t)c->dco_sectors, "security", security_to_json(c), "sanitize",
			 sanitize_to_json(c));
}

static int read_identify(const json_t *json, struct ata_caps *caps, struct err *err)
{
	uint8_t bytes[sizeof(caps->id)];
	const char *hex;
	int r = json_get_str(json, WHAT, "identify", 2 * sizeof(bytes), &hex, err);

	if (r < 0)
		return r;
	if (strlen(hex) != 2 * sizeof(bytes) || hex_decode(hex, bytes, sizeof(bytes)) < 0)
		return err_set(err, EBADMSG, WHAT ".identify: not 512 bytes in hexadecimal");
	for (unsigned i = 0; i < 256; i++)
		caps->id[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
	r = ata_caps_parse(caps, err);
	if (r < 0)
		err->code = EBADMSG;
	return r < 0 ? err_prepend(err, WHAT) : 0;
}

static int read_asked(const json_t *json, struct ata_caps *caps, struct err *err)
{
	json_t *sanitize;
	int r = json_get_u64(json, WHAT, "native_sectors", 0, ATA_SECTORS_MAX, &caps->native_sectors, err);

	if (r == 0)
		r = json_get_u64(json, WHAT, "dco_sectors", 0, ATA_SECTORS_MAX, &caps->dco_sectors, err);
	if (r == 0)
		r = json_get_object(json, WHAT, "sanitize", &sanitize, err);
	if (r == 0)
		r = json_get_bool(sanitize, WHAT ".sanitize", "frozen", &caps->sanitize_frozen, err);
	return r;
}

int ata_caps_from_json(const json_t *json, struct ata_caps *ret, struct err *err)
{
	_cleanup_json_ json_t *again = NULL;
	struct ata_caps caps = {.sectors = 0};
	int r = read_identify(json, &caps, err);

	if (r == 0)
		r = read_asked(json, &caps, err);
	if (r < 0)
		return r;
	again = ata_caps_to_json(&caps);
	if (!again || !json_equal(again, json))
		return err_set(err, EBADMSG, WHAT ": the fields are not what \"identify\" says");
	*ret = caps;
	return 0;
}
