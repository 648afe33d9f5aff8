/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive can do, of whatever kind it is: read from the drive, or from a captured inventory. */
#ifndef AGENT_WIPE_CAPS_H
#define AGENT_WIPE_CAPS_H

#include <jansson.h>

#include "agent/hw/ata/ata.h"
#include "agent/hw/block/block.h"
#include "agent/hw/nvme/nvme.h"
#include "agent/hw/opal/opal.h"
#include "agent/hw/scsi/scsi.h"

enum wipe_caps_kind { WIPE_CAPS_NONE, WIPE_CAPS_NVME, WIPE_CAPS_ATA, WIPE_CAPS_SCSI };

struct wipe_caps {
	enum wipe_caps_kind
		kind; /* NONE: it takes no commands beyond reading and writing, or did not answer */
	union {
		struct nvme_caps nvme;
		struct ata_caps ata;
		struct scsi_caps scsi;
	};
	bool has_opal;
	struct opal_caps opal;
	struct err why_none; /* NONE: what the drive did not answer; code 0: nothing was asked */
};

/* Asks the drive; changes nothing. Never fails: what is not answered is not offered. */
void wipe_caps_read(int fd, const struct block *block, struct wipe_caps *ret);

/* {"nvme": {...}} or {"ata": {...}} or {"scsi": {...}} or {"none": "why"}, and "opal": {...} or null. */
json_t *wipe_caps_to_json(const struct wipe_caps *caps) _must_check_;
int wipe_caps_from_json(const json_t *json, struct wipe_caps *ret, struct err *err) _must_check_;

#endif
