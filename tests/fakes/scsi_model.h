/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of a SCSI drive: INQUIRY, capacity, mode and log pages, and the state machine of SANITIZE (SBC-4, 4.11), with ways to lie and to
 * fail. Reading and writing while a sanitize runs is not refused: the contents are a file.
 */
#ifndef TESTS_FAKES_SCSI_MODEL_H
#define TESTS_FAKES_SCSI_MODEL_H

#include "tests/fakes/model.h"
#include "tests/fakes/opal_model.h"

enum scsi_model_state { SCSI_MODEL_IDLE, SCSI_MODEL_SANITIZING, SCSI_MODEL_FAILED };

/* What one operation code is answered with instead of its own answer. */
struct scsi_fault {
	bool on;
	uint8_t opcode;
	unsigned skip;  /* so many are answered properly first */
	unsigned times; /* then so many are not; 0: all */
	int error;      /* positive errno of the ioctl; 0: it works, and these are told: */
	uint16_t host, driver;
	uint8_t status, key, asc, ascq;
	bool deferred, no_sense,
		nonsense; /* of the sense data; nonsense: random bytes as sense and as data */
};

struct scsi_model {
	/* what it is */
	uint8_t device_type, qualifier;
	bool overwrite, block, crypto; /* offered in SANITIZE */
	bool write_protected;
	uint8_t protection; /* byte 12 of READ CAPACITY (16) */
	uint16_t rotation;
	bool no_vpd, no_mode_10, no_report; /* an old drive, or a bridge */
	bool muddled_report; /* REPORT SUPPORTED OPERATION CODES: yes, whatever is asked, of another command */
	bool descriptor_sense;
	bool keeps_sense; /* of a command that failed, until REQUEST SENSE takes it, as QEMU's drives do */
	/* how it sanitizes */
	enum model_truth truth;
	uint32_t duration_ms;
	bool refuses;       /* tells that it has SANITIZE, and answers ILLEGAL REQUEST */
	bool fails;         /* at the end, with half of it done */
	uint32_t stuck_at;  /* of 65536ths; 0: it ends */
	bool no_progress;   /* tells none */
	bool shows_failure; /* in REQUEST SENSE too, which SBC-4 leaves open */
	bool picky;         /* in failure it takes EXIT FAILURE MODE only, which SBC-4 does not mean */
	struct scsi_fault fault;
	bool has_opal; /* beside all that */
	struct opal_model opal;
	/* its state; goes on over power cycles but for the attentions */
	enum scsi_model_state state;
	uint64_t begun_ns;
	uint8_t action;
	bool unrestricted;   /* AUSE of the sanitize that failed */
	unsigned attentions; /* that it has to tell */
	uint8_t kept[18], kept_len;
	/* what was seen */
	unsigned n_sanitize, n_exit, n_commands;
	uint8_t sanitize_cdb[10], list[16];
	uint32_t list_len;
};

/* An honest drive with everything, of `size` bytes. */
struct model *scsi_model_new(const char *name, uint64_t size, uint32_t block);
struct scsi_model *scsi_model(struct model *model);

#endif
