/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware watchdogs, by what the kernel tells of them (Documentation/ABI/testing/sysfs-class-watchdog). PID 1 alone opens one: agent/init.c. */
#ifndef AGENT_HW_WATCHDOG_H
#define AGENT_HW_WATCHDOG_H

#include <stdbool.h>

/* `root` as in block/block.h. */

/* Is there one that cannot be stopped once it was opened (nowayout)? */
bool watchdog_stays(const char *root);
/* Does one run that a program has opened, or opened and left running? */
bool watchdog_runs(const char *root);

#endif
