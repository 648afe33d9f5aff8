/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods. docs/wipe.md, "Methods and levels", says where the levels come from. */
#include "agent/wipe/method.h"

#include <string.h>

/* In no order: the plan's is plan.c's. */
const struct wipe_method_row wipe_methods[WIPE_METHODS] = {
	[WIPE_NVME_SANITIZE_BLOCK] = {"nvme-sanitize-block", "block erase", WIPE_PURGE, WIPE_PURGE, false,
				      true, true, method_nvme_sanitize_block},
	[WIPE_NVME_SANITIZE_CRYPTO] = {"nvme-sanitize-crypto", "cryptographic erase", WIPE_PURGE, WIPE_PURGE,
				       true, true, true, method_nvme_sanitize_crypto},
	[WIPE_NVME_SANITIZE_OVERWRITE] = {"nvme-sanitize-overwrite", "overwrite by the device", WIPE_PURGE,
					  WIPE_PURGE, false, true, true, method_nvme_sanitize_overwrite},
	[WIPE_NVME_FORMAT_CRYPTO] = {"nvme-format-ses2", "cryptographic erase", WIPE_PURGE, WIPE_PURGE, true,
				     false, false, method_nvme_format_crypto},
	/* By any means of the drive's: no more than clear. */
	[WIPE_NVME_FORMAT_USER] = {"nvme-format-ses1", "user data erase", WIPE_CLEAR, WIPE_CLEAR, false,
				   false, false, method_nvme_format_user},
	[WIPE_ATA_SANITIZE_BLOCK] = {"ata-sanitize-block", "block erase", WIPE_PURGE, WIPE_PURGE, false, true,
				     true, method_ata_sanitize_block},
	[WIPE_ATA_SANITIZE_CRYPTO] = {"ata-sanitize-crypto", "cryptographic erase", WIPE_PURGE, WIPE_PURGE,
				      true, true, true, method_ata_sanitize_crypto},
	[WIPE_ATA_SANITIZE_OVERWRITE] = {"ata-sanitize-overwrite", "overwrite by the device", WIPE_PURGE,
					 WIPE_PURGE, false, true, true, method_ata_sanitize_overwrite},
	/* Enhanced erasing covers reallocated sectors of a rotating drive; what a flash drive does is the maker's business. */
	[WIPE_ATA_SECURITY_ENHANCED] = {"ata-security-erase-enhanced", "secure erase, enhanced", WIPE_CLEAR,
					WIPE_PURGE, false, true, false, method_ata_security_enhanced},
	[WIPE_ATA_SECURITY_NORMAL] = {"ata-security-erase", "secure erase", WIPE_CLEAR, WIPE_CLEAR, false,
				      true, false, method_ata_security_normal},
	[WIPE_SCSI_SANITIZE_BLOCK] = {"scsi-sanitize-block", "block erase", WIPE_PURGE, WIPE_PURGE, false,
				      true, true, method_scsi_sanitize_block},
	[WIPE_SCSI_SANITIZE_CRYPTO] = {"scsi-sanitize-crypto", "cryptographic erase", WIPE_PURGE, WIPE_PURGE,
				       true, true, true, method_scsi_sanitize_crypto},
	[WIPE_SCSI_SANITIZE_OVERWRITE] = {"scsi-sanitize-overwrite", "overwrite by the device", WIPE_PURGE,
					  WIPE_PURGE, false, true, true, method_scsi_sanitize_overwrite},
	[WIPE_OPAL_PSID_REVERT] = {"opal-psid-revert", "cryptographic erase", WIPE_PURGE, WIPE_PURGE, true,
				   true, false, method_opal_psid_revert},
	[WIPE_OPAL_REVERT] = {"opal-revert", "cryptographic erase", WIPE_PURGE, WIPE_PURGE, true, true, false,
			      method_opal_revert},
	[WIPE_OVERWRITE] = {"overwrite", "overwrite by the host", WIPE_CLEAR, WIPE_CLEAR, false, false, false,
			    method_overwrite},
};

const char *wipe_method_name(enum wipe_method method)
{
	return wipe_methods[method].name;
}

enum wipe_level wipe_method_level(enum wipe_method method, const struct block *block)
{
	return block->rotational ? wipe_methods[method].disk : wipe_methods[method].flash;
}

const char *wipe_level_name(enum wipe_level level)
{
	return level == WIPE_PURGE ? "purge" : "clear";
}

int wipe_method_by_name(const char *name, enum wipe_method *ret)
{
	for (unsigned i = 0; i < WIPE_METHODS; i++)
		if (!strcmp(wipe_methods[i].name, name)) {
			*ret = (enum wipe_method)i;
			return 0;
		}
	return -ENOENT;
}
