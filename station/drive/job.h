/* SPDX-License-Identifier: Apache-2.0 */
/* One visit to a BMC for one order: what the files of this part of the station share. Each visit is a procedure of the redfish loop. */
#ifndef STATION_DRIVE_JOB_H
#define STATION_DRIVE_JOB_H

#include "redfish/boot.h"
#include "redfish/system.h"
#include "station/context.h"
#include "station/drive/drive.h"
#include "station/drive/row.h"

struct drive_job {
	struct drive *drive;
	const struct station *station;
	struct drive_options options;
	struct rf_loop *loop;
	struct drive_job *next;
	struct drive_row row; /* as it is in the store */
	json_t *record;       /* record.h */
	struct rf_bmc *bmc;   /* NULL: not open */
	struct rf_system system;
	bool over; /* the order has ended: so does the visit */
};

/* say.c. Each is a transaction of its own, which saves row and record, and wakes who waits. */
/* A sentence for the record and for those who watch; read as in drive_record_action(). */
int drive_say(struct drive_job *job, const char *what, json_t *read, struct err *err, const char *fmt,
	      ...) _must_check_ _printf_(5, 6);
int drive_save(struct drive_job *job, struct err *err) _must_check_;
/* To another phase. */
int drive_move(struct drive_job *job, enum drive_phase phase, int64_t until, struct err *err) _must_check_;
/* Holds the order, for a reason that a person can act on; then the settings are returned. */
int drive_hold(struct drive_job *job, const char *reason, struct err *err) _must_check_;
/* Before each power action and each override: is the order still there to be driven? -ECANCELED: it has moved on. */
int drive_may_act(struct drive_job *job, struct err *err) _must_check_;

/* open.c: logs in, and looks whether this BMC drives the order's node. -EPERM: it does not. */
int drive_open(struct drive_job *job, struct err *err) _must_check_;
/* As rf_boot_get() and rf_boot_set(), for what is to be kept: -EFBIG. */
int drive_boot_get(struct drive_job *job, json_t **ret, struct err *err) _must_check_;
int drive_boot_set(struct drive_job *job, const struct rf_boot_want *want, json_t **ret,
		   struct err *err) _must_check_;
/* Logs out. NULL bmc is fine. */
void drive_close(struct drive_job *job);

/* machine.c: is the System of the BMC the node? -EPERM says what speaks against it, or that nothing speaks for it. */
int drive_check_machine(struct drive_job *job, struct err *err) _must_check_;

/* What is done in each phase: 0 when the row has moved on. */
int drive_look(struct drive_job *job, struct err *err) _must_check_;   /* look.c */
int drive_boot(struct drive_job *job, struct err *err) _must_check_;   /* boot_phase.c */
int drive_missed(struct drive_job *job, struct err *err) _must_check_; /* missed.c */
int drive_again(struct drive_job *job, struct err *err) _must_check_;  /* again.c */
int drive_cycle(struct drive_job *job, struct err *err) _must_check_;  /* again.c */
int drive_settle(struct drive_job *job, struct err *err) _must_check_; /* return.c */
int drive_return(struct drive_job *job, struct err *err) _must_check_; /* return.c */
int drive_final(struct drive_job *job, struct err *err) _must_check_;  /* final.c */

/* look.c: who answers, and how the machine was before anything was changed; once, for a later visit would find what we have written. */
int drive_find(struct drive_job *job, struct err *err) _must_check_;
/* boot_phase.c: the way to the network for the next start, once; *ret_how and *ret_uri (malloc'd, or NULL) are for the record. */
int drive_override(struct drive_job *job, const char **ret_how, char **ret_uri, struct err *err) _must_check_;
/* return.c: what comes after the settings have been returned, or where none were changed. */
int drive_returned(struct drive_job *job, struct err *err) _must_check_;
/* failed.c: a visit has failed: it is tried again, or given up. */
void drive_failed(struct drive_job *job, const struct err *why);

#endif
