/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SCSI command by SG_IO, and every layer of its status: the ioctl, the host adapter, the driver, the SAM status, the sense data
 * (SPC-5, 4.5). ATA commands travel as ATA PASS-THROUGH in it (ata.h).
 */
#ifndef AGENT_HW_SG_H
#define AGENT_HW_SG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum sg_direction { SG_NO_DATA, SG_FROM_DEVICE, SG_TO_DEVICE };

#define SG_SENSE_SIZE 64 /* bytes that are asked for */

struct sg_command {
	uint8_t cdb[16];
	unsigned cdb_len; /* bytes: 6, 10, 12 or 16 */
	enum sg_direction direction;
	void *data;
	uint32_t len; /* bytes of data */
	unsigned timeout_s;
	/* what came back, once sg_issue() has returned 0 */
	uint32_t received; /* bytes of data that were really transferred */
	uint8_t status; /* SAM-6, 5.3: 00h GOOD, 02h CHECK CONDITION, 08h BUSY, 18h RESERVATION CONFLICT, ... */
	uint16_t host_status; /* of the host adapter's driver: 0 is no error */
	uint16_t driver_status;
	uint8_t sense[SG_SENSE_SIZE];
	unsigned sense_len;
};

/* What sense data say, fixed (70h, 71h) or descriptor format (72h, 73h). */
struct sg_sense {
	uint8_t key, asc, ascq;
	bool deferred;     /* of an earlier command: 71h, 73h */
	bool has_progress; /* a progress indication is there ... */
	uint16_t progress; /* ... of 65536ths */
	const uint8_t *
		ata; /* the ATA Status Return descriptor (SAT-4, 12.2.2.7; code 09h, 14 bytes), or NULL; within the command's sense */
};

/* Sends it. An error only when the kernel did not carry it out; what the device said is judged by sg_judge(), or by the caller. */
int sg_issue(int fd, struct sg_command *cmd, const char *what, struct err *err) _must_check_;

/* Are there sense data that can be read? */
bool sg_sense(const struct sg_command *cmd, struct sg_sense *ret);

/*
 * 0 only when every layer says success (GOOD, or CONDITION MET). Otherwise err names the layer and its value in words: -EOPNOTSUPP for
 * ILLEGAL REQUEST with "invalid command operation code" or "invalid field", -EBUSY for NOT READY "sanitize in progress" and for BUSY, -EIO
 * for all else, deferred errors included. RECOVERED ERROR is a success by its definition (SPC-5, table 48).
 */
int sg_judge(const struct sg_command *cmd, const char *what, struct err *err) _must_check_;

/* Both. */
int sg_run(int fd, struct sg_command *cmd, const char *what, struct err *err) _must_check_;

/* Do host adapter and driver say that status and sense are the device's own? */
bool sg_arrived(const struct sg_command *cmd);

/* As sg_issue() and sg_run(), but sent again (five times in all) while the device only reports a UNIT ATTENTION: then it has not carried the command out. */
int sg_issue_attended(int fd, struct sg_command *cmd, const char *what, struct err *err) _must_check_;
int sg_run_attended(int fd, struct sg_command *cmd, const char *what, struct err *err) _must_check_;

#endif
