/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/hw/kexec.h"
#include "agent/hw/sysfs.h"

int kexec_call(int kernel_fd, int initrd_fd, const char *cmdline, unsigned long flags)
{
	unsigned long len = cmdline ? strlen(cmdline) + 1 : 0; /* with its NUL: kexec_file_load(2) */

	return syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, len, cmdline, flags) == 0 ? 0 : -errno;
}

unsigned kexec_call_loaded(void)
{
	return (unsigned)sysfs_number(0, "/sys/kernel/kexec_loaded");
}
