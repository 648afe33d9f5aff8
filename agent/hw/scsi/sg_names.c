/* SPDX-License-Identifier: Apache-2.0 */
/* Words for what SCSI devices and host adapters answer. */
#include "agent/hw/scsi/sg_spec.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

const char *sg_status_name(uint8_t status)
{
	switch (status) {
	case SAM_GOOD:
		return "GOOD";
	case SAM_CHECK_CONDITION:
		return "CHECK CONDITION";
	case SAM_CONDITION_MET:
		return "CONDITION MET";
	case SAM_BUSY:
		return "BUSY";
	case SAM_RESERVATION_CONFLICT:
		return "RESERVATION CONFLICT";
	case SAM_TASK_SET_FULL:
		return "TASK SET FULL";
	case SAM_ACA_ACTIVE:
		return "ACA ACTIVE";
	case SAM_TASK_ABORTED:
		return "TASK ABORTED";
	default:
		return "a reserved status";
	}
}

/* Linux, include/scsi/scsi_status.h, enum scsi_host_status */
const char *sg_host_status_name(uint16_t host_status)
{
	static const char *const names[] = {
		[0x00] = "no error",
		[0x01] = "no connection",
		[0x02] = "bus busy",
		[0x03] = "timed out",
		[0x04] = "bad target",
		[0x05] = "aborted",
		[0x06] = "parity error",
		[0x07] = "internal error",
		[0x08] = "reset",
		[0x09] = "unexpected interrupt",
		[0x0a] = "passed through",
		[0x0b] = "soft error",
		[0x0c] = "retry at once",
		[0x0d] = "requeue",
		[0x0e] = "transport disrupted",
		[0x0f] = "transport failed",
		[0x10] = "target failure",
		[0x11] = "nexus failure",
		[0x12] = "out of space",
		[0x13] = "medium error",
		[0x14] = "transport marginal",
	};

	return host_status < N(names) ? names[host_status] : "unknown";
}

const char *sg_sense_key_name(uint8_t key)
{
	static const char *const names[16] = {
		"no sense",       "recovered error", "not ready",      "medium error",
		"hardware error", "illegal request", "unit attention", "data protect",
		"blank check",    "vendor specific", "copy aborted",   "aborted command",
		"reserved",       "volume overflow", "miscompare",     "completed",
	};

	return names[key & 0xf];
}

/* SPC-5, annex F.2: those that come up around erasing. */
static const struct {
	uint8_t asc, ascq;
	const char *text;
} meanings[] = {
	{0x00, 0x1d, "ATA pass-through information available"},
	{0x00, 0x16, "operation in progress"},
	{0x04, 0x00, "not ready, cause not reportable"},
	{0x04, 0x01, "becoming ready"},
	{0x04, 0x02, "initializing command required"},
	{0x04, 0x04, "format in progress"},
	{0x04, 0x09, "self-test in progress"},
	{0x04, 0x1b, "sanitize in progress"},
	{0x0c, 0x00, "write error"},
	{0x11, 0x00, "unrecovered read error"},
	{0x20, 0x00, "invalid command operation code"},
	{0x20, 0x02, "access denied"},
	{0x21, 0x00, "logical block address out of range"},
	{0x24, 0x00, "invalid field in CDB"},
	{0x25, 0x00, "logical unit not supported"},
	{0x26, 0x00, "invalid field in parameter list"},
	{0x27, 0x00, "write protected"},
	{0x29, 0x00, "power on, reset, or bus device reset occurred"},
	{0x31, 0x00, "medium format corrupted"},
	{0x31, 0x01, "format command failed"},
	{0x31, 0x03, "sanitize command failed"},
	{0x3a, 0x00, "medium not present"},
	{0x3e, 0x01, "logical unit failure"},
	{0x44, 0x00, "internal target failure"},
	{0x55, 0x03, "insufficient resources"},
	{0x74, 0x71, "logical unit access not authorized"},
};

const char *sg_sense_meaning(uint8_t asc, uint8_t ascq)
{
	for (unsigned i = 0; i < N(meanings); i++)
		if (meanings[i].asc == asc && meanings[i].ascq == ascq)
			return meanings[i].text;
	return "";
}
