/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table at the beginning of an image. */
#include <stdint.h>

#include "efi/gpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	struct err err = {0};

	if (gpt_read(data, size, 512, &gpt, &err) < 0 && gpt_read(data, size, 4096, &gpt, &err) < 0)
		return 0;
	gpt_find(gpt, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	return 0;
}
