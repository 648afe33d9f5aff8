/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe status in words. */
#ifndef AGENT_HW_NVME_STATUS_H
#define AGENT_HW_NVME_STATUS_H

#include <stdbool.h>

#include "core/err.h"

/* Sets err from a status above 0 or a negative errno; `what` names the command. Returns a negative
 * errno: -EOPNOTSUPP for a command or field that the drive does not know, -EIO for any other status. */
int nvme_status_error(struct err *err, int status, const char *what) _must_check_;

#endif
