/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/nvme/status.h"

#include "agent/hw/nvme/spec.h"

/* Base Specification 2.0a, figures 93 to 98: those that the commands in use can end with. */
static const struct {
	unsigned sct, sc;
	const char *text;
} meanings[] = {
	{0, 0x01, "Invalid Command Opcode"},
	{0, 0x02, "Invalid Field in Command"},
	{0, 0x04, "Data Transfer Error"},
	{0, 0x05, "Commands Aborted due to Power Loss Notification"},
	{0, 0x06, "Internal Error"},
	{0, 0x07, "Command Abort Requested"},
	{0, 0x0b, "Invalid Namespace or Format"},
	{0, 0x0c, "Command Sequence Error"},
	{0, 0x15, "Operation Denied"},
	{0, 0x1c, "Sanitize Failed"},
	{0, 0x1d, "Sanitize In Progress"},
	{0, 0x20, "Namespace is Write Protected"},
	{0, 0x21, "Command Interrupted"},
	{0, 0x22, "Transient Transport Error"},
	{0, 0x23, "Command Prohibited by Command and Feature Lockdown"},
	{0, 0x24, "Admin Command Media Not Ready"},
	{0, 0x82, "Namespace Not Ready"},
	{0, 0x83, "Reservation Conflict"},
	{0, 0x84, "Format In Progress"},
	{1, 0x09, "Invalid Log Page"},
	{1, 0x0a, "Invalid Format"},
	{1, 0x0b, "Firmware Activation Requires Conventional Reset"},
	{1, 0x0d, "Feature Identifier Not Saveable"},
	{1, 0x0e, "Feature Not Changeable"},
	{1, 0x0f, "Feature Not Namespace Specific"},
	{1, 0x10, "Firmware Activation Requires NVM Subsystem Reset"},
	{1, 0x11, "Firmware Activation Requires Controller Level Reset"},
	{1, 0x15, "Namespace Insufficient Capacity"},
	{1, 0x16, "Namespace Identifier Unavailable"},
	{1, 0x18, "Namespace Already Attached"},
	{1, 0x19, "Namespace Is Private"},
	{1, 0x1a, "Namespace Not Attached"},
	{1, 0x1c, "Controller List Invalid"},
	{1, 0x1e, "Boot Partition Write Prohibited"},
	{1, 0x23, "Sanitize Prohibited While Persistent Memory Region is Enabled"},
	{2, 0x80, "Write Fault"},
	{2, 0x81, "Unrecovered Read Error"},
	{2, 0x86, "Access Denied"},
	{3, 0x00, "Internal Path Error"},
	{3, 0x70, "Host Pathing Error"},
	{3, 0x71, "Command Aborted By Host"},
};

static const char *meaning(unsigned sct, unsigned sc)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].sct == sct && meanings[i].sc == sc)
			return meanings[i].text;
	return sct == 7 ? "vendor specific" : "no name known";
}

static const char *type_name(unsigned sct)
{
	static const char *const names[8] = {
		[0] = "generic",      [1] = "command specific", [2] = "media and data integrity",
		[3] = "path related", [7] = "vendor specific",
	};

	return names[sct] ? names[sct] : "reserved";
}

int nvme_status_error(struct err *err, int status, const char *what)
{
	unsigned sct, sc;
	bool unknown;

	if (status < 0)
		return err_sys(err, -status, "%s: the kernel did not carry it out", what);
	sct = NVME_STATUS_SCT(status);
	sc = NVME_STATUS_SC(status);
	unknown = sct == 0 && (sc == 0x01 || sc == 0x02);
	return err_set(err, unknown ? EOPNOTSUPP : EIO, "%s: the drive answered SCT %u (%s) SC %02xh (%s)%s",
		       what, sct, type_name(sct), sc, meaning(sct, sc),
		       NVME_STATUS_DNR(status) ? ", do not retry" : "");
}
