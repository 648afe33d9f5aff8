/* SPDX-License-Identifier: Apache-2.0 */
/* UNIT ATTENTION: the device has something to tell (a reset, a changed setting) and did not carry the command out (SAM-6, unit attention conditions). */
#include "agent/hw/scsi/sg.h"
#include "agent/hw/scsi/sg_spec.h"

#define TRIES 5 /* a device may have several of them to tell; one that always has is broken */

bool sg_arrived(const struct sg_command *cmd)
{
	uint8_t driver = cmd->driver_status & 0xf;

	return !cmd->host_status && (!driver || driver == SG_DRIVER_SENSE);
}

static bool only_attention(const struct sg_command *cmd)
{
	struct sg_sense s;

	return sg_arrived(cmd) && cmd->status == SAM_CHECK_CONDITION && sg_sense(cmd, &s) && !s.deferred &&
	       s.key == SENSE_UNIT_ATTENTION;
}

int sg_issue_attended(int fd, struct sg_command *cmd, const char *what, struct err *err)
{
	for (unsigned i = 0;; i++) {
		int r = sg_issue(fd, cmd, what, err);

		if (r < 0 || i + 1 == TRIES || !only_attention(cmd))
			return r;
	}
}

int sg_run_attended(int fd, struct sg_command *cmd, const char *what, struct err *err)
{
	int r = sg_issue_attended(fd, cmd, what, err);

	return r < 0 ? r : sg_judge(cmd, what, err);
}
