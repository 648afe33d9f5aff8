/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1 of the boot image. It mounts, starts the worker, reaps, feeds the hardware watchdog, and reboots; never a shell. */
#ifndef AGENT_INIT_H
#define AGENT_INIT_H

#include <stdbool.h>

#define INIT_BEAT_FD 3 /* where the worker's beats go */

/* Is this the boot image's own root file system, in RAM? Elsewhere the agent refuses to work: it would erase a machine that
 * someone uses. */
bool init_is_boot_image(void);

/* Does not return. */
void init_run(void) __attribute__((noreturn));

#endif
