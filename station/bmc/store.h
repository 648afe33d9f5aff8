/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the station knows of a node's BMC. All within a transaction. A conversation with the BMC takes it from here anew (bmc_login.h): an
 * administrator may change it in between.
 */
#ifndef STATION_BMC_STORE_H
#define STATION_BMC_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "redfish/trust.h"

#define BMC_ORIGIN_SIZE  272         /* "https://", a host name and a port, with the NUL */
#define BMC_CA_MAX       (64 * 1024) /* bytes */
#define BMC_USER_MAX     128         /* bytes, as of the next two */
#define BMC_PASSWORD_MAX 256
#define BMC_SYSTEM_MAX   256

struct secrets;
struct station;
struct store;

struct station_bmc {
	char origin[BMC_ORIGIN_SIZE]; /* from rf_origin() */
	char pin[RF_PIN_SIZE];        /* of its public key; "": ca_pem says whom to trust */
	char *ca_pem;                 /* NULL: by the pin */
	char *user;
	char *password;  /* a secret, as the next */
	char *candidate; /* a password that may be the BMC's by now: a change of it was cut off; NULL: none */
	bool unsettled;  /* there is one */
	char *system;    /* Id of the System; NULL: found out */
	bool basic;      /* no session */
	int64_t changed; /* seconds since the epoch */
};
/* Wipes the secrets; for one that is all zero too. */
void station_bmc_clear(struct station_bmc *bmc);
#define _cleanup_bmc_ _cleanup_(station_bmc_clear)

/* *ret is to be cleared. -ENOENT: the node has no BMC; -EIO: what is stored does not open with the key, or was altered. */
int bmc_store_get(const struct station *station, int64_t node, struct station_bmc *ret,
		  struct err *err) _must_check_;
/* The same without password and candidate. */
int bmc_store_look(struct store *store, int64_t node, struct station_bmc *ret, struct err *err) _must_check_;
/* 1: the node has one, whose address is then in origin (NULL: not wanted). */
int bmc_store_has(struct store *store, int64_t node, char origin[BMC_ORIGIN_SIZE],
		  struct err *err) _must_check_;

/* In place of what was there; candidate and changed are not looked at. -EEXIST: another node has this System of this BMC. */
int bmc_store_set(const struct station *station, int64_t node, const struct station_bmc *bmc,
		  struct err *err) _must_check_;
/* -ENOENT */
int bmc_store_remove(struct store *store, int64_t node, struct err *err) _must_check_;

/*
 * A change of the password, step by step. The candidate is stored before the BMC is told of it (NULL: the one there is dropped, because the
 * present password has been proven to hold). Once a login has proven the candidate, it is the password.
 */
int bmc_store_candidate(const struct station *station, int64_t node, const char *candidate,
			struct err *err) _must_check_;
int bmc_store_proven(const struct station *station, int64_t node, struct err *err) _must_check_;

/* All BMCs go, because nobody has the key any more; the log and the audit trail name their nodes. */
int bmc_store_forget(struct store *store, struct err *err) _must_check_;
/* Every secret from one key to the other. */
int bmc_store_reseal(struct store *store, const struct secrets *from, const struct secrets *to,
		     struct err *err) _must_check_;

#endif
