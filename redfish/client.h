/* SPDX-License-Identifier: Apache-2.0 */
/* A BMC, as the files of this room see it. */
#ifndef REDFISH_CLIENT_H
#define REDFISH_CLIENT_H

#include "redfish/bmc.h"
#include "redfish/quirks.h"

/* Which tag has been taken so far: later writes begin there. */
enum rf_tag { RF_TAG_AS_GIVEN, RF_TAG_STRONG, RF_TAG_NONE };

struct rf_bmc {
	struct rf_loop *loop;
	CURL *curl;
	char *origin, *ca_file, *ca_pem, *pin, *system;
	char *user, *password; /* secrets */
	bool basic;            /* no session: HTTP basic with each request */
	struct rf_times times;

	char *token;                /* of the session, a secret; NULL: there is none */
	char session[RF_PATH_MAX];  /* its resource; "": there is none */
	char sessions[RF_PATH_MAX]; /* where sessions are made */
	unsigned renewed;           /* sessions that the BMC no longer knew, and that were made anew */
	bool any_encoding;          /* "identity" was refused once */
	enum rf_tag tag;
	char *begun; /* NULL, or RF_PATH_MAX bytes for the monitor of what a write begins, which is not waited for: begin.h */

	json_t *root;                /* the service root; NULL: not read */
	struct rf_identity identity; /* borrowed from root and model */
	char model[128];             /* of the System */
	unsigned quirks;             /* enum rf_quirk */
};

/* As part of opening; for what is asked of a BMC without logging in. */
int rf_bmc_read_root(struct rf_bmc *bmc, struct err *err) _must_check_;

/* Quirks anew, when more of the identity is known. */
void rf_bmc_identify(struct rf_bmc *bmc);

#endif
