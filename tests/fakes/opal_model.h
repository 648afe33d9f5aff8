/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the security subsystem of a drive (TCG Core 2.01, Opal 2.01): Level 0 Discovery by the command of each transport, and the kernel's
 * ioctls for reverting. That locked ranges cannot be read is not modelled: the contents are a file.
 */
#ifndef TESTS_FAKES_OPAL_MODEL_H
#define TESTS_FAKES_OPAL_MODEL_H

#include "tests/fakes/model.h"

enum opal_lie {
	OPAL_HONEST,
	OPAL_DOES_NOTHING,  /* success, and all stays as it was */
	OPAL_KEEPS_LOCKING, /* success, the key is new, and locking stays enabled */
	OPAL_KEEPS_LOCKED,  /* and in force */
	OPAL_KEEPS_MBR,     /* or the shadow of the boot record is still there */
};

struct opal_model {
	/* what it is */
	uint16_t ssc; /* 0: none is told */
	bool media_encryption;
	char psid[33], msid[33];
	/* how it behaves */
	enum opal_lie lie;
	enum model_truth truth; /* of the new key's reach */
	unsigned try_limit;     /* wrong tries until it locks out, by power cycles reset; 0: no limit */
	int answer;             /* of the ioctl: a TCG status, or a negative errno; 0: its own */
	unsigned busy;          /* so many discoveries after a revert fail first */
	int discovery_error;    /* negative errno of the commands; 0: they work */
	int nvme_status;        /* of Security Receive */
	uint8_t scsi_key,
		scsi_asc;     /* of SECURITY PROTOCOL IN and ATA PASS-THROUGH: CHECK CONDITION with these */
	bool no_pass_through; /* Linux without libata.allow_tpm */
	uint8_t ata_status; /* above 0: TRUSTED RECEIVE ends as a recovered error with this status register */
	uint8_t raw[2048];  /* told instead of its own answer, when raw_len */
	uint16_t raw_len;
	/* its state */
	char sid[33]; /* the owner's password; the MSID when nobody owns it */
	bool locking_enabled, locked, mbr_enabled, mbr_done;
	unsigned wrong_tries;
	/* what was seen */
	unsigned n_reverts, n_discoveries, n_pass_through;
};

/* An honest Opal 2 drive that a former owner has locked with the password "former owner". */
struct model *opal_model_new(const char *name, uint64_t size, uint32_t block, enum block_transport transport);
struct opal_model *opal_model(struct model *model);

/* For models that have such a subsystem within: the drive that opal_model_new() makes; the answer to Level 0 Discovery (its length); to an ioctl. */
void opal_model_init(struct opal_model *opal);
void opal_model_power_cycle(struct opal_model *opal);
uint16_t opal_model_discovery(struct opal_model *opal, uint8_t buf[2048]);
int opal_model_ioctl(struct model *model, struct opal_model *opal, unsigned long request, void *arg);

#endif
