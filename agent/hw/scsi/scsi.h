/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI drives (SAS and others): SPC-5, SBC-4, whose sections are cited. fd is the open drive (/dev/sda). */
#ifndef AGENT_HW_SCSI_H
#define AGENT_HW_SCSI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct scsi_caps {
	char vendor[9], product[17], revision[5]; /* INQUIRY, trimmed */
	uint8_t device_type;
	bool sanitize_overwrite, sanitize_block,
		sanitize_crypto; /* REPORT SUPPORTED OPERATION CODES says that the service action is there */
	bool write_protected;    /* MODE SENSE, WP */
	uint64_t blocks;         /* READ CAPACITY (16) */
	uint32_t block_size;     /* bytes */
	uint8_t protection;      /* type 0 (none) to 3 */
	uint16_t rotation;       /* VPD B1h: 1 is non-rotating, 0 is not told, else r/min */
};

int scsi_identify(int fd, struct scsi_caps *ret, struct err *err) _must_check_;
json_t *scsi_caps_to_json(const struct scsi_caps *caps) _must_check_;
int scsi_caps_from_json(const json_t *json, struct scsi_caps *ret, struct err *err) _must_check_;

/* ---- SANITIZE (SBC-4, 5.30) ---- */
enum scsi_sanitize {
	SCSI_SANITIZE_OVERWRITE = 1,
	SCSI_SANITIZE_BLOCK = 2,
	SCSI_SANITIZE_CRYPTO = 3,
	SCSI_SANITIZE_EXIT_FAILURE = 0x1f
};

struct scsi_sanitize_status {
	bool in_progress;  /* NOT READY, 04h/1Bh */
	bool failed;       /* 31h/03h */
	uint16_t progress; /* of 65536ths, while in progress and told */
	uint8_t sense[64]; /* raw */
	unsigned sense_len;
};

/* IMMED 1, AUSE 0, ZNR 0; overwrite: one pass of zeros. -EOPNOTSUPP where not offered: then nothing is issued. */
int scsi_sanitize_start(int fd, const struct scsi_caps *caps, enum scsi_sanitize action,
			struct err *err) _must_check_;
/* By REQUEST SENSE. */
int scsi_sanitize_status(int fd, struct scsi_sanitize_status *ret, struct err *err) _must_check_;

/* Health for the certificate: what LOG SENSE tells (informational exceptions 2Fh, percentage used 11h, start-stop 0Eh, error counters 02h 03h). */
int scsi_health(int fd, json_t **ret, struct err *err) _must_check_;

#endif
