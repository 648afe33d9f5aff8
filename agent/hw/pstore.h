/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernels before left of their crashes where it outlives a reset (Documentation/admin-guide/pstore-blk.rst and ABI/testing/pstore): in the error
 * records of the firmware (ACPI ERST). `root` as in block/block.h.
 */
#ifndef AGENT_HW_PSTORE_H
#define AGENT_HW_PSTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct pstore {
	bool present;     /* this kernel has pstore */
	char backend[32]; /* "erst"; "none" where no place for records is known */
	unsigned records;
	uint64_t bytes;
};

/* Removes every record, and reads back by mounting anew; *ret tells what was there. -EIO: some are there again. */
int pstore_empty(const char *root, struct pstore *ret, struct err *err) _must_check_;

#endif
