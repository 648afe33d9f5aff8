/* SPDX-License-Identifier: Apache-2.0 */
/* A word of warning when the kernel that goes into an image is one that no node will start. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/image/image.h"
#include "core/io.h"
#include "images/boot/pe.h"
#include "images/pack.h"

/* Nodes are locked down: kexec_file_load(2) then wants an Authenticode signature, which the PE header points at. */
void image_kexec_warn(const struct pack_options *pack)
{
	_cleanup_free_ char *bytes = NULL;
	struct pe_file pe = {0};
	struct err err;
	size_t len;

	if (!pack->kexec_kernel || file_read(pack->kexec_kernel, MANIFEST_KERNEL_MAX, &bytes, &len, &err) < 0)
		return;
	if (pe_read(bytes, len, &pe, &err) < 0 || !pe.security_len)
		fprintf(stderr,
			"remint: %s carries no signature for Secure Boot: nodes refuse to start such a "
			"kernel by kexec; sign it with a key that is in their db (docs/kexec.md)\n",
			pack->kexec_kernel);
}
