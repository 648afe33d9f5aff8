/* SPDX-License-Identifier: Apache-2.0 */
/* Is there a TPM, and of which version. Nothing is asked of it. */
#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"

int tpm_inventory(const char *root, json_t **ret, struct err *err)
{
	bool present = sysfs_exists("%s/sys/class/tpm/tpm0", root);
	uint64_t major = sysfs_number(0, "%s/sys/class/tpm/tpm0/tpm_version_major", root);
	json_t *json = json_pack("{s:b}", "present", present);

	if (!json)
		return err_set(err, ENOMEM, "TPM: out of memory");
	/* The kernel names the version since 5.6. */
	if (present && major)
		json_object_set_new(json, "version", json_string(major == 2 ? "2.0" : "1.2"));
	*ret = json;
	return 0;
}
