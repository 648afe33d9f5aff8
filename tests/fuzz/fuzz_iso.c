/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A volume on a medium that anybody may have made; the input lies where ISO 9660 begins. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "images/iso_read.h"
#include "images/iso_spec.h"

#define LIMIT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("iso", MFD_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t len = 0;
	int r;

	if (fd < 0 || pwrite(fd, data, size, ISO_SYSTEM_BLOCKS * ISO_BLOCK) != (ssize_t)size)
		return 0;
	r = iso_read_file(fd, "REMINT", "NET.JSON", LIMIT, &text, &len, &err);
	if (r == 0 ? len > LIMIT || text[len] : text || !err.text[0])
		__builtin_trap();
	return 0;
}
