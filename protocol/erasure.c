/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/erasure.h"

#include <stddef.h>
#include <string.h>

/* name, technique, cryptographic, by the host, purge on flash, purge on magnetic media */
static const struct erasure erasures[] = {
	{"nvme-sanitize-block", "block erase", false, false, true, true},
	{"nvme-sanitize-crypto", "cryptographic erase", true, false, true, true},
	{"nvme-sanitize-overwrite", "overwrite by the device", false, false, true, true},
	{"nvme-format-ses2", "cryptographic erase", true, false, true, true},
	{"nvme-format-ses1", "user data erase", false, false, false, false},
	{"ata-sanitize-block", "block erase", false, false, true, true},
	{"ata-sanitize-crypto", "cryptographic erase", true, false, true, true},
	{"ata-sanitize-overwrite", "overwrite by the device", false, false, true, true},
	{"ata-security-erase-enhanced", "secure erase, enhanced", false, false, false, true},
	{"ata-security-erase", "secure erase", false, false, false, false},
	{"scsi-sanitize-block", "block erase", false, false, true, true},
	{"scsi-sanitize-crypto", "cryptographic erase", true, false, true, true},
	{"scsi-sanitize-overwrite", "overwrite by the device", false, false, true, true},
	{"opal-psid-revert", "cryptographic erase", true, false, true, true},
	{"opal-revert", "cryptographic erase", true, false, true, true},
	{"overwrite", "overwrite by the host", false, true, false, false},
};

const struct erasure *erasure_find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(erasures) / sizeof(erasures[0]); i++)
		if (!strcmp(erasures[i].name, name))
			return &erasures[i];
	return NULL;
}

bool erasure_reaches(const struct erasure *erasure, const char *medium, const char *level)
{
	if (!strcmp(level, "clear"))
		return true;
	return !strcmp(level, "purge") &&
	       (!strcmp(medium, "magnetic") ? erasure->purge_on_magnetic : erasure->purge_on_flash);
}
