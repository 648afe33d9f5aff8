/* SPDX-License-Identifier: Apache-2.0 */
/* What Level 0 Discovery told, as JSON and back: the raw answer, and what it says, which must agree. */
#include <string.h>

#include "agent/hw/opal/private.h"
#include "core/hash.h"
#include "core/json.h"

#define WHAT "opal"

json_t *opal_caps_to_json(const struct opal_caps *caps)
{
	char raw[2 * OPAL_DISCOVERY_MAX + 1];

	hex_encode(caps->raw, caps->raw_len, raw);
	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:s}", "tper", caps->tper, "locking",
			 caps->locking, "locking_enabled", caps->locking_enabled, "locked", caps->locked,
			 "mbr_enabled", caps->mbr_enabled, "mbr_done", caps->mbr_done, "media_encryption",
			 caps->media_encryption, "ssc", caps->ssc, "raw", raw);
}

/* The raw answer is the truth; an object that is not what it gives was tampered with, or is another version's. */
int opal_caps_from_json(const json_t *json, struct opal_caps *ret, struct err *err)
{
	_cleanup_json_ json_t *again = NULL;
	uint8_t raw[OPAL_DISCOVERY_MAX];
	struct opal_caps caps;
	struct err why;
	const char *hex;
	int r = json_get_str(json, WHAT, "raw", 2 * OPAL_DISCOVERY_MAX, &hex, err);

	if (r < 0)
		return r;
	if (hex_decode(hex, raw, strlen(hex) / 2) < 0)
		return err_set(err, EBADMSG, WHAT ".raw is not hexadecimal");
	if (opal_parse(raw, strlen(hex) / 2, &caps, &why) < 0)
		return err_set(err, EBADMSG, WHAT ".raw: %s", why.text);
	again = opal_caps_to_json(&caps);
	if (!json_equal(again, json))
		return err_set(err, EBADMSG, WHAT ": its fields are not what its raw answer says");
	*ret = caps;
	return 0;
}
