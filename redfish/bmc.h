/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A BMC that is spoken to: who it is, how it is trusted, as whom. All but new and free are called in a procedure of its loop
 * (redfish/loop.h), one at a time for each BMC.
 */
#ifndef REDFISH_BMC_H
#define REDFISH_BMC_H

#include <stdbool.h>

#include "core/err.h"
#include "redfish/exchange.h"

/* Beside the errno values of core/http.h: the BMC has said that it did it, and what is there is something else. */
#define RF_UNCHANGED EREMOTEIO

/* How long things may take, in ms; 0: the default. */
struct rf_times {
	unsigned exchange; /* one exchange; 60 s */
	unsigned backoff;  /* first wait before a retry, doubled each time up to 16 times as much; 1 s */
	unsigned poll;     /* between looks at a state or a task; 2 s */
	unsigned settle;   /* until what was written must be seen; 20 s */
	unsigned busy;     /* as long as a BMC may be busy with POST; 10 min */
	unsigned task;     /* until a task must be over; 30 min */
	unsigned state;    /* until a power state must be reached; 2 min */
	unsigned grace;    /* for an operating system to shut down; 5 min */
	unsigned off;      /* between off and on; 5 s */
	unsigned restart;  /* for a BMC that restarts to be back; 10 min */
	unsigned closing;  /* for logging out; 5 s */
};

struct rf_bmc_options {
	const char *origin; /* from rf_origin() */
	struct rf_trust trust;
	const char *user, *password;
	const char *system; /* Id of the System; NULL: the one that can be reset and has boot settings */
	bool basic;         /* no session */
	struct rf_times times;
};

struct rf_bmc;

/* Copies all. -EINVAL without a CA or a pin. */
int rf_bmc_new(struct rf_loop *loop, const struct rf_bmc_options *options, struct rf_bmc **ret,
	       struct err *err) _must_check_;
/* Wipes the secrets. */
void rf_bmc_free(struct rf_bmc *bmc);
DEFINE_CLEANUP(struct rf_bmc *, rf_bmc_free);

/* Reads the service root and logs in. */
int rf_bmc_open(struct rf_bmc *bmc, struct err *err) _must_check_;
/* Logs out, after errors, deadlines and stops too; nothing to do when not logged in. An error: the session may live on. */
int rf_bmc_close(struct rf_bmc *bmc, struct err *err) _must_check_;

/* The service root, as it was read. */
const json_t *rf_bmc_root(const struct rf_bmc *bmc);
const char *rf_bmc_origin(const struct rf_bmc *bmc);

#endif
