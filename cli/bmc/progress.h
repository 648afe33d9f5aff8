/* SPDX-License-Identifier: Apache-2.0 */
/* How far a BMC is with what takes long: lines on standard error, each with the BMC's name, for there may be many at once. */
#ifndef CLI_BMC_PROGRESS_H
#define CLI_BMC_PROGRESS_H

#include <stdint.h>

/* One for each BMC. All zero but `bmc` before. */
struct bmc_progress {
	const char *bmc;   /* its origin */
	const char *doing; /* static */
	unsigned shown;    /* percent */
	uint64_t next;     /* monotonic, ns */
};

/* As redfish/firmware.h wants it; a line at each tenth and, as long as something moves, every 10 seconds. */
void bmc_progress_show(void *data, const char *doing, uint64_t done, uint64_t total);
/* As redfish/task.h wants it: percent of "erasing". */
void bmc_progress_erase(void *data, int percent);

#endif
