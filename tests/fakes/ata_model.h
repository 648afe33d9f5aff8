/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ATA drive behind the SCSI / ATA Translation of a host adapter (tests/fakes/model.h), from ACS-3, ACS-4, ATA8-ACS (HPA, DCO) and SAT-4:
 * IDENTIFY DEVICE, the Security and Sanitize Device feature sets with their states, and what hides sectors. Everything in struct
 * ata_model may be set by a test at any time, and looked at.
 */
#ifndef TESTS_FAKES_ATA_MODEL_H
#define TESTS_FAKES_ATA_MODEL_H

#include "tests/fakes/model.h"

/* How the adapter hands the drive's registers back. */
enum ata_model_sense {
	ATA_SENSE_LINUX,     /* libata since 6.11: descriptors after success, fixed format after errors */
	ATA_SENSE_LINUX_OLD, /* libata before: the same, with the registers at the wrong places of fixed format */
	ATA_SENSE_DESCRIPTOR,
	ATA_SENSE_FIXED, /* always, as adapters with a translation of their own do */
	ATA_SENSE_NONE,  /* GOOD or CHECK CONDITION, and nothing more */
	ATA_SENSES
};

/* What goes wrong with a command. */
enum ata_fault_kind {
	ATA_FAULT_NONE,
	ATA_FAULT_ERROR,  /* STATUS ERR, with value in ERROR */
	ATA_FAULT_STATUS, /* value is STATUS itself */
	ATA_FAULT_HOST,   /* host status */
	ATA_FAULT_DRIVER, /* driver status */
	ATA_FAULT_SAM,    /* SAM status, no sense data */
	ATA_FAULT_ERRNO,  /* the kernel: ioctl fails with it */
	ATA_FAULT_SENSE, /* CHECK CONDITION, descriptor format, value: key << 16 | ASC << 8 | ASCQ, no registers */
	ATA_FAULT_NO_SENSE, /* success, without registers */
	ATA_FAULT_SUCCESS,  /* nothing is done, and success is reported */
};

struct ata_fault {
	enum ata_fault_kind kind;
	uint32_t value;
	bool carried_out; /* the drive does it nevertheless */
	unsigned after;   /* so many go well first ... */
	unsigned times;   /* ... and so many fail then; 0: all */
};

/* ACS-4, Sanitize Device feature set */
enum ata_model_sanitize {
	SD0_IDLE,
	SD1_FROZEN,
	SD2_IN_PROGRESS,
	SD3_FAILED,
	SD4_SUCCEEDED,
};

struct ata_model {
	/* what the drive is */
	bool has_security, has_enhanced, has_sanitize, has_crypto, has_block, has_overwrite, has_hpa,
		has_amac, has_dco, has_trusted;
	bool no_integrity_word, wrong_checksum;
	uint16_t erase_time, enhanced_time; /* words 89 and 90, raw */
	uint16_t rotation;                  /* word 217 */
	uint64_t factory_sectors;
	/* how it behaves */
	enum ata_model_sense sense;
	enum model_truth truth;
	enum model_fill fill;         /* of everything but a cryptographic erase */
	uint32_t sanitize_s;          /* how long it takes */
	bool sanitize_stuck;          /* it makes no progress */
	bool sanitize_fails;          /* at its end, half done */
	bool sanitize_tells_once;     /* that it has completed */
	uint32_t security_s;          /* how long an erasure takes */
	bool security_fails;          /* half done, with ABRT; the password stays */
	bool keeps_password;          /* after an erasure that went well */
	bool firmware_freezes;        /* the machine's firmware freezes everything at each power-on */
	bool dco_needs_power;         /* what DCO restores shows with the next power-on */
	struct ata_fault faults[256]; /* by command */
	/* Security: SEC1 disabled, SEC2 frozen, SEC4 locked, SEC5 unlocked, SEC6 unlocked and frozen */
	bool enabled, locked, frozen, prepared;
	uint8_t password[32];
	unsigned attempts; /* that are left */
	/* Sanitize */
	enum ata_model_sanitize sanitize;
	bool failure_mode;
	uint16_t sanitize_action;
	uint64_t sanitize_begun_ns;
	/* what hides sectors: addresses plus 1 */
	uint64_t dco_sectors, hpa_sectors, visible; /* hpa_sectors: after a power-on; visible: now */
	uint64_t dco_next;                          /* after a power-on */
	bool max_set, max_frozen, dco_frozen;       /* since the power-on */
	bool native_read;                           /* by the command before */
	/* what was seen */
	unsigned commands[256], sanitizes, erasures;
	uint64_t last_lba;
	uint16_t last_count;
	uint32_t last_timeout_ms;
};

/* A drive with everything, honest and quick. Sizes in bytes; block.size is what the host sees, of which the whole is `size`. */
struct model *ata_model_new(const char *name, uint64_t size);
struct ata_model *ata_model(struct model *model);
/* So many sectors less are shown, by HPA or AMAC, and by DCO; and the kernel looks at the size. */
void ata_model_hide(struct model *model, uint64_t by_max, uint64_t by_dco);
void ata_model_rescan(struct model *model);
/* Somebody sets a password, at most 32 bytes. */
void ata_model_set_password(struct model *model, const char *password);
/* Does the drive have a user password? */
bool ata_model_has_password(struct model *model);

#endif
