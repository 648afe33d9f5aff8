/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/guid.h"

#include <stdio.h>

const uint8_t guid_global[16] = {0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
				 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};

/* The first three groups are little-endian numbers, the last two are bytes in order. */
void guid_text(const uint8_t guid[16], char text[GUID_TEXT_SIZE])
{
	snprintf(text, GUID_TEXT_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 guid[3], guid[2], guid[1], guid[0], guid[5], guid[4], guid[7], guid[6], guid[8], guid[9],
		 guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
}
