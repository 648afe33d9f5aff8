/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "images/kernel.h"
#include "images/kernel_spec.h"

static_assert(X86_HEADER_END <= KERNEL_HEAD && ARM64_HEADER_END <= KERNEL_HEAD, "what is looked at");

static uint32_t field(const uint8_t *head, size_t offset, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = bytes; i > 0; i--)
		value = value << 8 | head[offset + i - 1];
	return value;
}

/* What the kernel's own loader for bzImages asks for; older protocols have no xloadflags. */
static int check_x86_64(const uint8_t *head, const char *cmdline, struct err *err)
{
	uint32_t version = field(head, X86_VERSION, 2), xloadflags, cmdline_size;

	if (field(head, X86_BOOT_FLAG, 2) != X86_BOOT_FLAG_MAGIC ||
	    memcmp(head + X86_HEADER, X86_HEADER_MAGIC, 4) != 0)
		return err_set(err, EINVAL,
			       "no Linux kernel for x86 (bzImage): give the vmlinuz of a distribution, and "
			       "neither a vmlinux nor an EFI file with kernel and initramfs in one");
	if (version < X86_VERSION_2_12)
		return err_set(err, EINVAL,
			       "its boot protocol is %" PRIu32 ".%02" PRIu32 ", and kexec needs 2.12",
			       version >> 8, version & 0xff);
	xloadflags = field(head, X86_XLOADFLAGS, 2);
	if (!(field(head, X86_LOADFLAGS, 1) & LOADED_HIGH) || !(xloadflags & XLF_KERNEL_64) ||
	    !(xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G))
		return err_set(err, EINVAL, "no 64-bit kernel that can be loaded above 4 GiB");
	cmdline_size = field(head, X86_CMDLINE_SIZE, 4);
	if (strlen(cmdline) >= cmdline_size)
		return err_set(
			err, EINVAL,
			"the command line has %zu characters, and this kernel takes fewer than %" PRIu32,
			strlen(cmdline), cmdline_size);
	return 0;
}

static int check_aarch64(const uint8_t *head, struct err *err)
{
	if (memcmp(head + ARM64_MAGIC_OFFSET, ARM64_MAGIC, 4) != 0)
		return err_set(err, EINVAL,
			       "no Linux kernel for aarch64 (Image): one that is compressed must be "
			       "decompressed first");
	return 0;
}

int kernel_check(const void *head, size_t len, const char *architecture, const char *cmdline, struct err *err)
{
	if (len < KERNEL_HEAD)
		return err_set(err, EINVAL, "%zu bytes are too few for a kernel", len);
	return !strcmp(architecture, "aarch64") ? check_aarch64(head, err) : check_x86_64(head, cmdline, err);
}
