/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATA drives by ATA PASS-THROUGH (16) (SAT-4, 12.2.2) in SG_IO: IDENTIFY DEVICE, SANITIZE, SECURITY, and what hides sectors. ACS-3 and
 * ACS-4, whose sections are cited. fd is the open drive (/dev/sda).
 */
#ifndef AGENT_HW_ATA_H
#define AGENT_HW_ATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct ata_caps {
	uint16_t id[256]; /* IDENTIFY DEVICE, words in host order, raw */
	/* read from it */
	char model[41], serial[21], firmware[9];
	bool rotational; /* word 217 is not 1 */
	bool security, security_enabled, security_locked, security_frozen, security_expired,
		security_enhanced;    /* word 128 */
	uint32_t erase_s, enhanced_s; /* words 89, 90: the drive's estimate in seconds; 0: it does not say */
	bool sanitize, sanitize_crypto, sanitize_block, sanitize_overwrite; /* word 59 */
	bool trusted;         /* word 48 bit 0: Trusted Computing feature set */
	uint64_t sectors;     /* that the host sees now, logical */
	uint32_t sector_size; /* bytes, logical */
	/* asked for */
	uint64_t
		native_sectors; /* READ NATIVE MAX ADDRESS EXT, or GET NATIVE MAX ADDRESS EXT, plus 1; 0: not told */
	uint64_t dco_sectors; /* the factory's, by DEVICE CONFIGURATION IDENTIFY, plus 1; 0: not told */
	bool sanitize_frozen; /* SANITIZE STATUS EXT */
	bool hpa, amac,
		dco; /* which feature set may hide sectors: word 82 bit 10, word 119 bit 8, word 83 bit 11 */
};

int ata_identify(int fd, struct ata_caps *ret, struct err *err) _must_check_;
json_t *ata_caps_to_json(const struct ata_caps *caps) _must_check_;
int ata_caps_from_json(const json_t *json, struct ata_caps *ret, struct err *err) _must_check_;

/* Sectors that are hidden by HPA, AMAC or DCO; 0: none that the drive tells of. */
uint64_t ata_hidden_sectors(const struct ata_caps *caps);
/*
 * Makes all of them visible for good, and reads back that they are. *ret_needs_power_cycle is set where the drive takes the setting only after
 * one. The kernel learns the new size when it is told to look again (block.h). An error says which setting stayed, and why; -EACCES: the
 * drive refuses it until it has been power-cycled, or firmware freezes it each time.
 */
int ata_unhide(int fd, const struct ata_caps *caps, bool *ret_needs_power_cycle,
	       struct err *err) _must_check_;

/* ---- SANITIZE DEVICE (ACS-4, 7.36) ---- */
enum ata_sanitize { ATA_SANITIZE_CRYPTO, ATA_SANITIZE_BLOCK, ATA_SANITIZE_OVERWRITE };

struct ata_sanitize_status {
	bool done;         /* COUNT bit 15: completed without error since the last time it was asked to */
	bool in_progress;  /* COUNT bit 14 */
	bool frozen;       /* COUNT bit 13 */
	bool failed;       /* the drive is in the sanitize failed state */
	uint16_t progress; /* of 65536ths */
	uint8_t raw[14];   /* the ATA Status Return descriptor */
};

/* -EOPNOTSUPP where the drive does not offer it: then nothing is issued. FAILURE MODE POLICY 0, ZONED NO RESET 0; overwrite: one pass of zeros. */
int ata_sanitize_start(int fd, const struct ata_caps *caps, enum ata_sanitize action,
		       struct err *err) _must_check_;
int ata_sanitize_status(int fd, struct ata_sanitize_status *ret, struct err *err) _must_check_;

/* ---- SECURITY ERASE UNIT (ACS-4, 7.43 ff.) ---- */

/*
 * Sets a password, erases with it, and leaves none behind: on every way out, after a failure too, the security state is read back and a
 * password that is still there is taken away (SECURITY DISABLE PASSWORD, after SECURITY UNLOCK where locked); an error says so first where it
 * stayed. The password is always "remint", so that one left by a power cut is known by the next run, which takes it away. -EPERM where
 * frozen, with what to do; -EACCES where somebody else's password is set. timeout_s bounds the erase command.
 */
int ata_security_erase(int fd, const struct ata_caps *caps, bool enhanced, unsigned timeout_s,
		       struct err *err) _must_check_;

#endif
