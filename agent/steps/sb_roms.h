/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the option ROMs that the firmware has run (NICs, RAID controllers, GPUs) still run with the site's keys alone? By the firmware's event
 * log: what it measured into PCR 2, and whose word it took for it. docs/secure-boot.md, "Option ROMs"
 */
#ifndef AGENT_STEPS_SB_ROMS_H
#define AGENT_STEPS_SB_ROMS_H

#include "agent/step.h"
#include "efi/sb_bundle.h"

/* Every ROM of this log must be in db by its digest, or all who vouched for ROMs must be. *ret_roms: how many there were. -EPERM names
 * those that would be lost; -EBADMSG: the log cannot be read. */
int sb_roms_judge(const void *log, size_t len, const struct authvar_parts *db, unsigned *ret_roms,
		  struct err *err) _must_check_;

/* Reads this machine's log, judges, and writes facts.option_roms; a machine without a log is let through, and the record says so. */
int sb_roms_check(struct job *job, const struct sb_bundle *bundle, struct err *err) _must_check_;

#endif
