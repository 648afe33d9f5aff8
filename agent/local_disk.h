/* SPDX-License-Identifier: Apache-2.0 */
/* Leaving to the machine's own disk: for an agent that the firmware or a boot medium has started where nothing is to be done. docs/netboot.md */
#ifndef AGENT_LOCAL_DISK_H
#define AGENT_LOCAL_DISK_H

#include <stdbool.h>

/* Has the firmware start the disk once, at the next boot. False: it cannot be told (BIOS, no such entry, protected variables), which was logged. */
bool local_disk_next(void);

#endif
