/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/kexec.h"

#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <unistd.h>

#include "agent/hw/kexec.h"

struct fake_kexec fake_kexec;

static void take(int fd, char *to, size_t size)
{
	ssize_t n = fd < 0 ? 0 : pread(fd, to, size - 1, 0);

	to[n > 0 ? n : 0] = '\0';
	fake_kexec.writable |= fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

int kexec_call(int kernel_fd, int initrd_fd, const char *cmdline, unsigned long flags)
{
	fake_kexec.flags = flags;
	if (flags & KEXEC_FILE_UNLOAD) {
		fake_kexec.loaded = 0;
		return 0;
	}
	fake_kexec.calls++;
	take(kernel_fd, fake_kexec.kernel, sizeof(fake_kexec.kernel));
	take(initrd_fd, fake_kexec.initrd, sizeof(fake_kexec.initrd));
	strncpy(fake_kexec.cmdline, cmdline, sizeof(fake_kexec.cmdline) - 1);
	fake_kexec.loaded = fake_kexec.answer == 0;
	return fake_kexec.answer;
}

unsigned kexec_call_loaded(void)
{
	return fake_kexec.loaded;
}
