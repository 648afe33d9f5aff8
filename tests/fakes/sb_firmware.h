/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware's Secure Boot variables, which keeps the rules of UEFI 2.10, 8.2.2 and 32.3 and checks signatures: PK and KEK by PK's, db and dbx by
 * one of KEK's, times that grow; in setup mode a new PK by its own and the rest unchecked. It stands in for var_find_in() and
 * var_write_in(): a test wraps these two.
 */
#ifndef TESTS_FAKES_SB_FIRMWARE_H
#define TESTS_FAKES_SB_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Empties it: setup mode, Secure Boot off. */
void sb_firmware_reset(void);
/* All writes behind the next n fail with this errno: EIO, a power cut; ENOSPC, a full store. n negative: none fails. */
void sb_firmware_fail_after(int n, int code);
/* The names of what was written since the last call of this, each with a space behind it; refused ones in brackets. */
const char *sb_firmware_written(void);
/* A copy of all variables, and back to it: machines that take turns. */
struct sb_firmware_state;
struct sb_firmware_state *sb_firmware_save(void);
void sb_firmware_load(const struct sb_firmware_state *state);

#endif
