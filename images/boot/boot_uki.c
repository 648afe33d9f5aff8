/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/boot_uki.h"

#include <string.h>

#include "core/io.h"
#include "images/boot/boot_cmdline.h"
#include "images/boot/build.h"
#include "images/boot/sign.h"
#include "images/boot/uki.h"

int boot_uki_check(const char *cmdline, const char *sign_key, const char *sign_cert, struct err *err)
{
	_cleanup_free_ char *whole = NULL;
	int r = boot_cmdline_make(cmdline, &whole, err);

	if (r < 0)
		return r;
	if (!sign_key != !sign_cert)
		return err_set(err, EINVAL, "signing needs both key and certificate");
	for (const char *c = whole; c && *c; c++)
		if (*c < 0x20 || *c > 0x7e || c - whole >= BOOT_CMDLINE_MAX)
			return err_set(err, EINVAL, "the command line is printable ASCII of at most %d bytes",
				       BOOT_CMDLINE_MAX);
	return 0;
}

int boot_uki_write(const struct boot_uki *uki, const char *path, struct err *err)
{
	static const char release[] = "ID=remint\nNAME=remint\nPRETTY_NAME=\"remint " REMINT_VERSION
				      "\"\nVERSION_ID=" REMINT_VERSION "\n";
	struct uki_section sections[4] = {
		{".osrel", release, sizeof(release) - 1},
		{".linux", uki->kernel, uki->kernel_len},
		{".initrd", uki->initrd, uki->initrd_len},
	};
	_cleanup_free_ char *stub = NULL, *cmdline = NULL;
	_cleanup_free_ void *bytes = NULL;
	size_t stub_len = 0, len = 0;
	unsigned n = 3;
	int r = boot_cmdline_make(uki->cmdline, &cmdline, err);

	if (r == 0)
		r = file_read(uki->stub, UKI_STUB_MAX, &stub, &stub_len, err);
	if (r < 0)
		return r;
	if (cmdline)
		sections[n++] = (struct uki_section){".cmdline", cmdline, strlen(cmdline)};
	r = uki_build(stub, stub_len, sections, n, &bytes, &len, err);
	if (r < 0)
		return err_prepend(err, "%s", uki->stub);
	return sign_efi_write(path, bytes, len, uki->sign_key, uki->sign_cert, err);
}
