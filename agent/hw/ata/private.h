/* SPDX-License-Identifier: Apache-2.0 */
/* What the ATA files share: one command through all layers, and reading a page of words. */
#ifndef AGENT_HW_ATA_PRIVATE_H
#define AGENT_HW_ATA_PRIVATE_H

#include "agent/hw/ata/ata.h"
#include "agent/hw/ata/spec.h"
#include "agent/hw/scsi/sg.h"

#define ATA_TIMEOUT_S 20 /* for what a drive answers at once; less than the patience of a wipe's poll */

struct ata_command {
	uint8_t command;
	bool ext; /* a 48-bit command */
	uint16_t feature, count;
	uint64_t lba;
	enum sg_direction direction;
	void *data; /* ATA_BLOCK bytes, unless SG_NO_DATA */
	unsigned timeout_s;
	/* what came back, after errors too */
	bool answered;   /* the drive's registers are here: */
	bool upper_lost; /* ... but the upper bytes of COUNT or LBA are not, and are not zero */
	uint8_t status, error;
	uint16_t out_count;
	uint64_t out_lba;
	struct ata_status_return raw; /* the registers as a descriptor, whichever format they came in */
};

/*
 * One command. 0 only when the kernel, the host adapter, the driver, the SAM status and the sense data say success, and the drive's own
 * STATUS does; but for data that are read, the registers must have come back. Errors: -EOPNOTSUPP: the adapter does not know it;
 * -ENODATA: success, but without the registers; -EBUSY; -EIO for all else.
 */
int ata_pass(int fd, struct ata_command *cmd, const char *what, struct err *err) _must_check_;

/* Did the drive itself refuse it (ABRT, or sector not found), or does what stands before it not know ATA commands? */
bool ata_refused(const struct ata_command *cmd, int code);

/* A page of 256 words in host order; the checksum holds where there is one (-EBADMSG), and the data came whole. */
int ata_read_words(int fd, uint8_t command, uint16_t feature, uint16_t words[256], const char *what,
		   struct err *err) _must_check_;
/* Numbers of several words, the lowest first. */
uint64_t ata_number(const uint16_t *words, unsigned n);

/* IDENTIFY DEVICE alone, and what is read from it; nothing else is asked. */
int ata_identify_only(int fd, struct ata_caps *ret, struct err *err) _must_check_;
/* From ret->id; -EBADMSG where it cannot be a drive's. What is asked for is left at 0. */
int ata_caps_parse(struct ata_caps *caps, struct err *err) _must_check_;

/* Sets native_sectors and dco_sectors. A drive that refuses has not told; any other failure is an error. */
int ata_read_max(int fd, struct ata_caps *caps, struct err *err) _must_check_;

#endif
