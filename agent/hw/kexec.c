/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/kexec.h"

#include <linux/kexec.h>

/* Debian's kernel has no distribution's key built in, its own included; what is in db it reads from UEFI's variable (security/integrity/platform_certs). */
#define TRUSTED                                                                                           \
	"in the firmware's db (a machine that booted by BIOS has none): have the site's key sign it, or " \
	"enrol its "                                                                                      \
	"signer's certificate (docs/kexec.md)"

/*
 * What the kernel means (kernel/kexec_file.c, arch/x86/kernel/kexec-bzimage64.c, crypto/asymmetric_keys/verify_pefile.c). A locked down kernel says EPERM to
 * whatever is wrong with a signature; one that forces signatures says what it is.
 */
static const struct {
	int code;
	const char *words;
} reasons[] = {
	{ENOEXEC,
	 "it is no kernel that the running one can start: on x86 a 64-bit bzImage that can be relocated"},
	{EPERM,
	 "the running kernel is locked down and takes only what has one signature, by a key that it trusts: "
	 "this one's is missing, does not match, or is by a key that is not " TRUSTED},
	{EKEYREJECTED, "its signature does not match, or its signer's key is revoked"},
	{ENOKEY, "it is signed by a key that is not " TRUSTED},
	{ENODATA, "it has no signature"},
	{EBADMSG, "its signature cannot be read"},
	{ELIBBAD, "it has more than one signature, or is damaged as an EFI program"},
	{ENOPKG, "its signature uses an algorithm that the running kernel has not"},
	{EBUSY, "the kernel is loading one already"},
	{ENOMEM, "memory does not suffice"},
	{EADDRNOTAVAIL, "there is no room for it below the addresses that it can be loaded to"},
	{EINVAL, "the running kernel refuses its form or its command line"},
	{ENOSYS, "the boot image's kernel has no kexec_file_load"},
};

static int refused(int code, struct err *err)
{
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code)
			return err_set(err, code, "the running kernel does not take this one: %s",
				       reasons[i].words);
	return err_sys(err, code, "the running kernel does not take this one");
}

int kexec_load(int kernel_fd, int initrd_fd, const char *cmdline, struct err *err)
{
	int r = kexec_call(kernel_fd, initrd_fd, cmdline, initrd_fd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0);

	return r < 0 ? refused(-r, err) : 0;
}

void kexec_unload(void)
{
	/* ENOSYS: then there is nothing loaded either. */
	(void)kexec_call(-1, -1, NULL, KEXEC_FILE_UNLOAD);
}

bool kexec_is_loaded(void)
{
	return kexec_call_loaded() == 1;
}
