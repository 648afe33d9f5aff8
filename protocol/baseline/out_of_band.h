/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "out_of_band" of a certificate: how the machine was, as its BMC told it before the order began, against the order's baseline; and the BMC's
 * event log, which the station keeps. docs/certificate.md, "Out of band".
 */
#ifndef PROTOCOL_OUT_OF_BAND_H
#define PROTOCOL_OUT_OF_BAND_H

#include <jansson.h>
#include <time.h>

#include "protocol/baseline/baseline.h"

/*
 * {"baseline": {"name", "sha256"} or null, "read": time or null, "firmware", "bios", "accounts": a result (protocol/baseline/result.h), or null
 * where the baseline says nothing of it, "event_log": {...} or null}. baseline NULL: the order named none. A new object.
 */
json_t *out_of_band_new(const json_t *baseline, time_t when);

/* Compares a part that the baseline has, and puts it in. read and reason as of baseline_compare(). */
void out_of_band_compare(json_t *out_of_band, const json_t *baseline, enum baseline_part part,
			 const json_t *read, const char *reason);

/* The log that was archived, of so many entries. cut: there were more, or some that could not be read. */
void out_of_band_archived(json_t *out_of_band, const void *log, size_t len, size_t entries, bool cut);
void out_of_band_no_log(json_t *out_of_band, const char *reason);

/* Of a machine whose BMC was not read at all, for this reason. A new object. */
json_t *out_of_band_unread(const json_t *baseline, const char *reason);

/* Why an order with this baseline has to be held, malloc'd: a part that is to hold it differs or could not be read. NULL: it may go on. */
char *out_of_band_hold(const json_t *out_of_band);

/* Sentences of a certificate's statement, with a space in front, malloc'd; "" where there is nothing to say. NULL stands for null. */
char *out_of_band_statement(const json_t *out_of_band);

#endif
