/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's side of kexec: takes what agent/hw/kexec.c loads, or refuses it. A test that names fake_kexec has this in place of kexec_call.c. */
#ifndef TESTS_FAKES_KEXEC_H
#define TESTS_FAKES_KEXEC_H

#include <stddef.h>

extern struct fake_kexec {
	int answer; /* 0, or the negative errno that loading ends with */
	unsigned loaded;
	unsigned calls;                /* of loading */
	char kernel[256], initrd[256]; /* what was read from the files, as text; "" without */
	char cmdline[256];
	unsigned long flags; /* of the last call */
	int writable;        /* one of the files could be written to */
} fake_kexec;

#endif
