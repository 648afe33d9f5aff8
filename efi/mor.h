/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MemoryOverwriteRequest (TCG Platform Reset Attack Mitigation Specification 1.10, 4 and 5): a bit by which the firmware clears
 * the memory at its next start, and then takes the bit back.
 */
#ifndef EFI_MOR_H
#define EFI_MOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum mor_lock {
	MOR_LOCK_NONE,     /* there is no such variable: firmware of before version 1.10 */
	MOR_LOCK_OPEN,     /* 0 */
	MOR_LOCK_CLOSED,   /* 1: until the next reset */
	MOR_LOCK_WITH_KEY, /* 2 */
};

struct mor {
	bool present; /* a variable as the specification has it; a former tenant could have made it where the firmware has none */
	bool odd; /* one of this name that is none: of another size or with other attributes */
	uint8_t value;
	enum mor_lock lock;
};

int mor_read(struct mor *ret, struct err *err) _must_check_;
/* Bit 0: memory is to be cleared. */
bool mor_is_set(const struct mor *mor);
/* Sets the bit, and that the firmware is not to drop it after an orderly shutdown; reads back. -ENODEV: the firmware has none; -EACCES: it is locked. */
int mor_set(struct err *err) _must_check_;
/*
 * Does the firmware guard the variable, as version 1.10 demands? Asked by a write that it must refuse (two bytes); an ordinary variable takes it, and gets its
 * byte back. *ret false does not say that firmware of before that version would not heed it.
 */
int mor_is_guarded(const struct mor *mor, bool *ret, struct err *err) _must_check_;
/* "none", "open", "closed", "closed with a key" */
const char *mor_lock_name(enum mor_lock lock);

#endif
