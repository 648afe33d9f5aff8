/* SPDX-License-Identifier: Apache-2.0 */
/* The templates of ipxe-scripts/, put in by the assembler. The build runs in the tree's top folder. */
#include "station/script.h"

#define TEMPLATE(name, file)                                                                               \
	__asm__(".pushsection .rodata." #name ",\"a\"\n.globl " #name "\n.type " #name ", @object\n" #name \
		":\n.incbin \"" file "\"\n.byte 0\n.size " #name ", . - " #name "\n.popsection")

TEMPLATE(script_first, "ipxe-scripts/first.ipxe");
TEMPLATE(script_agent, "ipxe-scripts/agent.ipxe");
TEMPLATE(script_agent_efi, "ipxe-scripts/agent-efi.ipxe");
TEMPLATE(script_local, "ipxe-scripts/local.ipxe");
