/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a log in its plain form. */
#ifndef REDFISH_LOG_ENTRY_H
#define REDFISH_LOG_ENTRY_H

#include "core/json.h"
#include "core/time.h"

/*
 * A BMC's time (DSP0266: ISO 8601 with a zone; some leave the zone out, which counts as UTC) in UTC, in the form of core/time.h. False: it is none,
 * or before 1970.
 */
bool rf_log_time(const char *text, char ret[TIME_TEXT_SIZE]);

/*
 * {"time", "severity", "message", "message_id", "source", "id", "log"} of a LogEntry. severity is "OK", "Warning", "Critical" or null; message has
 * one line, at most RF_LOG_MESSAGE_MAX bytes. A new object; wrong types are -EBADMSG.
 */
int rf_log_entry(const json_t *entry, const char *what, const char *log, json_t **ret,
		 struct err *err) _must_check_;

#endif
