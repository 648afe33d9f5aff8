/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs of the machine and of its BMC. DSP2046, LogService and LogEntry. */
#ifndef REDFISH_LOG_H
#define REDFISH_LOG_H

#include "redfish/bmc.h"

#define RF_LOG_SERVICES_MAX 32
#define RF_LOG_ENTRIES_MAX  4000       /* of a log */
#define RF_LOG_BYTES_MAX    (8u << 20) /* of all of them together, about */
#define RF_LOG_MESSAGE_MAX  1024       /* bytes; longer messages are cut */

struct rf_log_wish {
	const char *log; /* Id of the log service, or its path; NULL: all */
	const char *
		since; /* RFC 3339 in UTC (core/time.h); NULL: all. Entries without a time are always there */
	unsigned max;  /* entries, the newest; 0: all */
};

/*
 * {"entries": [{"time", "severity", "message", "message_id", "source", "id", "log"}], "logs": [{"id", "path", "entries"}], "complete", "problems":
 * [{"part", "reason"}]}; docs/redfish.md. Entries in the order of their times, each once. complete false: there are more than are read. A log or
 * an entry that cannot be read is a problem, and the rest is there. A new object.
 */
int rf_log_read(struct rf_bmc *bmc, const struct rf_log_wish *wish, json_t **ret,
		struct err *err) _must_check_;

/*
 * LogService.ClearLog of that log (all: NULL), which the caller has read before: what is cleared is gone. Counted again; -RF_UNCHANGED when
 * nothing has gone. *ret: [{"id", "path", "before", "after"}] (null where the BMC does not count). A new array.
 */
int rf_log_clear(struct rf_bmc *bmc, const char *log, json_t **ret, struct err *err) _must_check_;

#endif
