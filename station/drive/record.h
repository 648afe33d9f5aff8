/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of what the station did through a BMC for one order, a JSON object that grows; docs/protocol.md, "Orders through the BMC". Here is how
 * it is written; and what others get to see of it.
 */
#ifndef STATION_DRIVE_RECORD_H
#define STATION_DRIVE_RECORD_H

#include "core/json.h"
#include "station/store.h"

#define DRIVE_ACTIONS_MAX 256 /* what is beyond is counted */

/* what: "look", "override", "power", "agent", "problem", "boot-order". read: what the BMC said then, or NULL; taken. */
void drive_record_action(json_t *record, const char *what, const char *text, json_t *read);

/* One start of the machine: how ("UefiHttp", "Pxe", "Pxe, legacy", "by itself"), and how it ended ("checked in", "missed", "interrupted"). */
void drive_record_start(json_t *record, const char *how, const char *uri);
/* False: none was awaited. */
bool drive_record_end(json_t *record, const char *outcome, const char *reason);

/* The order's "bmc" for operators: the record and its phase; JSON null for an order that is not driven. */
int drive_shown(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;
/* The certificate's and the addendum's "bmc" (docs/certificate.md); NULL for an order that is not driven. evidence: NULL where it is stored. */
int drive_certified(struct store *store, int64_t order, const json_t *evidence, json_t **ret,
		    struct err *err) _must_check_;

#endif
