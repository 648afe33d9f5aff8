/* SPDX-License-Identifier: Apache-2.0 */
/* scrub.ptx as it stands in the tree, with a NUL after it. */
#include "agent/gpu/scrub_ptx.h"

__asm__(".pushsection .rodata\n"
	".global scrub_ptx\n"
	".type scrub_ptx, @object\n"
	"scrub_ptx: .incbin \"agent/gpu/scrub.ptx\"\n"
	".byte 0\n"
	".size scrub_ptx, . - scrub_ptx\n"
	".popsection\n");
