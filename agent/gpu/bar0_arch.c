/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of each architecture. docs/gpu-registers.md says where each is published. */
#include "agent/gpu/bar0.h"

#define GFW_BOOT      0x118234 /* NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT */
#define GFW_BOOTED    0x3ff
#define FSP_BOOT      0x0200bc /* NV_THERM_I2CS_SCRATCH, which the FSP writes at the end of its boot */
#define FSP_BOOT_GB20 0xad00bc
#define FSP_BOOTED    0xff
#define SCRUB         0x100b20
#define SCRUB_GB      0x8a004c
#define CC_GH         0x1182cc
#define CC_GB         0x000590 /* NV_PMC_SCRATCH_RESET_2_CC */

/*
 * NVIDIA's own tools wait 5 s for a boot (10 s on Blackwell) and 5 s for a scrub; here it is several times as long. A GPU that is late is only late; one
 * that is given up on holds a machine.
 */
static const struct bar0_arch archs[] = {
	{0x16, "Turing", GFW_BOOT, GFW_BOOTED, SCRUB, 0, 15000, 20000},
	{0x17, "Ampere", GFW_BOOT, GFW_BOOTED, SCRUB, 0, 15000, 20000},
	{0x18, "Hopper", FSP_BOOT, FSP_BOOTED, SCRUB, CC_GH, 15000, 20000},
	{0x19, "Ada", GFW_BOOT, GFW_BOOTED, SCRUB, 0, 15000, 20000},
	{0x1a, "Blackwell", FSP_BOOT, FSP_BOOTED, SCRUB_GB, CC_GB, 20000, 30000},      /* GB10x */
	{0x1b, "Blackwell", FSP_BOOT_GB20, FSP_BOOTED, SCRUB_GB, CC_GB, 20000, 30000}, /* GB20x */
};

const struct bar0_arch *bar0_arch_by_code(unsigned code)
{
	for (unsigned i = 0; i < sizeof(archs) / sizeof(*archs); i++)
		if (archs[i].code == code)
			return &archs[i];
	return NULL;
}
