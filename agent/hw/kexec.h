/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel that the running one holds ready, to be started in place of a reset: kexec_file_load(2). Its signature is checked by the running kernel, which
 * is locked down (kernel_close()) and takes no other. Nothing is started here: reboot(2) with LINUX_REBOOT_CMD_KEXEC does that.
 */
#ifndef AGENT_HW_KEXEC_H
#define AGENT_HW_KEXEC_H

#include <stdbool.h>

#include "core/err.h"

/* Two files that nobody has open for writing; initrd_fd below 0: none. What was loaded before is replaced. The error says what a person can do. */
int kexec_load(int kernel_fd, int initrd_fd, const char *cmdline, struct err *err) _must_check_;
/* Lets go of what is loaded; nothing is no error. */
void kexec_unload(void);
/* Is one loaded? */
bool kexec_is_loaded(void);

/* The kernel's side, in a file of its own (kexec_call.c) so that a test can stand in its place: 0, or a negative errno. */
int kexec_call(int kernel_fd, int initrd_fd, const char *cmdline, unsigned long flags);
/* "1": one is loaded (Documentation/ABI/testing/sysfs-kernel-kexec); 0 where the kernel has no kexec. */
unsigned kexec_call_loaded(void);

#endif
