/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/caps.h"

#include <string.h>

#include "core/json.h"

#define OACS_SECURITY \
	(1u << 0) /* NVM Express Base Specification 2.0a, figure 275: Security Send and Receive */

static int not_built(const char *kind, struct err *err)
{
	return err_set(err, EOPNOTSUPP, "this agent was built without %s commands", kind);
}

static void read_nvme(int fd, struct wipe_caps *caps)
{
	if (!IS_ENABLED(CONFIG_HW_NVME))
		not_built("NVMe", &caps->why_none);
	else if (nvme_identify(fd, &caps->nvme, &caps->why_none) == 0)
		caps->kind = WIPE_CAPS_NVME;
}

static void read_ata(int fd, struct wipe_caps *caps)
{
	if (!IS_ENABLED(CONFIG_HW_ATA))
		not_built("ATA", &caps->why_none);
	else if (ata_identify(fd, &caps->ata, &caps->why_none) == 0)
		caps->kind = WIPE_CAPS_ATA;
}

static void read_scsi(int fd, struct wipe_caps *caps)
{
	if (!IS_ENABLED(CONFIG_HW_SCSI))
		not_built("SCSI", &caps->why_none);
	else if (scsi_identify(fd, &caps->scsi, &caps->why_none) == 0)
		caps->kind = WIPE_CAPS_SCSI;
}

/* Does the drive say that it has the command that discovery needs? SCSI drives say it nowhere else than in their answer to it. */
static bool may_have_opal(const struct wipe_caps *caps)
{
	switch (caps->kind) {
	case WIPE_CAPS_NVME:
		return caps->nvme.oacs & OACS_SECURITY;
	case WIPE_CAPS_ATA:
		return caps->ata.trusted;
	case WIPE_CAPS_SCSI:
		return true;
	default:
		return false;
	}
}

void wipe_caps_read(int fd, const struct block *block, struct wipe_caps *ret)
{
	struct err ignored;

	memset(ret, 0, sizeof(*ret));
	switch (block->transport) {
	case BLOCK_NVME:
		read_nvme(fd, ret);
		break;
	case BLOCK_ATA:
		read_ata(fd, ret);
		break;
	case BLOCK_SCSI:
		read_scsi(fd, ret);
		break;
	default:
		break;
	}
	if (IS_ENABLED(CONFIG_HW_OPAL) && may_have_opal(ret))
		ret->has_opal =
			opal_discover(fd, block->transport, &ret->opal, &ignored) == 0 && ret->opal.tper;
}

/* A room that is not built in has no reader for its capabilities either, and none were read. */
static json_t *kind_to_json(const struct wipe_caps *caps)
{
	if (IS_ENABLED(CONFIG_HW_NVME) && caps->kind == WIPE_CAPS_NVME)
		return json_pack("{s:o}", "nvme", nvme_caps_to_json(&caps->nvme));
	if (IS_ENABLED(CONFIG_HW_ATA) && caps->kind == WIPE_CAPS_ATA)
		return json_pack("{s:o}", "ata", ata_caps_to_json(&caps->ata));
	if (IS_ENABLED(CONFIG_HW_SCSI) && caps->kind == WIPE_CAPS_SCSI)
		return json_pack("{s:o}", "scsi", scsi_caps_to_json(&caps->scsi));
	return json_pack("{s:s}", "none", caps->why_none.text);
}

json_t *wipe_caps_to_json(const struct wipe_caps *caps)
{
	json_t *json = kind_to_json(caps);

	json_object_set_new(json, "opal",
			    IS_ENABLED(CONFIG_HW_OPAL) && caps->has_opal ? opal_caps_to_json(&caps->opal)
									 : json_null());
	return json;
}

static int none_from_json(const json_t *json, struct wipe_caps *caps, struct err *err)
{
	const char *why;
	int r = json_get_str_or_empty(json, "capabilities", "none", sizeof(caps->why_none.text) - 1, &why,
				      err);

	if (r == 0 && *why) /* the number of the error is not kept */
		err_set(&caps->why_none, EIO, "%s", why);
	return r;
}

static int kind_from_json(const json_t *json, struct wipe_caps *caps, struct err *err)
{
	const json_t *inner;

	if ((inner = json_object_get(json, "nvme"))) {
		caps->kind = WIPE_CAPS_NVME;
		return IS_ENABLED(CONFIG_HW_NVME) ? nvme_caps_from_json(inner, &caps->nvme, err)
						  : not_built("NVMe", err);
	}
	if ((inner = json_object_get(json, "ata"))) {
		caps->kind = WIPE_CAPS_ATA;
		return IS_ENABLED(CONFIG_HW_ATA) ? ata_caps_from_json(inner, &caps->ata, err)
						 : not_built("ATA", err);
	}
	if ((inner = json_object_get(json, "scsi"))) {
		caps->kind = WIPE_CAPS_SCSI;
		return IS_ENABLED(CONFIG_HW_SCSI) ? scsi_caps_from_json(inner, &caps->scsi, err)
						  : not_built("SCSI", err);
	}
	return none_from_json(json, caps, err);
}

static int opal_from_json(const json_t *json, struct wipe_caps *caps, struct err *err)
{
	const json_t *opal = json_object_get(json, "opal");

	if (!opal)
		return err_set(err, EBADMSG, "capabilities: opal is missing");
	if (json_is_null(opal))
		return 0;
	if (!IS_ENABLED(CONFIG_HW_OPAL))
		return not_built("Opal", err);
	caps->has_opal = true;
	return opal_caps_from_json(opal, &caps->opal, err);
}

int wipe_caps_from_json(const json_t *json, struct wipe_caps *ret, struct err *err)
{
	static const char *const keys[] = {"nvme", "ata", "scsi", "none", "opal", NULL};
	struct wipe_caps caps;
	int r = json_only_keys(json, "capabilities", keys, err);

	memset(&caps, 0, sizeof(caps));
	if (r < 0)
		return r;
	if (json_object_size(json) != 2)
		return err_set(err, EBADMSG, "capabilities must be of one kind, and opal");
	if ((r = opal_from_json(json, &caps, err)) < 0 || (r = kind_from_json(json, &caps, err)) < 0)
		return r;
	if (caps.has_opal && (caps.kind == WIPE_CAPS_NONE || !caps.opal.tper))
		return err_set(err, EBADMSG, "capabilities: no drive tells of opal so");
	*ret = caps;
	return 0;
}
