/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG Opal, by the kernel's ioctls (linux/sed-opal.h) for what changes a drive, and Level 0 Discovery (TCG Storage Architecture Core
 * Specification 2.01, 3.3.6) by the drive's own security protocol command for what it can do.
 */
#ifndef AGENT_HW_OPAL_H
#define AGENT_HW_OPAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/hw/block/block.h"
#include "core/err.h"

#define OPAL_DISCOVERY_MAX 2048 /* bytes of the answer that are read */
#define OPAL_SECRET_MAX    64   /* characters of a PSID or password */

struct opal_caps {
	bool tper;    /* feature 0001h is there: a trusted peripheral */
	bool locking; /* feature 0002h */
	bool locking_enabled, locked, mbr_enabled, mbr_done; /* of it */
	bool media_encryption;                               /* of it: what is stored is encrypted */
	uint16_t
		ssc; /* the security subsystem class: 0200h Opal 1, 0203h Opal 2, 0302h Pyrite 1, 0303h Pyrite 2, 0304h Ruby, 0100h Enterprise; 0 none */
	uint8_t raw[OPAL_DISCOVERY_MAX];
	uint16_t raw_len;
};

/* -EOPNOTSUPP: the drive has no trusted computing commands. Reads only. */
int opal_discover(int fd, enum block_transport transport, struct opal_caps *ret,
		  struct err *err) _must_check_;
json_t *opal_caps_to_json(const struct opal_caps *caps) _must_check_;
int opal_caps_from_json(const json_t *json, struct opal_caps *ret, struct err *err) _must_check_;
/*
 * Does a revert destroy the key of all user data? Opal 1 and 2 and Ruby with media encryption; Pyrite encrypts nothing. And only where locking is
 * enabled: while nobody has activated the Locking SP, a revert succeeds and leaves all data as they are (Opal 2, 3.1.1.3.1 and 5.1.2.2).
 */
bool opal_reverts_media(const struct opal_caps *caps);

/* RevertTPer (Opal 2.01, 5.1.2): by the PSID, which is printed on the drive, or by the owner's (SID) password. The secret is wiped from memory. */
int opal_psid_revert(int fd, const char *psid, struct err *err) _must_check_;
int opal_revert(int fd, const char *sid, struct err *err) _must_check_;

#endif
