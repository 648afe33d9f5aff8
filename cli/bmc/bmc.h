/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `remint bmc` share: how a BMC is known and as whom it is spoken to, and one action on many of them at once. */
#ifndef CLI_BMC_BMC_H
#define CLI_BMC_BMC_H

#include "cli/args.h"
#include "redfish/bmc.h"

#define BMC_HOSTS_MAX 64

struct bmc_options {
	const char *known, *ca, *credentials, *system;
	uint64_t timeout_s, wait_s, poll_ms; /* 0: the default */
	bool basic, json;
};

/* Rows for a command's option table. */
#define BMC_ARGS(o)                                                                                      \
	{"known", ARG_TEXT, &(o)->known, "FILE",                                                         \
	 "the BMCs that 'remint bmc trust' has recorded (REMINT_BMC_KNOWN)"},                            \
		{"ca", ARG_TEXT, &(o)->ca, "FILE",                                                       \
		 "PEM: the CA of BMCs that are not in that file (REMINT_BMC_CA)"},                       \
		{"credentials", ARG_TEXT, &(o)->credentials, "FILE",                                     \
		 "user and password, a line each (REMINT_BMC_CREDENTIALS); else REMINT_BMC_USER and "    \
		 "REMINT_BMC_PASSWORD"},                                                                 \
		{"system", ARG_TEXT, &(o)->system, "ID", "the machine, where the BMC has several"},      \
		{"basic", ARG_FLAG, &(o)->basic, "", "HTTP basic authentication rather than a session"}, \
		{"timeout", ARG_NUMBER, &(o)->timeout_s, "SECONDS", "for all of it (900)"},              \
		{"wait", ARG_NUMBER, &(o)->wait_s, "SECONDS",                                            \
		 "for a power state, or for a change to be seen (120; 300 for a shutdown, 20 for a "     \
		 "setting)"},                                                                            \
		{"poll", ARG_NUMBER, &(o)->poll_ms, "MS",                                                \
		 "between looks, and before the first retry (1000)"},                                    \
	{                                                                                                \
		"json", ARG_FLAG, &(o)->json, "", "print the results as JSON"                            \
	}

struct bmc_action {
	bool anonymous; /* run does not want to be logged in */
	/* On one BMC that is logged in; *ret is a new reference. */
	int (*run)(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err);
	const void *what;
	/* For people; `result` is what run gave. NULL: run has printed what there is, and *ret stays NULL. */
	void (*show)(const json_t *result);
	unsigned timeout_s; /* for all of it, tasks too, unless the options say; 0: 900 */
};

/* On all hosts at once (NULL-terminated); prints what came, and returns the exit status. */
int bmc_on_all(const struct bmc_options *options, const char *const *hosts, const struct bmc_action *action);

/* The option, or the environment, or NULL. */
const char *bmc_setting(const char *option, const char *name);

int bmc_trust(int argc, char **argv);
int bmc_inspect(int argc, char **argv);
int bmc_power(int argc, char **argv);
int bmc_boot(int argc, char **argv);
int bmc_media(int argc, char **argv);
int bmc_boot_order(int argc, char **argv); /* of bmc_boot() */
int bmc_accounts(int argc, char **argv);
int bmc_bios(int argc, char **argv);
int bmc_log(int argc, char **argv);
int bmc_firmware(int argc, char **argv);
int bmc_secure_boot(int argc, char **argv);
int bmc_drives(int argc, char **argv);
int bmc_reset(int argc, char **argv);
int bmc_events(int argc, char **argv);

#endif
